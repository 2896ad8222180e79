// The picker: every color possible at one lightness, as the server draws it; a* to the right, b* upwards.

import { request } from "./api.js";
import { toHex, toLab } from "./color.js";
import { find } from "./dom.js";
import { trying } from "./say.js";

const SIDE = 160;
const REACH = 110;
const NUDGE = 3;

const canvas = find("plane");
const ink = canvas.getContext("2d", { willReadFrequently: true });
const dot = find("plane-dot");
const drawn = new Map();

let picked = () => {};
let at = [SIDE / 2, SIDE / 2];

/** @param act  called with "#rrggbb" for every color that is picked. */
export function listen(act) {
  picked = act;
}

async function picture(lightness) {
  const answer = await request("GET", `api/plane?lightness=${lightness}&side=${SIDE}`);
  return createImageBitmap(await answer.blob());
}

/** Show the colors possible at a lightness, L* 0 to 100. */
export async function show(lightness) {
  const level = Math.round(Math.min(97, Math.max(4, lightness)));
  if (!drawn.has(level)) drawn.set(level, picture(level));
  const plane = await trying(() => drawn.get(level));
  if (!plane) {
    drawn.delete(level);
    return;
  }
  canvas.dataset.lightness = level;
  ink.clearRect(0, 0, SIDE, SIDE);
  ink.drawImage(plane, 0, 0, SIDE, SIDE);
}

function mark() {
  dot.style.left = `${(100 * at[0]) / SIDE}%`;
  dot.style.top = `${(100 * at[1]) / SIDE}%`;
}

/** Put the dot where a color lies. */
export function point(color) {
  const [, a, b] = toLab(color ?? "#808080");
  at = [((a + REACH) / (2 * REACH)) * SIDE, ((REACH - b) / (2 * REACH)) * SIDE];
  mark();
}

/** The color at a place, or the nearest one towards gray when there is none. */
function colorAt([x, y]) {
  for (let share = 1; share >= 0; share -= 0.02) {
    const spot = [x, y].map((value) => SIDE / 2 + (value - SIDE / 2) * share);
    const [red, green, blue, alpha] = ink.getImageData(...spot.map((v) => Math.min(SIDE - 1, Math.max(0, Math.floor(v)))), 1, 1).data;
    if (alpha > 250) {
      at = spot;
      return toHex(red, green, blue);
    }
  }
  return null;
}

function pick(spot) {
  const color = colorAt(spot);
  mark();
  if (color) picked(color);
}

function pointed(event) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  pick([((event.clientX - left) / width) * SIDE, ((event.clientY - top) / height) * SIDE]);
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointed(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (canvas.hasPointerCapture(event.pointerId)) pointed(event);
});
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  pick([at[0] + NUDGE * way[0], at[1] + NUDGE * way[1]]);
});
