// @ts-check
// The colors for a place: what the model suggests there, what is possible there, and what was used before.

import { nameOf } from "./color.js";
import { change, desk, on, put, tell } from "./desk.js";
import { find, make, swatch } from "./dom.js";
import { pending, redraw } from "./drawing.js";
import { withPoint, withPointChanged, withoutPoint } from "./marks.js";
import * as plane from "./plane.js";
import { calm, complain, say } from "./say.js";
import { shift, spotOf } from "./stage.js";

const MARGIN = 40;
const COMMON = ["#8a5a44", "#c98d6b", "#5b6b3a", "#4f7cac", "#7d3b3b", "#b8a06a"];

const box = find("chooser");
const exact = find("exact", HTMLInputElement);
const radius = find("radius", HTMLInputElement);

/** What the colors are for; `number` is that of the point, -1 = none yet.
 * @type {{place: import("./marks.js").Place | null, number: number, brush: boolean, kept: boolean, color: string | null} | null} */
let open = null;
/** How far the picture was moved up to have the place in sight, in CSS pixels. */
let lifted = 0;

const isOpen = () => open !== null;

/** Where the colors lie over the foot of the window, move the picture up until the place is in sight. */
function makeRoom(place) {
  const over = find("view").getBoundingClientRect();
  const y = over.top + spotOf(place)[1];
  const { left, top } = box.getBoundingClientRect();
  if (left >= over.right || top >= over.bottom || y + MARGIN <= top) return;
  const up = y + MARGIN - top;
  lifted += up;
  shift(0, -up);
}

function letDown() {
  if (lifted) shift(0, lifted);
  lifted = 0;
}

function shown(color) {
  exact.value = color ?? "";
  exact.setCustomValidity("");
  find("chosen").style.setProperty("--color", color ?? "#8d8d8d");
  find("chosen-name").textContent = color === null ? "kept gray" : nameOf(color);
}

/** Replace the marks: the first time as a step of history, then within that step, so that trying costs one undo. */
function mark(marks) {
  if (open.kept) put({ ...desk.photo.state, marks });
  else change({ marks });
  open.kept = true;
}

function choose(color) {
  open.color = color;
  shown(color);
  if (open.brush) {
    if (color !== null) desk.color = color;
    desk.tool = color === null ? "gray" : "brush";
    tell("tool");
    return;
  }
  const { marks } = desk.photo;
  if (open.number < 0) {
    const [x, y] = open.place;
    mark(withPoint(marks, { x, y, color, radius: desk.radius }));
    open.number = desk.photo.marks.points.length - 1;
    pending.chosen = open.number;
  } else {
    mark(withPointChanged(marks, open.number, { color }));
  }
  find("remove-point").hidden = false;
  redraw();
  say(color === null ? "Kept gray here." : `Colored ${nameOf(color)} here.`);
}

function chooseAndPoint(color) {
  choose(color);
  plane.point(color);
}

function offer(suggestions) {
  // In very light and dark places several a*b* come out as one color.
  const different = suggestions.filter(({ color }, i) => suggestions.findIndex((other) => other.color === color) === i);
  find("suggestions").replaceChildren(
    ...different.map(({ color, share }) => {
      const percent = `${Math.round(share * 100)} %`;
      const label = `${nameOf(color)}, ${percent} likely`;
      return make("div", { class: "suggestion" }, swatch(color, label, () => chooseAndPoint(color)), percent);
    }),
  );
}

function offerKnown() {
  const known = [...new Set([...desk.photo.marks.palette, ...COMMON])].slice(0, 12);
  find("known").replaceChildren(...known.map((color) => swatch(color, nameOf(color), () => chooseAndPoint(color))));
}

function start(what) {
  letDown();
  open = { kept: false, color: null, ...what };
  box.hidden = false;
  find("suggestions").replaceChildren();
  find("suggested").hidden = !open.place;
  find("remove-point").hidden = open.brush || open.number < 0;
  find("radius-row").hidden = open.brush;
  find("chooser-title").textContent = open.brush ? "Brush color" : "What color is this?";
  pending.chosen = open.brush ? -1 : open.number;
  offerKnown();
  redraw();
  box.focus({ preventScroll: true });
}

async function look(place, marks) {
  const mine = open;
  find("suggested").classList.add("waiting");
  try {
    const state = { ...desk.photo.state, marks };
    const answer = await (await desk.photo.ask("look", { x: place[0], y: place[1] }, state)).json();
    calm("look");
    if (open !== mine) return;
    desk.lightness = answer.lightness;
    offer(answer.suggestions);
    if (open.number < 0 && !open.brush) shown(answer.color);
    if (open.color === null) plane.point(answer.color);
    if (document.activeElement === box) find("suggestions").querySelector("button")?.focus();
    await plane.show(answer.lightness);
  } catch (error) {
    complain(error, { what: "There are no suggestions for this place", key: "look", photo: desk.photo });
  } finally {
    find("suggested").classList.remove("waiting");
  }
}

/** Ask what color a place has; `number` is that of the point there, or -1. */
export function ask(place, number) {
  const { marks } = desk.photo;
  const known = marks.points[number];
  start({ place, number, brush: false, color: known?.color ?? null });
  radius.value = String(known?.radius ?? desk.radius);
  shown(known?.color ?? null);
  if (!known) find("chosen-name").textContent = "";
  makeRoom(place);
  if (known) plane.point(known.color);
  return look(place, known ? withoutPoint(marks, number) : marks);
}

/** Choose the brush's color, from what the model suggests for a place when there is one. */
export function askBrush(place = null) {
  start({ place, number: -1, brush: true, color: desk.color });
  shown(desk.color);
  if (place) makeRoom(place);
  plane.point(desk.color);
  if (place) return look(place, desk.photo.marks);
  return plane.show(desk.lightness);
}

export function close() {
  if (!isOpen()) return;
  const within = box.contains(document.activeElement);
  open = null;
  box.hidden = true;
  letDown();
  pending.chosen = -1;
  redraw();
  if (within) find("view").focus({ preventScroll: true });
}

plane.listen(choose);
exact.addEventListener("change", () => {
  const written = exact.value.trim().toLowerCase().replace(/^#?/, "#");
  if (/^#[0-9a-f]{6}$/.test(written)) chooseAndPoint(written);
  else {
    exact.setCustomValidity("Six digits, such as #a33b2e");
    exact.reportValidity();
  }
});
radius.addEventListener("input", () => {
  desk.radius = Number(radius.value);
  if (open?.number >= 0) mark(withPointChanged(desk.photo.marks, open.number, { radius: desk.radius }));
});
find("keep-gray").addEventListener("click", () => choose(null));
find("chooser-done").addEventListener("click", close);
find("chooser-close").addEventListener("click", close);
find("remove-point").addEventListener("click", () => {
  const { number } = open;
  close();
  change({ marks: withoutPoint(desk.photo.marks, number) });
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== exact) return;
  exact.dispatchEvent(new Event("change"));
  event.stopPropagation();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
document.addEventListener("pointerdown", (event) => {
  if (isOpen() && !box.contains(/** @type {Node} */ (event.target))) close();
});
on("photo", close);
on("marks", () => {
  if (isOpen() && open.number >= desk.photo.marks.points.length) close();
});
