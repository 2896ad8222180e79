// @ts-check
// The picker: every color possible at one lightness, as the server draws it; a* to the right, b* upwards. It shows the
// square that holds them all, so that dark and light places have as much room as others.

import { request } from "./api.js";
import { toHex, toLab } from "./color.js";
import { find } from "./dom.js";
import { trying } from "./say.js";

const DRAWN = 480;
const SIDE = 320;
const REACH = 110;
const STEPS = 40;
/** Side of the shown square against that of what is in it. */
const ROOM = 1.08;

const canvas = find("plane", HTMLCanvasElement);
const ink = canvas.getContext("2d", { willReadFrequently: true });
const dot = find("plane-dot");
const planes = new Map();

let picked = (/** @type {string} */ _) => {};
/** The square that is shown: a* and b* of its middle, and how far it goes from there. */
let middle = [0, 0];
let reach = REACH;
/** a* and b* of the dot. */
let at = [0, 0];

/** @param act  called with "#rrggbb" for every color that is picked. */
export function listen(act) {
  picked = act;
}

/** Where on a drawing there is color: {left, right, top, bottom}. */
function bounds(pixels) {
  const found = { left: DRAWN, right: 0, top: DRAWN, bottom: 0 };
  for (let y = 0; y < DRAWN; y += 1)
    for (let x = 0; x < DRAWN; x += 1)
      if (pixels[4 * (y * DRAWN + x) + 3]) {
        found.left = Math.min(found.left, x);
        found.right = Math.max(found.right, x + 1);
        found.top = Math.min(found.top, y);
        found.bottom = Math.max(found.bottom, y + 1);
      }
  return found;
}

async function picture(lightness) {
  const answer = await request("GET", `api/plane?lightness=${lightness}&side=${DRAWN}`);
  const drawing = await createImageBitmap(await answer.blob());
  const whole = new OffscreenCanvas(DRAWN, DRAWN).getContext("2d");
  whole.drawImage(drawing, 0, 0);
  const { left, right, top, bottom } = bounds(whole.getImageData(0, 0, DRAWN, DRAWN).data);
  const side = Math.max(right - left, bottom - top, 8) * ROOM;
  return { drawing, side, x: (left + right - side) / 2, y: (top + bottom - side) / 2 };
}

/** Show the colors possible at a lightness, L* 0 to 100. */
export async function show(lightness) {
  const level = Math.round(Math.min(97, Math.max(4, lightness)));
  if (!planes.has(level)) planes.set(level, picture(level));
  const plane = await trying(() => planes.get(level));
  if (!plane) {
    planes.delete(level);
    return;
  }
  const { drawing, side, x, y } = plane;
  const unit = (2 * REACH) / DRAWN;
  reach = (side / 2) * unit;
  middle = [(x + side / 2) * unit - REACH, REACH - (y + side / 2) * unit];
  canvas.dataset.lightness = String(level);
  ink.clearRect(0, 0, SIDE, SIDE);
  ink.drawImage(drawing, x, y, side, side, 0, 0, SIDE, SIDE);
  mark();
}

/** Shares of the frame, from the left and the top, where an a*b* lies. */
/** @param {number[]} ab */
const shares = ([a, b]) => [(1 + (a - middle[0]) / reach) / 2, (1 - (b - middle[1]) / reach) / 2];

function mark() {
  const [x, y] = shares(at);
  dot.style.left = `${100 * x}%`;
  dot.style.top = `${100 * y}%`;
}

/** Put the dot where a color lies. */
export function point(color) {
  at = toLab(color ?? "#808080").slice(1);
  mark();
}

function pixel(place) {
  const spot = shares(place).map((share) => Math.min(SIDE - 1, Math.max(0, Math.floor(SIDE * share))));
  return ink.getImageData(spot[0], spot[1], 1, 1).data;
}

/** Pick an a*b*, or the nearest one towards gray where there is no such color. */
function pick(wanted) {
  for (let step = STEPS; step >= 0; step -= 1) {
    at = wanted.map((value) => (value * step) / STEPS);
    const [red, green, blue, alpha] = pixel(at);
    if (alpha > 250) {
      picked(toHex(red, green, blue));
      break;
    }
  }
  mark();
}

function pointed(event) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
  pick([middle[0] + (2 * x - 1) * reach, middle[1] + (1 - 2 * y) * reach]);
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointed(event);
});
canvas.addEventListener("pointermove", (event) => {
  if (canvas.hasPointerCapture(event.pointerId)) pointed(event);
});
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  pick([at[0] + way[0] * 0.05 * reach, at[1] + way[1] * 0.05 * reach]);
});
