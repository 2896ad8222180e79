// How photographs come onto the desk: dropped, chosen, pasted; and hints files with them.

import { change, desk, tell } from "./desk.js";
import { find } from "./dom.js";
import { fromText } from "./marks.js";
import { Photo } from "./photo.js";
import { complain, say, trying } from "./say.js";

const MEGABYTE = 1e6;

/** Bring a photograph to the front. */
export function front(photo) {
  desk.photo = photo;
  tell("photo");
}

function refused(file) {
  const { bytes } = desk.server.limits;
  if (!bytes || file.size <= bytes) return false;
  const [has, most] = [file.size, bytes].map((size) => Math.round(size / MEGABYTE));
  complain(new Error(`${file.name} has ${has} MB; this server takes up to ${most} MB.`));
  return true;
}

/** Put photographs on the desk, the first of them in front. */
export function addPhotos(files) {
  const photos = files.filter((file) => !refused(file)).map((file) => new Photo(file));
  if (!photos.length) return;
  desk.photos = [...desk.photos, ...photos];
  tell("photos");
  front(photos[0]);
  if (photos.length > 1) say(`${photos.length} photographs on the desk.`);
}

/** Take a photograph off the desk. */
export function removePhoto(photo) {
  const at = desk.photos.indexOf(photo);
  desk.photos = desk.photos.filter((other) => other !== photo);
  photo.close();
  tell("photos");
  if (desk.photo === photo) front(desk.photos[Math.min(at, desk.photos.length - 1)] ?? null);
}

/** Put a hints file's marks in place of the photograph's. */
export function loadHints(file) {
  return trying(async () => {
    const { photo } = desk;
    if (!photo) throw new Error("Open the photograph first, then its hints file.");
    const marks = fromText(await file.text());
    await photo.check(marks);
    if (desk.photo !== photo) return;
    change({ marks });
    photo.unsaved = false;
    say(`Hints of ${file.name} are in place.`);
  });
}

const isHints = (file) => file.name.toLowerCase().endsWith(".json");

function take(files) {
  const photos = files.filter((file) => !isHints(file));
  if (photos.length) addPhotos(photos);
  for (const hints of files.filter(isHints)) loadHints(hints);
}

const input = find("photo-input");
for (const button of document.querySelectorAll("[data-open]")) button.addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});

const hintsInput = find("hints-input");
find("load-hints").addEventListener("click", () => hintsInput.click());
hintsInput.addEventListener("change", () => {
  if (hintsInput.files[0]) loadHints(hintsInput.files[0]);
  hintsInput.value = "";
});

let depth = 0;
const dropping = (on) => document.body.classList.toggle("dropping", on);
document.addEventListener("dragenter", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  depth += 1;
  dropping(true);
});
document.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (!depth) dropping(false);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  dropping(false);
  take([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) take(files);
});
