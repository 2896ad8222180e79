// @ts-check
// The picture in its window: how large it lies there, zoom and pan (Panzoom), and places on the screen and on it.

import { desk, on, tell } from "./desk.js";
import { find } from "./dom.js";
import Panzoom from "./vendor/panzoom.js";

const MARGIN = 20;
const EDGE = 40;
const STEP = 1.35;
const PIXELS_WIDE = 6;

const view = find("view");
const sheet = find("sheet");
let fitted = [1, 1];
let corner = [0, 0];

const panzoom = Panzoom(sheet, {
  noBind: true,
  minScale: 0.5,
  maxScale: 16,
  pinchAndPan: true,
  step: 1.2,
  cursor: "",
  handleStartEvent: () => {},
});

sheet.addEventListener("panzoomchange", () => tell("view"));

/** Fit the photograph in front into the window. */
export function fit() {
  measure();
  panzoom.reset({ animate: false });
}

/** Find out how large the whole photograph is when it fits into the window. */
function measure() {
  const [width, height] = desk.photo?.size ?? [1, 1];
  const margin = view.clientWidth < 600 ? 0 : MARGIN;
  const room = [view.clientWidth - 2 * margin, view.clientHeight - 2 * margin];
  const share = Math.min(room[0] / width, room[1] / height);
  fitted = [width * share, height * share];
  corner = [(view.clientWidth - fitted[0]) / 2, (view.clientHeight - fitted[1]) / 2];
  sheet.style.width = `${fitted[0]}px`;
  sheet.style.height = `${fitted[1]}px`;
  sheet.style.marginLeft = `${corner[0]}px`;
  sheet.style.marginTop = `${corner[1]}px`;
  panzoom.setOptions({ maxScale: Math.max(4, (PIXELS_WIDE * width) / fitted[0]) });
}

/** The window has another size: the place in its middle stays there, and what is looked at closely stays as close. */
function resized() {
  const scale = panzoom.getScale();
  if (!desk.photo || scale === 1) {
    fit();
    return;
  }
  const [x, y] = placeOf(middle());
  const wide = box().width;
  measure();
  panzoom.zoom(wide / fitted[0], { animate: false });
  const [left, top] = spotOf([x, y]);
  shift(view.clientWidth / 2 - left, view.clientHeight / 2 - top);
}

/** Where the picture lies in the window, in CSS pixels: {left, top, width, height}. */
export function box() {
  const scale = panzoom.getScale();
  const { x, y } = panzoom.getPan();
  const [width, height] = [fitted[0] * scale, fitted[1] * scale];
  return {
    left: corner[0] + (fitted[0] - width) / 2 + x * scale,
    top: corner[1] + (fitted[1] - height) / 2 + y * scale,
    width,
    height,
  };
}

/** A pointer's place on the picture, 0 to 1 each; outside it beyond that.
 * @returns {import("./marks.js").Place} */
export function placeOf({ clientX, clientY }) {
  const window = view.getBoundingClientRect();
  const { left, top, width, height } = box();
  return [(clientX - window.left - left) / width, (clientY - window.top - top) / height];
}

/** A place of the picture in the window, in CSS pixels from its corner.
 * @returns {[number, number]} */
export function spotOf([x, y]) {
  const { left, top, width, height } = box();
  return [left + x * width, top + y * height];
}

/** CSS pixels of a share of the picture's longer side. */
export function pixels(share) {
  const { width, height } = box();
  return share * Math.max(width, height);
}

/** The part of the picture that is in sight: left, top, right, bottom, 0 to 1. */
export function visible() {
  const { left, top, width, height } = box();
  const share = (value) => Math.min(1, Math.max(0, value));
  return [-left / width, -top / height, (view.clientWidth - left) / width, (view.clientHeight - top) / height].map(share);
}

/** Device pixels that the picture's longer side takes now. */
export const sharpness = () => pixels(1) * window.devicePixelRatio;

/** Zoom shown to a person: 1 = a pixel of the file is a pixel of the screen. */
export const magnification = () => sharpness() / Math.max(...(desk.photo?.size ?? [1, 1]));

function middle() {
  const { left, top, width, height } = view.getBoundingClientRect();
  return { clientX: left + width / 2, clientY: top + height / 2 };
}

export function zoomBy(factor, point = middle()) {
  panzoom.zoomToPoint(panzoom.getScale() * factor, point);
}

export const zoomIn = () => zoomBy(STEP);
export const zoomOut = () => zoomBy(1 / STEP);

/** Show each pixel of the file as one of the screen, in its place. */
export function actualSize() {
  zoomBy(1 / magnification());
  const { left, top } = box();
  const off = (value) => Math.round(value * window.devicePixelRatio) / window.devicePixelRatio - value;
  shift(off(left), off(top));
}

/** Move the picture by CSS pixels. */
export function shift(right, down) {
  const scale = panzoom.getScale();
  if (right || down) panzoom.pan(right / scale, down / scale, { relative: true });
}

/** How far the span from..to must move to have a part of it between low and high. */
const back = (from, to, low, high) => Math.max(0, low - to) - Math.max(0, from - high);

/** Bring a place into the window when it lies outside, for the keyboard. */
export function reveal(place) {
  const [x, y] = spotOf(place);
  shift(back(x, x, EDGE, view.clientWidth - EDGE), back(y, y, EDGE, view.clientHeight - EDGE));
}

/** Keep at least a part of the picture in the window after it was dragged. */
function recover() {
  const { left, top, width, height } = box();
  const least = Math.min(3 * EDGE, width / 2, height / 2);
  shift(
    back(left, left + width, least, view.clientWidth - least),
    back(top, top + height, least, view.clientHeight - least),
  );
}

/** Panning and pinching, fed with the pointers that are not painting. */
export const hand = {
  down: (event) => panzoom.handleDown(event),
  move: (event) => panzoom.handleMove(event),
  up: (event) => {
    panzoom.handleUp(event);
    recover();
  },
};

let wheeled = 0;
view.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const { clientX, clientY } = event;
    if (!wheeled) {
      requestAnimationFrame(() => {
        zoomBy(Math.exp(-Math.max(-300, Math.min(300, wheeled)) / 400), { clientX, clientY });
        wheeled = 0;
      });
    }
    wheeled += event.deltaY * (event.ctrlKey ? 4 : 1) || 0.001;
  },
  { passive: false },
);

new ResizeObserver(resized).observe(view);
on("photo", fit);
