// @ts-check
// The keyboard's pointer: arrows move a cross over the picture, Enter does there what a click would.

import { change, desk, on } from "./desk.js";
import { find } from "./dom.js";
import { pending, redraw } from "./drawing.js";
import { erased, pointAt, withStroke } from "./marks.js";
import { pixels, reveal } from "./stage.js";

const STEP = 0.01;
const LEAP = 0.05;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const view = find("view");
/** @type {import("./marks.js").Place} */
let at = [0.5, 0.5];

function move([dx, dy], step) {
  const held = (value) => Math.min(1, Math.max(0, value));
  if (pending.crosshair) at = [held(at[0] + dx * step), held(at[1] + dy * step)];
  pending.crosshair = at;
  reveal(at);
  redraw();
  view.setAttribute("aria-description", `Crosshair at ${at.map((value) => Math.round(value * 100)).join(", ")} percent`);
}

function act(click) {
  const { photo, tool } = desk;
  if (tool === "point") {
    click(at, pointAt(photo.marks, at, 12 / pixels(1), photo.size));
  } else if (tool === "eraser") {
    change({ marks: erased(photo.marks, [at], desk.sizes.eraser, photo.size) });
  } else {
    const color = tool === "gray" ? null : desk.color;
    change({ marks: withStroke(photo.marks, { color, width: desk.sizes[tool], places: [at] }, photo.size) });
  }
}

/** @param click  called as for a click of the pointer: (place, number of the point there or -1). */
export function listen(click) {
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== view || !desk.photo?.isOpen) return;
    if (ARROWS[event.key]) move(ARROWS[event.key], event.shiftKey ? LEAP : STEP);
    else if (event.key === "Enter" && pending.crosshair) act(click);
    else return;
    event.preventDefault();
  });
}

function hide() {
  pending.crosshair = null;
  redraw();
}

view.addEventListener("pointerdown", hide);
on("photo", hide);
