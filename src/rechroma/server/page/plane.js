// The picker: every color possible at one lightness, as the server draws it; a* to the right, b* upwards. It shows the
// square around zero that holds them all, so that dark and light places have as much room as others.

import { request } from "./api.js";
import { toHex, toLab } from "./color.js";
import { find } from "./dom.js";
import { trying } from "./say.js";

const DRAWN = 480;
const SIDE = 320;
const REACH = 110;
const STEPS = 40;

const canvas = find("plane");
const ink = canvas.getContext("2d", { willReadFrequently: true });
const dot = find("plane-dot");
const planes = new Map();

let picked = () => {};
/** a* and b* at the right and upper edge. */
let reach = REACH;
/** a* and b* of the dot. */
let at = [0, 0];

/** @param act  called with "#rrggbb" for every color that is picked. */
export function listen(act) {
  picked = act;
}

/** The largest a* or b* of a drawing, either way. */
function extent(pixels) {
  let most = 1;
  for (let y = 0; y < DRAWN; y += 1)
    for (let x = 0; x < DRAWN; x += 1)
      if (pixels[4 * (y * DRAWN + x) + 3])
        most = Math.max(most, Math.abs(x + 0.5 - DRAWN / 2), Math.abs(y + 0.5 - DRAWN / 2));
  return (most / (DRAWN / 2)) * REACH;
}

async function picture(lightness) {
  const answer = await request("GET", `api/plane?lightness=${lightness}&side=${DRAWN}`);
  const drawing = await createImageBitmap(await answer.blob());
  const whole = new OffscreenCanvas(DRAWN, DRAWN).getContext("2d");
  whole.drawImage(drawing, 0, 0);
  return { drawing, extent: Math.min(REACH, extent(whole.getImageData(0, 0, DRAWN, DRAWN).data) * 1.04) };
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
  reach = plane.extent;
  canvas.dataset.lightness = level;
  const part = (DRAWN * reach) / REACH;
  ink.clearRect(0, 0, SIDE, SIDE);
  ink.drawImage(plane.drawing, (DRAWN - part) / 2, (DRAWN - part) / 2, part, part, 0, 0, SIDE, SIDE);
  mark();
}

function mark() {
  dot.style.left = `${50 * (1 + at[0] / reach)}%`;
  dot.style.top = `${50 * (1 - at[1] / reach)}%`;
}

/** Put the dot where a color lies. */
export function point(color) {
  at = toLab(color ?? "#808080").slice(1);
  mark();
}

function pixel([a, b]) {
  const spot = [1 + a / reach, 1 - b / reach].map((value) => Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE / 2) * value))));
  return ink.getImageData(...spot, 1, 1).data;
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
  pick([(2 * x - 1) * reach, (1 - 2 * y) * reach]);
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
