// Tools, their sizes, what is laid over the picture, and the buttons around it.

import { askBrush } from "./chooser.js";
import { nameOf } from "./color.js";
import { change, desk, on, redo, tell, undo } from "./desk.js";
import { find } from "./dom.js";
import { NOTHING, count } from "./marks.js";
import { fit, magnification, zoomIn, zoomOut } from "./stage.js";

const SIZE = [0.004, 0.15];
const TOOLS = {
  point: "Click on the picture to tell a color. Drag to move it.",
  brush: "Paint what you know. Right-click for colors suggested there.",
  gray: "Paint what was gray, and stays gray.",
  eraser: "Wipe over hints to take them away.",
};

const size = find("size");
const swatch = find("brush-color");

/** Sliders run evenly over what the eye sees: equal steps are equal factors. */
const toShare = (value) => SIZE[0] * (SIZE[1] / SIZE[0]) ** value;
const toValue = (share) => Math.log(share / SIZE[0]) / Math.log(SIZE[1] / SIZE[0]);

export function take(tool) {
  desk.tool = tool;
  tell("tool");
}

export function resize(factor) {
  if (!desk.sizes[desk.tool]) return;
  desk.sizes[desk.tool] = Math.min(SIZE[1], Math.max(SIZE[0], desk.sizes[desk.tool] * factor));
  tell("tool");
}

export function toggle(what) {
  desk.show[what] = !desk.show[what];
  tell("show");
}

function showTool() {
  for (const button of document.querySelectorAll("[data-tool-button]"))
    button.setAttribute("aria-pressed", String(button.dataset.toolButton === desk.tool));
  find("tool-hint").textContent = TOOLS[desk.tool];
  find("size-row").hidden = !desk.sizes[desk.tool];
  swatch.hidden = desk.tool !== "brush";
  swatch.style.setProperty("--color", desk.color);
  swatch.setAttribute("aria-label", `Color of the brush: ${nameOf(desk.color)}`);
  if (desk.sizes[desk.tool]) size.value = toValue(desk.sizes[desk.tool]);
}

function showSteps() {
  find("undo").disabled = !desk.photo?.history.canUndo;
  find("redo").disabled = !desk.photo?.history.canRedo;
}

for (const button of document.querySelectorAll("[data-tool-button]"))
  button.addEventListener("click", () => take(button.dataset.toolButton));
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => toggle(button.dataset.show));
  on("show", () => button.setAttribute("aria-pressed", String(desk.show[button.dataset.show])));
}
size.addEventListener("input", () => {
  desk.sizes[desk.tool] = toShare(Number(size.value));
  tell("tool");
});
swatch.addEventListener("click", () => askBrush({ button: swatch }));
find("undo").addEventListener("click", undo);
find("redo").addEventListener("click", redo);
find("zoom-in").addEventListener("click", zoomIn);
find("zoom-out").addEventListener("click", zoomOut);
find("zoom-fit").addEventListener("click", fit);
find("clear-marks").addEventListener("click", () => {
  if (count(desk.photo.marks)) change({ marks: { ...NOTHING, palette: desk.photo.marks.palette } });
});

on("tool photo", showTool);
on("marks options photo", showSteps);
on("view photo", () => {
  find("zoom").textContent = desk.photo?.facts ? `${Math.round(100 * magnification())} %` : "";
});
on("show", () => find("legend").toggleAttribute("hidden", !desk.show.doubt));
