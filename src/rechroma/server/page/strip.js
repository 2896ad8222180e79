// The strip: all photographs on the desk as thumbnails, coloring all of them, and saving what is done.

import { desk, on, tell } from "./desk.js";
import { find, icon, make } from "./dom.js";
import { front, removePhoto } from "./incoming.js";
import { fetchFile, run } from "./jobs.js";
import { nameIn, result, save } from "./outgoing.js";
import { complain, say, trying } from "./say.js";

const strip = find("strip");
const list = find("thumbnails");
const all = find("color-all");
const saveAll = find("save-all");
const bar = find("progress");

/** Larger photographs keep their gray thumbnails. */
const THUMBNAIL_BYTES = 8e6;
const WORDS = { waiting: "waiting", running: "coloring", done: "done", failed: "failed" };

/** A photograph's small image, the same element as long as it lives: gray as it came, colored once it is. */
function imageOf(photo) {
  if (!photo.image) {
    photo.image = make("img", { src: photo.url, alt: "", draggable: "false", loading: "lazy", decoding: "async" });
    photo.image.addEventListener("error", () => photo.image.classList.add("unseen"));
    photo.image.addEventListener("load", () => photo.image.classList.remove("unseen"));
  }
  if (photo.thumbnail && photo.pictured !== photo.thumbnail) {
    if (photo.pictured) URL.revokeObjectURL(photo.image.src);
    photo.image.src = URL.createObjectURL(photo.thumbnail);
    photo.pictured = photo.thumbnail;
  }
  return photo.image;
}

async function fetchDone(photo) {
  const answer = await photo.fetch();
  return { blob: await answer.blob(), name: nameIn(answer, photo.name) };
}

function saveOne(photo) {
  return trying(async () => {
    const { blob, name } = await fetchDone(photo);
    save(blob, name);
    photo.unsaved = false;
  });
}

function thumbnail(photo) {
  const { name, state, message } = photo;
  const words = state ? `${name}, ${WORDS[state]}` : name;
  const image = imageOf(photo);
  const open = make(
    "button",
    {
      type: "button",
      class: "thumbnail",
      title: message || words,
      "aria-label": words,
      "aria-current": String(photo === desk.photo),
      onclick: () => front(photo),
    },
    image,
  );
  const item = make("li", { "data-state": state ?? "" }, open);
  if (photo.fetch)
    item.append(
      make("button", { type: "button", class: "corner low", title: "Save", "aria-label": `Save ${name}`, onclick: () => saveOne(photo) }, icon("download")),
    );
  item.append(
    make("button", { type: "button", class: "corner", title: "Remove", "aria-label": `Remove ${name}`, onclick: () => removePhoto(photo) }, icon("x")),
  );
  return item;
}

function draw() {
  strip.hidden = desk.photos.length < 2;
  const focused = [...list.querySelectorAll(".thumbnail")].indexOf(document.activeElement);
  list.replaceChildren(...desk.photos.map(thumbnail));
  if (focused >= 0) list.querySelectorAll(".thumbnail")[focused]?.focus({ preventScroll: true });
  saveAll.hidden = !desk.photos.some(({ fetch }) => fetch);
}

function mark(photo, state, message = "") {
  photo.state = state;
  photo.message = message;
}

function advance(photos) {
  const ended = photos.filter(({ state }) => state === "done" || state === "failed").length;
  bar.hidden = false;
  bar.max = photos.length;
  bar.value = ended;
  find("progress-text").textContent = `${ended} of ${photos.length}`;
  draw();
}

/** Photographs that nobody said anything about: one job, with the settings of the one in front. */
async function colorPlain(photos, everyone) {
  if (!photos.length) return;
  const files = photos.map(({ file }) => file);
  const STATES = { queued: "waiting", canceled: "failed" };
  const job = await run(files, desk.photo.options, (state) => {
    state.files?.forEach((file, i) => mark(photos[i], STATES[file.state] ?? file.state, file.message ?? ""));
    advance(everyone);
  });
  for (const [i, file] of job.files.entries())
    if (file.state === "done") photos[i].fetch = () => fetchFile(job.id, file.number);
  advance(everyone);
  for (const photo of photos.filter(({ fetch, file }) => fetch && file.size < THUMBNAIL_BYTES)) await picture(photo);
}

/** Show a colored file as its photograph's thumbnail, where browsers can. */
async function picture(photo) {
  const { blob } = await fetchDone(photo);
  if (["image/jpeg", "image/png", "image/webp"].includes(blob.type)) photo.thumbnail = blob;
  draw();
}

/** Photographs with hints, references or settings of their own. */
async function colorTouched(photos, everyone) {
  for (const photo of photos) {
    mark(photo, "running");
    advance(everyone);
    try {
      const { blob, name } = await result(photo);
      const headers = { "Content-Disposition": `attachment; filename="${name}"` };
      photo.fetch = async () => new Response(blob, { headers });
      mark(photo, "done");
    } catch (error) {
      mark(photo, "failed", error.message);
    }
    advance(everyone);
  }
}

async function colorAll() {
  const everyone = [...desk.photos];
  for (const photo of everyone) {
    mark(photo, "waiting");
    photo.fetch = null;
  }
  all.disabled = true;
  advance(everyone);
  try {
    await colorTouched(everyone.filter(({ touched }) => touched), everyone);
    await colorPlain(everyone.filter(({ touched }) => !touched), everyone);
    const failed = everyone.filter(({ state }) => state === "failed");
    say(`${everyone.length - failed.length} of ${everyone.length} photographs are colored.`);
    if (failed.length) complain(new Error(failed.map(({ name, message }) => `${name}: ${message}`).join(" ")));
  } catch (error) {
    complain(error);
    for (const photo of everyone) if (photo.state !== "done") mark(photo, null);
  } finally {
    all.disabled = false;
    bar.hidden = true;
    find("progress-text").textContent = "";
    draw();
  }
}

all.addEventListener("click", colorAll);
saveAll.addEventListener("click", async () => {
  for (const photo of desk.photos.filter(({ fetch }) => fetch)) await saveOne(photo);
});
on("photos photo drawn", draw);
// A colored file is out of date once something is said about its photograph.
on("marks options references", () => {
  if (!desk.photo.fetch) return;
  desk.photo.fetch = null;
  mark(desk.photo, null);
  tell("photos");
});
