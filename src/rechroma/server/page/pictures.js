// @ts-check
// The pictures on the stage: gray, colored, and where the model is unsure; small, so that they are quick.

import { sweep } from "./compare.js";
import { desk, on, tell } from "./desk.js";
import { find } from "./dom.js";
import { refuse } from "./incoming.js";
import { QUICK, hideNear, sharpen } from "./near.js";
import { newest, settled } from "./newest.js";
import { calm, complain, note, working } from "./say.js";
import { hide, show } from "./showing.js";
import { fit } from "./stage.js";

/** @typedef {import("./photo.js").Photo} Photo */
/** @typedef {import("./photo.js").State} State */

const UNCERTAINTY = 512;

const image = (id) => find(id, HTMLImageElement);
const images = { before: image("before"), after: image("after"), uncertainty: image("uncertainty") };
const view = find("view");
/** Photographs whose notes were shown.
 * @type {WeakSet<Photo>} */
const noted = new WeakSet();

const color = newest(async ({ photo, state }) => {
  try {
    const answer = await photo.ask("preview", { side: QUICK }, state);
    const blob = await answer.blob();
    calm("color");
    if (desk.photo !== photo) return;
    await show(images.after, blob);
    hideNear("after");
    photo.thumbnail = blob;
    if (!photo.colored) {
      photo.colored = true;
      sweep();
    }
    tell("drawn");
    sharpen();
  } catch (error) {
    if (desk.photo === photo) complain(error, { what: `${photo.name} cannot be colored`, key: "color", photo });
  }
});

const uncertainty = newest(async (/** @type {Photo} */ photo) => {
  try {
    const blob = await (await photo.ask("uncertainty", { side: UNCERTAINTY })).blob();
    if (desk.photo === photo && desk.show.uncertainty) await show(images.uncertainty, blob);
  } catch (error) {
    if (desk.photo === photo) complain(error, { what: "The uncertainty cannot be shown", key: "uncertainty", photo });
  }
});

const refreshUncertainty = settled(200, () => {
  if (desk.photo?.isOpen && desk.show.uncertainty) uncertainty(desk.photo);
});

/** Color again; `marks` are those of a stroke that still grows. */
export async function refresh(marks = desk.photo.marks) {
  const { photo } = desk;
  refreshUncertainty();
  view.setAttribute("aria-busy", "true");
  await color({ photo, state: { ...photo.state, marks } });
  view.setAttribute("aria-busy", "false");
}

/**
 * Show the file as the browser sees it, until the server's picture is there.
 * @param {Photo} photo
 */
async function showFile(photo) {
  images.before.src = photo.url;
  try {
    await images.before.decode();
  } catch {
    return; // A kind that browsers cannot show (TIFF, HEIC): the server's picture follows.
  }
  if (desk.photo !== photo) return;
  const { naturalWidth: width, naturalHeight: height } = images.before;
  photo.facts ??= { width, height };
  fit();
  tell("opened");
  images.before.classList.add("there");
}

/** @param {Photo} photo */
async function showColors(photo) {
  await photo.ready();
  photo.isShut = false;
  if (desk.photo !== photo) return;
  calm("open");
  fit();
  tell("opened");
  if (!noted.has(photo)) for (const text of photo.facts.notes) note(`${photo.name}: ${text}`, { photo });
  noted.add(photo);
  const gray = async () => {
    const blob = await (await photo.gray(QUICK)).blob();
    if (desk.photo !== photo) return;
    await show(images.before, blob);
    find("sheet").classList.remove("raw");
  };
  await Promise.all([refresh(), gray()]);
}

/** Bring the photograph in front onto the stage: at once as the browser sees it, then as the server does. */
async function open() {
  const { photo } = desk;
  for (const image of Object.values(images)) hide(image);
  hideNear("before", "after");
  if (!photo) return;
  view.setAttribute("aria-busy", "true");
  if (photo.thumbnail) show(images.after, photo.thumbnail);
  find("sheet").classList.add("raw");
  showFile(photo);
  try {
    await working(() => showColors(photo));
  } catch (error) {
    if (desk.photo === photo) view.setAttribute("aria-busy", "false");
    if (error.isRefusal) {
      refuse(photo, error);
      return;
    }
    photo.isShut = true;
    tell("opened");
    const again = { label: "Try again", run: () => desk.photo === photo && open() };
    complain(error, { what: `${photo.name} cannot be opened`, key: "open", photo, actions: [again] });
  }
}

on("photo", open);
on("marks options references", () => refresh());
on("reconnected", () => desk.photo && open());
on("show", () => {
  find("sheet").classList.toggle("uncertain", desk.show.uncertainty);
  if (desk.show.uncertainty) refreshUncertainty();
  else hide(images.uncertainty);
});
