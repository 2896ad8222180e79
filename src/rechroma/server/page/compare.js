// @ts-check
// Before and after: a divider over the picture, left of it the gray one. It is a slider for keyboard and screen
// readers too, and leaves the picture under it free for painting.

import { desk, on, tell } from "./desk.js";
import { find } from "./dom.js";
import { box, placeOf } from "./stage.js";

const SWEEP_MS = 900;

const divider = find("divider");
const before = find("before");
const near = find("before-near-layer");
const view = find("view");
/** Share of the picture that is shown as it was, from the left. */
let share = 0;

function draw() {
  const { left, width } = box();
  const shown = desk.show.before ? 1 : share;
  const x = Math.min(view.clientWidth, Math.max(0, left + shown * width));
  divider.style.transform = `translateX(${x}px)`;
  divider.classList.toggle("resting", shown === 0);
  divider.setAttribute("aria-valuenow", String(Math.round(shown * 100)));
  before.style.clipPath = `inset(0 ${(1 - shown) * 100}% 0 0)`;
  near.style.clipPath = `inset(0 ${view.clientWidth - x}px 0 0)`;
}

function slide(to) {
  share = Math.min(1, Math.max(0, to));
  if (desk.show.before) {
    desk.show.before = false;
    tell("show");
  }
  draw();
}

divider.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  event.stopPropagation();
  divider.focus({ preventScroll: true });
  divider.setPointerCapture(event.pointerId);
});
divider.addEventListener("pointermove", (event) => {
  if (divider.hasPointerCapture(event.pointerId)) slide(placeOf(event)[0]);
});
divider.addEventListener("keydown", (event) => {
  const to = { ArrowLeft: share - 0.02, ArrowRight: share + 0.02, Home: 0, End: 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  slide(to);
});

/** Show a new photograph's color for the first time: the gray draws back like a curtain. */
export function sweep() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    slide(0);
    return;
  }
  const start = performance.now();
  const frame = (now) => {
    const done = Math.min(1, (now - start) / SWEEP_MS);
    slide((1 - done) ** 3);
    if (done < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

on("view show photo", draw);
