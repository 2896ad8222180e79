// @ts-check
// Tools, their sizes, what is laid over the picture, and the buttons around it.

import { askBrush } from "./chooser.js";
import { nameOf } from "./color.js";
import { change, desk, on, redo, tell, undo } from "./desk.js";
import { find, findAll } from "./dom.js";
import { NOTHING, count } from "./marks.js";
import { actualSize, fit, magnification, zoomIn, zoomOut } from "./stage.js";

const SIZE = [0.004, 0.15];
const TOOLS = {
  point: "Click on something to choose its color. Drag to move the picture.",
  brush: "Paint where you know the color. Right-click for suggestions.",
  gray: "Paint over what was gray and should stay gray.",
  eraser: "Wipe over hints to remove them.",
};

const size = find("size", HTMLInputElement);
const [undoButton, redoButton] = ["undo", "redo"].map((id) => find(id, HTMLButtonElement));
const swatch = find("brush-color");

/** Sliders run evenly over what the eye sees: equal steps are equal factors. */
const toShare = (value) => SIZE[0] * (SIZE[1] / SIZE[0]) ** value;
const toValue = (share) => Math.log(share / SIZE[0]) / Math.log(SIZE[1] / SIZE[0]);

/** @param {import("./desk.js").Tool} tool */
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
  for (const button of findAll("[data-tool-button]"))
    button.setAttribute("aria-pressed", String(button.dataset.toolButton === desk.tool));
  find("tool-hint").textContent = TOOLS[desk.tool];
  find("size-row").hidden = !desk.sizes[desk.tool];
  swatch.hidden = desk.tool !== "brush";
  swatch.style.setProperty("--color", desk.color);
  swatch.setAttribute("aria-label", `Brush color: ${nameOf(desk.color)}`);
  if (desk.sizes[desk.tool]) size.value = String(toValue(desk.sizes[desk.tool]));
}

function showSteps() {
  undoButton.disabled = !desk.photo?.history.canUndo;
  redoButton.disabled = !desk.photo?.history.canRedo;
}

for (const button of findAll("[data-tool-button]"))
  button.addEventListener("click", () => take(/** @type {import("./desk.js").Tool} */ (button.dataset.toolButton)));
for (const button of findAll("[data-show]")) {
  button.addEventListener("click", () => toggle(button.dataset.show));
  on("show", () => button.setAttribute("aria-pressed", String(desk.show[button.dataset.show])));
}
size.addEventListener("input", () => {
  desk.sizes[desk.tool] = toShare(Number(size.value));
  tell("tool");
});
swatch.addEventListener("click", () => askBrush());
undoButton.addEventListener("click", undo);
redoButton.addEventListener("click", redo);
find("zoom-in").addEventListener("click", zoomIn);
find("zoom-out").addEventListener("click", zoomOut);
find("zoom-fit").addEventListener("click", fit);
find("zoom").addEventListener("click", actualSize);
find("clear-marks").addEventListener("click", () => {
  if (count(desk.photo.marks)) change({ marks: { ...NOTHING, palette: desk.photo.marks.palette } });
});

on("tool photo", showTool);
on("marks options references photo", showSteps);
on("view photo opened", () => {
  find("zoom").textContent = desk.photo?.facts ? `${Math.round(100 * magnification())} %` : "";
});
on("show", () => find("legend").toggleAttribute("hidden", !desk.show.uncertainty));
