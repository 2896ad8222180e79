// @ts-check
// The strip: all photographs on the desk as thumbnails, coloring all of them, and saving all of them.

import { desk, on, tell } from "./desk.js";
import { find, findAll, icon, make } from "./dom.js";
import { front, refuse, removePhoto } from "./incoming.js";
import { note as keep } from "./keeping.js";
import { saveArchive, savePicture } from "./outgoing.js";
import { calm, complain, say } from "./say.js";

/** @typedef {import("./photo.js").Photo} Photo */

const SIDE = 256;
const WORDS = { waiting: "waiting", running: "being colored", done: "done", failed: "failed" };

const strip = find("strip");
const list = find("thumbnails");
const buttons = [find("color-all", HTMLButtonElement), find("save-all", HTMLButtonElement)];
const bar = find("progress", HTMLProgressElement);

/** The small images, which live as long as their photographs.
 * @type {Map<Photo, HTMLImageElement>} */
const images = new Map();
/** The picture that each of them shows, where it is not the file itself.
 * @type {WeakMap<HTMLImageElement, Blob>} */
const pictured = new WeakMap();
/** Why a photograph failed, where all are colored or saved.
 * @type {WeakMap<Photo, string>} */
const reasons = new WeakMap();
/** One after the other: each opens a draft for a moment. */
let asking = Promise.resolve();

/** Ask the server for what the browser cannot show (TIFF, HEIC): a small gray picture. */
function askFor(photo) {
  asking = asking.then(async () => {
    if (photo.thumbnail || !desk.photos.includes(photo)) return;
    try {
      photo.thumbnail = await photo.small(SIDE);
      draw();
    } catch (error) {
      if (error.isRefusal) refuse(photo, error);
    }
  });
}

/** A photograph's small image: gray as it came, colored once it is. */
function imageOf(photo) {
  let image = images.get(photo);
  if (!image) {
    image = make("img", { src: photo.url, alt: "", draggable: "false", loading: "lazy", decoding: "async" });
    image.addEventListener("load", () => image.classList.remove("unseen"));
    image.addEventListener("error", () => {
      image.classList.add("unseen");
      if (!pictured.has(image)) askFor(photo);
    });
    images.set(photo, image);
  }
  if (photo.thumbnail && pictured.get(image) !== photo.thumbnail) {
    if (pictured.has(image)) URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(photo.thumbnail);
    pictured.set(image, photo.thumbnail);
  }
  return image;
}

function corner(kind, title, label, sign, act) {
  const words = { type: "button", class: `corner ${kind}`, title, "aria-label": label, onclick: act };
  return make("button", words, icon(sign));
}

function thumbnail(photo) {
  const { name, progress } = photo;
  const words = progress ? `${name}, ${WORDS[progress]}` : name;
  const open = make(
    "button",
    {
      type: "button",
      class: "thumbnail",
      title: progress === "failed" ? `${name}: ${reasons.get(photo)}` : words,
      "aria-label": words,
      "aria-current": String(photo === desk.photo),
      onclick: () => front(photo),
    },
    imageOf(photo),
  );
  const item = make("li", { "data-progress": progress }, open);
  if (progress === "done") item.append(corner("low", "Save", `Save ${name}`, "download", () => savePicture(photo)));
  item.append(corner("", "Remove", `Remove ${name}`, "x", () => removePhoto(photo)));
  return item;
}

function draw() {
  strip.hidden = desk.photos.length < 2;
  const focused = [...findAll("#thumbnails .thumbnail")].indexOf(/** @type {HTMLElement} */ (document.activeElement));
  list.replaceChildren(...desk.photos.map(thumbnail));
  if (focused >= 0) findAll("#thumbnails .thumbnail")[focused]?.focus({ preventScroll: true });
}

/** Let go of the images of photographs that are gone. */
function tidy() {
  for (const [photo, image] of images)
    if (!desk.photos.includes(photo)) {
      if (pictured.has(image)) URL.revokeObjectURL(image.src);
      images.delete(photo);
    }
}

/**
 * Go through all photographs; what fails is said with each one's name, and the others go on.
 * @param {string} done  what became of them, as in "3 of 4 photographs are colored".
 * @param {(photos: Photo[], advance: import("./outgoing.js").Advance) => Promise<void>} act
 */
async function throughAll(done, act) {
  const photos = [...desk.photos];
  for (const photo of photos) {
    photo.progress = "waiting";
    calm(`all ${photo.id}`);
  }
  calm("all");
  /** @type {import("./outgoing.js").Advance} */
  const advance = (photo, progress, reason = "") => {
    photo.progress = progress;
    reasons.set(photo, reason);
    if (progress === "failed") complain(new Error(`${photo.name}: ${reason}`), { key: `all ${photo.id}` });
    const ended = photos.filter((each) => each.progress === "done" || each.progress === "failed").length;
    bar.hidden = false;
    bar.max = photos.length;
    bar.value = ended;
    find("progress-text").textContent = `${ended} of ${photos.length}`;
    draw();
  };
  for (const button of buttons) button.disabled = true;
  try {
    await act(photos, advance);
    say(`${photos.filter(({ progress }) => progress === "done").length} of ${photos.length} photographs are ${done}.`);
  } catch (error) {
    complain(error, { key: "all", what: `Not all photographs are ${done}` });
    for (const photo of photos) if (photo.progress !== "done") photo.progress = "";
  } finally {
    for (const button of buttons) button.disabled = false;
    bar.hidden = true;
    find("progress-text").textContent = "";
    draw();
  }
}

/** Show the colors of all photographs; those for which nothing is set take the options of the one in front. */
async function colorAll(photos, advance) {
  const { options } = desk.photo;
  for (const photo of photos) {
    advance(photo, "running");
    if (!photo.touched && Object.keys(options).length) {
      photo.state = { ...photo.state, options };
      keep(photo);
    }
    try {
      photo.thumbnail = await (await photo.ask("preview", { side: SIDE })).blob();
      advance(photo, "done");
    } catch (error) {
      if (error.status === 0) throw error;
      advance(photo, "failed", error.message);
    }
  }
}

async function saveAll(photos, advance) {
  await saveArchive(photos, advance);
}

find("color-all").addEventListener("click", () => throughAll("colored", colorAll));
find("save-all").addEventListener("click", () => throughAll("saved in one ZIP", saveAll));
on("photos photo drawn", draw);
on("photos", tidy);
on("photo", () => list.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
// What was done is out of date once something else is set for the photograph.
on("marks options references", () => {
  if (!desk.photo.progress) return;
  desk.photo.progress = "";
  tell("photos");
});
