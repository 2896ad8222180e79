// @ts-check
// How photographs come onto the desk and leave it: dropped, chosen, pasted; and hints files with them.

import { change, desk, on, tell } from "./desk.js";
import { find, findAll } from "./dom.js";
import * as keeping from "./keeping.js";
import { fromText } from "./marks.js";
import { Photo } from "./photo.js";
import { calm, calmAbout, complain, note, say, trying } from "./say.js";

const MEGABYTE = 1e6;
const NAMED = 3;
/** Seconds for which a removed photograph can be brought back. */
const REGRET = 30;

/** Bring a photograph to the front. */
export function front(photo) {
  desk.photo = photo;
  tell("photo");
}

/** Name photographs in a sentence. */
export function listed(names) {
  if (names.length > NAMED) return `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
  return names.join(", ");
}

/** What is known to be wrong with a file before anybody has looked into it. */
function obstacle(file) {
  const { bytes } = desk.server.limits;
  if (!bytes || file.size <= bytes) return null;
  const [has, most] = [file.size, bytes].map((size) => Math.round(size / MEGABYTE));
  return `the file has ${has} MB; this server takes up to ${most} MB`;
}

const refusal = (name, reason) =>
  complain(new Error(reason), { what: `${name} cannot be opened`, key: `refused ${name}` });

/** Put photographs on the desk, the first of them in front. */
export function put(photos) {
  if (!photos.length) return;
  desk.photos = [...desk.photos, ...photos];
  tell("photos");
  front(photos[0]);
}

export function addPhotos(files) {
  for (const item of findAll("#messages [data-key^='refused ']")) calm(item.dataset.key);
  const photos = [];
  for (const file of files) {
    const reason = obstacle(file);
    if (reason) refusal(file.name, reason);
    else photos.push(new Photo(file));
  }
  put(photos);
  if (photos.length > 1) say(`Opening ${photos.length} photographs…`);
}

/** Take a photograph off the desk; another one comes to the front. */
function takeOff(photo) {
  const at = desk.photos.indexOf(photo);
  desk.photos = desk.photos.filter((other) => other !== photo);
  tell("photos");
  if (desk.photo === photo) front(desk.photos[Math.min(at, desk.photos.length - 1)] ?? null);
  return at;
}

/** Photographs that were removed and can come back.
 * @type {{photo: Photo, at: number}[]} */
let removed = [];

function dropRemoved() {
  for (const { photo } of removed) {
    calmAbout(photo);
    photo.close();
    keeping.forget(photo);
  }
  removed = [];
}

function bringBack() {
  for (const { photo, at } of removed.reverse()) desk.photos = desk.photos.toSpliced(at, 0, photo);
  keeping.note(...removed.map(({ photo }) => photo));
  const { photo } = removed.at(-1);
  removed = [];
  tell("photos");
  front(photo);
}

/** Remove a photograph; the person can undo it while the message about it is there. */
export function removePhoto(photo) {
  removed.push({ photo, at: takeOff(photo) });
  photo.rest();
  keeping.note(photo);
  note(`Removed ${listed(removed.map((each) => each.photo.name))}.`, {
    key: "removed",
    actions: [{ label: "Undo", run: bringBack }],
    seconds: REGRET,
    closed: dropRemoved,
  });
}

/** Put a file away that the server cannot open. */
export function refuse(photo, error) {
  if (!desk.photos.includes(photo)) return;
  takeOff(photo);
  photo.close();
  keeping.forget(photo);
  refusal(photo.name, error.message);
}

/** Put a hints file's marks in place of the photograph's. */
export function loadHints(file) {
  return trying(
    async () => {
      const { photo } = desk;
      if (!photo) throw new Error(`${file.name}: open the photograph first, then its hints file.`);
      const marks = fromText(await file.text());
      await photo.check({ marks });
      calm("hints");
      if (desk.photo !== photo) return;
      change({ marks });
      say(`Hints loaded from ${file.name}.`);
    },
    { key: "hints" },
  );
}

const isHints = (file) => file.name.toLowerCase().endsWith(".json");

function take(files) {
  const photos = files.filter((file) => !isHints(file));
  if (photos.length) addPhotos(photos);
  for (const hints of files.filter(isHints)) loadHints(hints);
}

const input = find("photo-input", HTMLInputElement);
for (const button of findAll("[data-open]")) button.addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});

const hintsInput = find("hints-input", HTMLInputElement);
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
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) for (const photo of desk.photos) photo.rest();
});

on("marks photo", () => calm("hints"));
