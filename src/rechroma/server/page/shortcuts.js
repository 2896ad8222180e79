// @ts-check
// Keys. One table: what the help dialog lists is what works.

import { desk, redo, undo } from "./desk.js";
import { find, make } from "./dom.js";
import { actualSize, fit, zoomIn, zoomOut } from "./stage.js";
import { resize, take, toggle } from "./toolbox.js";

const help = find("help", HTMLDialogElement);
const showHelp = () => (help.open ? help.close() : help.showModal());

/** @type {[string, string[], string, (event: KeyboardEvent) => void][]}  keys as shown, as events; words; what it does */
const KEYS = [
  ["P", ["p"], "Point: choose the color of a place", () => take("point")],
  ["B", ["b"], "Brush: paint with a color", () => take("brush")],
  ["G", ["g"], "Keep gray: paint what stays gray", () => take("gray")],
  ["E", ["e"], "Eraser", () => take("eraser")],
  ["[  ]", ["[", "]"], "Smaller or larger brush", ({ key }) => resize(key === "[" ? 0.8 : 1.25)],
  ["Z or Ctrl Z", ["z"], "Undo", ({ shiftKey }) => (shiftKey ? redo() : undo())],
  ["Y or Ctrl Y", ["y"], "Redo", redo],
  ["Space", [" "], "Before and after", () => toggle("before")],
  ["O", ["o"], "Uncertainty: where the model is unsure", () => toggle("uncertainty")],
  ["M", ["m"], "Show or hide hints", () => toggle("marks")],
  ["+  −  0", ["+", "=", "-", "0"], "Zoom in, out, to the whole picture", ({ key }) => ({ "-": zoomOut, 0: fit })[key]?.() ?? ("+=".includes(key) && zoomIn())],
  ["1", ["1"], "Actual size", actualSize],
  ["S", ["s"], "Save the colored picture", () => find("save").click()],
  ["?", ["?"], "This help", showHelp],
];
/** @type {[string, string][]} */
const OTHERS = [
  ["Arrows", "Move a crosshair on the picture (Shift: faster)"],
  ["Enter", "Choose the color at the crosshair"],
  ["Esc", "Close the color window"],
  ["Shift drag", "Move the picture while painting"],
  ["Right-click", "Suggested brush colors for that place"],
];

function writing(target) {
  return target.matches("input:not([type=range]), select, textarea");
}

function pressed(event) {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey || writing(event.target) || (command && !["z", "y"].includes(key))) return;
  if (help.open && key !== "?") return;
  if (key === " " && event.target.matches("button, summary, a, input")) return;
  const row = KEYS.find(([, keys]) => keys.includes(key));
  if (!row || (!desk.photo?.isOpen && key !== "?")) return;
  event.preventDefault();
  row[3](event);
}

const line = (keys, text) => [
  make("dt", {}, ...keys.split("  ").map((key) => make("kbd", {}, key))),
  make("dd", {}, text),
];
find("keys").append(...KEYS.flatMap(([keys, , text]) => line(keys, text)), ...OTHERS.flatMap(([keys, text]) => line(keys, text)));
document.addEventListener("keydown", pressed);
find("help-button").addEventListener("click", showHelp);
find("help-close").addEventListener("click", () => help.close());
help.addEventListener("click", (event) => {
  if (event.target === help) help.close();
});
