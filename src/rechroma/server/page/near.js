// @ts-check
// Closer pictures: where the picture on the stage is smaller than the screen could show, the part in sight comes as
// sharp as the screen is, in color and gray. They lie on the screen's own pixels, so that at 100 % each is one of them.

import { desk, on } from "./desk.js";
import { find } from "./dom.js";
import { newest, settled } from "./newest.js";
import { hide, show } from "./showing.js";
import { box, sharpness, visible } from "./stage.js";

/** @typedef {import("./photo.js").Photo} Photo */
/** @typedef {{part: number[], side: number}} Asked  left, top, right, bottom, 0 to 1; longer side in pixels */

/** Pixels that the longer side of the picture on the stage has; closer pictures begin above that. */
export const QUICK = 1024;
const LARGEST = 4096;
const REST_MS = 300;
/** Of the part in sight, on each side, that comes with it. */
const MARGIN = 0.15;

const images = { before: find("before-near", HTMLImageElement), after: find("after-near", HTMLImageElement) };
/** What each of them shows.
 * @type {Record<"before" | "after", Asked | null>} */
const shown = { before: null, after: null };

/** Put closer pictures away that are no longer true. */
export function hideNear(...which) {
  for (const one of which) {
    shown[one] = null;
    hide(images[one]);
  }
}

/** What would have to be there, or null where the picture on the stage will do.
 * @param {Photo} photo
 * @returns {Asked | null} */
function wanted(photo) {
  const [width, height] = photo.size;
  const longer = Math.max(width, height);
  const sharp = Math.min(sharpness(), longer);
  if (sharp <= QUICK) return null;
  const [left, top, right, bottom] = visible();
  const [x, y] = [MARGIN * (right - left), MARGIN * (bottom - top)];
  // From pixel to pixel of the file.
  const whole = (value, length) => Math.round(Math.min(1, Math.max(0, value)) * length);
  const [from, to] = [whole(left - x, width), whole(right + x, width)];
  const [above, below] = [whole(top - y, height), whole(bottom + y, height)];
  if (to <= from || below <= above) return null;
  const side = Math.ceil((sharp * Math.max(to - from, below - above)) / longer - 0.01);
  return {
    part: [from / width, above / height, to / width, below / height],
    side: Math.max(16, Math.min(LARGEST, side)),
  };
}

/** Lay the closer pictures where their parts of the photograph are on the screen. */
function place() {
  const { left, top, width, height } = box();
  for (const one of /** @type {const} */ (["before", "after"])) {
    if (!shown[one]) continue;
    const { style } = images[one];
    const [from, above, to, below] = shown[one].part;
    style.left = `${left + from * width}px`;
    style.top = `${top + above * height}px`;
    style.width = `${(to - from) * width}px`;
    style.height = `${(below - above) * height}px`;
  }
}

/** Fetch and show one of them, unless it is there. */
async function come(one, photo, asked, fetch) {
  if (JSON.stringify(shown[one]) === JSON.stringify(asked)) return;
  const blob = await (await fetch()).blob();
  if (desk.photo !== photo) return;
  await show(images[one], blob);
  shown[one] = asked;
  place();
}

const closer = newest(async ({ photo, state, asked }) => {
  try {
    await Promise.all([
      come("before", photo, asked, () => photo.gray(asked.side, asked.part)),
      come("after", photo, asked, () => photo.ask("preview", asked, state)),
    ]);
    if (photo.state !== state) hideNear("after");
  } catch {
    // The smaller picture is there; what went wrong is said where that one cannot be had.
  }
});

/** See to it that what is in sight is sharp, once the person rests. */
export const sharpen = settled(REST_MS, () => {
  const { photo } = desk;
  if (!photo?.isOpen) return;
  const asked = wanted(photo);
  if (asked) closer({ photo, state: photo.state, asked });
  else hideNear("before", "after");
});

on("view", () => {
  place();
  sharpen();
});
