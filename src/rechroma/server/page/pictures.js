// The pictures on the stage: gray, colored, and where the model is unsure. Quick and small while the person works,
// then as sharp as the screen shows.

import { sweep } from "./compare.js";
import { desk, on, tell } from "./desk.js";
import { find } from "./dom.js";
import { removePhoto } from "./incoming.js";
import { newest, settled } from "./newest.js";
import { complain, working } from "./say.js";
import { fit, sharpness } from "./stage.js";

const QUICK = 1024;
const SHARP = [1024, 2048, 4096];
const DOUBT = 512;
const REST_MS = 700;

const images = { before: find("before"), after: find("after"), doubt: find("doubt") };
const view = find("view");
/** Per image, the address of the bytes it shows. */
const shown = new Map();
let graySide = 0;

async function show(image, blob) {
  const url = URL.createObjectURL(blob);
  image.src = url;
  await image.decode().catch(() => {});
  URL.revokeObjectURL(shown.get(image) ?? "");
  shown.set(image, url);
  image.classList.add("there");
}

function hide(image) {
  image.classList.remove("there");
  image.removeAttribute("src");
}

/** The side to ask for: what the screen shows now, in few steps so that the server can keep them. */
function side() {
  const [width, height] = desk.photo.size;
  const wanted = Math.min(sharpness(), Math.max(width, height));
  return SHARP.find((step) => step >= wanted * 0.9) ?? SHARP.at(-1);
}

const color = newest(async ({ photo, marks, side: wanted }) => {
  try {
    const answer = await photo.ask("preview", { side: wanted }, marks);
    const blob = await answer.blob();
    if (desk.photo !== photo) return;
    await show(images.after, blob);
    photo.thumbnail = blob;
    if (!photo.colored) {
      photo.colored = true;
      sweep();
    }
    tell("drawn");
  } catch (error) {
    if (desk.photo === photo) complain(error);
  }
});

const sharpen = settled(REST_MS, async () => {
  const { photo } = desk;
  if (!photo?.facts) return;
  const wanted = side();
  if (wanted > QUICK) color({ photo, marks: photo.marks, side: wanted });
  if (wanted > graySide) {
    graySide = wanted;
    try {
      const blob = await (await photo.gray(wanted)).blob();
      if (desk.photo === photo) await show(images.before, blob);
    } catch {
      graySide = 0;
    }
  }
});

const doubt = newest(async (photo) => {
  try {
    const blob = await (await photo.ask("doubt", { side: DOUBT })).blob();
    if (desk.photo === photo && desk.show.doubt) await show(images.doubt, blob);
  } catch (error) {
    if (desk.photo === photo) complain(error);
  }
});

const refreshDoubt = settled(200, () => {
  if (desk.photo?.facts && desk.show.doubt) doubt(desk.photo);
});

/** Color again; `marks` are those of a stroke that still grows. */
export async function refresh(marks = desk.photo.marks) {
  const { photo } = desk;
  sharpen();
  refreshDoubt();
  view.setAttribute("aria-busy", "true");
  await color({ photo, marks, side: QUICK });
  view.setAttribute("aria-busy", "false");
}

/** Bring the photograph in front onto the stage: at once as the browser sees it, then as the server does. */
async function open() {
  const { photo } = desk;
  for (const image of Object.values(images)) hide(image);
  if (!photo) return;
  graySide = QUICK;
  view.setAttribute("aria-busy", "true");
  if (photo.thumbnail) show(images.after, photo.thumbnail);
  find("sheet").classList.add("raw");
  images.before.src = photo.url;
  try {
    await images.before.decode();
    if (desk.photo !== photo) return;
    photo.facts ??= { width: images.before.naturalWidth, height: images.before.naturalHeight, early: true };
    fit();
    images.before.classList.add("there");
  } catch {
    // A kind that browsers cannot show (TIFF, HEIC): the server's picture follows.
  }
  try {
    await working(async () => {
      await photo.ready();
      if (desk.photo !== photo) return;
      fit();
      tell("opened");
      const gray = photo.gray(QUICK);
      await Promise.all([
        refresh(),
        gray.then(async (answer) => {
          if (desk.photo !== photo) return;
          await show(images.before, await answer.blob());
          find("sheet").classList.remove("raw");
        }),
      ]);
    });
  } catch (error) {
    if (desk.photo === photo) view.setAttribute("aria-busy", "false");
    // Not a picture, or too large: there is nothing to work on.
    if ([400, 413, 422].includes(error.status)) removePhoto(photo);
    complain(new Error(`Cannot open ${photo.name}: ${error.message}`));
  }
}

on("photo", open);
on("marks options references", () => refresh());
on("view", sharpen);
on("show", () => {
  find("sheet").classList.toggle("doubting", desk.show.doubt);
  if (desk.show.doubt) refreshDoubt();
  else hide(images.doubt);
});
