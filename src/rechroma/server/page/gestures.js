// @ts-check
// What a mouse, pen or finger does on the picture: one paints, points or pans; two fingers pinch.

import { change, desk, on } from "./desk.js";
import { find } from "./dom.js";
import { pending, redraw } from "./drawing.js";
import { erased, pointAt, withPointChanged, withStroke } from "./marks.js";
import { hand, pixels, placeOf } from "./stage.js";

const SLACK = 5;
const GRIP = 12;

const canvas = find("marks");
const fingers = new Map();
/** What the pointer does now.
 * @type {{move: (event: PointerEvent) => void, up: (event: PointerEvent) => void, cancel: (event?: PointerEvent) => void} | null} */
let doing = null;

/** Called while a stroke grows, with the marks as they would be; and with null when it was given up. */
let sketching = (/** @type {import("./marks.js").Marks | null} */ _) => {};
/** Called when a place was clicked: (place, number of the point there or -1). */
let clicked = (/** @type {import("./marks.js").Place} */ _, /** @type {number} */ __) => {};

export function listen({ sketch, click }) {
  sketching = sketch;
  clicked = click;
}

/** Leave off what a pointer began: a long press turned out to be meant otherwise. */
export function giveUp() {
  doing?.cancel();
  doing = null;
  fingers.clear();
}

const onPicture = ([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
/** @returns {import("./marks.js").Place} */
const clamped = ([x, y]) => [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
const grip = () => GRIP / pixels(1);

function panning(event) {
  hand.down(event);
  return { move: hand.move, up: hand.up, cancel: () => hand.up(event) };
}

/** A click opens the colors of that place; a drag moves a point, or else the picture. */
function pointing(event) {
  const { photo } = desk;
  const start = photo.marks;
  const held = pointAt(start, placeOf(event), grip(), photo.size);
  const pan = held < 0 ? panning(event) : null;
  let moved = false;
  return {
    move(next) {
      moved ||= Math.hypot(next.clientX - event.clientX, next.clientY - event.clientY) > SLACK;
      if (!moved) return;
      if (pan) pan.move(next);
      else {
        const [x, y] = clamped(placeOf(next));
        sketching(withPointChanged(start, held, { x, y }));
      }
    },
    up(next) {
      pan?.up(next);
      if (!moved && onPicture(placeOf(next))) clicked(clamped(placeOf(next)), held);
      if (moved && !pan) {
        const [x, y] = clamped(placeOf(next));
        change({ marks: withPointChanged(start, held, { x, y }) });
      }
    },
    cancel: () => (pan ? pan.up(event) : sketching(null)),
  };
}

function painting(event) {
  const { photo, tool } = desk;
  const stroke = {
    color: tool === "gray" ? null : desk.color,
    width: desk.sizes[tool],
    places: [clamped(placeOf(event))],
  };
  const made = () => withStroke(photo.marks, stroke, photo.size);
  const end = () => {
    pending.stroke = null;
    redraw();
  };
  pending.stroke = stroke;
  sketching(made());
  return {
    move(next) {
      for (const part of next.getCoalescedEvents?.() ?? [next]) stroke.places.push(clamped(placeOf(part)));
      sketching(made());
    },
    up() {
      end();
      change({ marks: made() });
    },
    cancel() {
      end();
      sketching(null);
    },
  };
}

function erasing(event) {
  const { photo } = desk;
  const places = [placeOf(event)];
  const made = () => erased(photo.marks, places, desk.sizes.eraser, photo.size);
  const changed = (marks) =>
    marks.points.length !== photo.marks.points.length || marks.strokes.length !== photo.marks.strokes.length;
  return {
    move(next) {
      places.push(placeOf(next));
    },
    up() {
      const marks = made();
      if (changed(marks)) change({ marks });
    },
    cancel: () => {},
  };
}

const STARTS = { point: pointing, brush: painting, gray: painting, eraser: erasing };

function start(event) {
  if (event.button === 1 || event.shiftKey) return panning(event);
  if (desk.tool !== "point" && !onPicture(placeOf(event))) return panning(event);
  return STARTS[desk.tool](event);
}

canvas.addEventListener("pointerdown", (event) => {
  if (!desk.photo?.isOpen || event.button > 1) return;
  event.preventDefault();
  const quietly = /** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: false });
  find("view").focus(quietly);
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) doing = start(event);
  if (fingers.size === 2) {
    doing?.cancel();
    for (const finger of fingers.values()) hand.down(finger);
    doing = { move: hand.move, up: hand.up, cancel: () => {} };
  }
});

canvas.addEventListener("pointermove", (event) => {
  const width = desk.sizes[desk.tool];
  pending.cursor = width && event.pointerType !== "touch" ? { at: placeOf(event), width } : null;
  redraw();
  if (fingers.has(event.pointerId)) {
    fingers.set(event.pointerId, event);
    doing?.move(event);
  }
});

function lifted(event, end) {
  if (!fingers.delete(event.pointerId)) return;
  doing?.[end](event);
  if (!fingers.size) doing = null;
}

canvas.addEventListener("pointerup", (event) => lifted(event, "up"));
canvas.addEventListener("pointercancel", (event) => lifted(event, "cancel"));
canvas.addEventListener("pointerleave", () => {
  pending.cursor = null;
  redraw();
});
on("tool photo", () => {
  canvas.dataset.tool = desk.tool;
  pending.cursor = null;
});
