// @ts-check
// Sliders and choices, as a table. Their names are those of the options, here and everywhere: see docs/studio.md.

import { change, desk, on, put } from "./desk.js";
import { find, make } from "./dom.js";

/** `start` is a number, or the name of the model's own default. */
const SLIDERS = [
  {
    option: "saturation",
    name: "Saturation",
    ends: ["gray", "strong"],
    range: [0, 2, 0.05],
    start: 1,
    title: "How strong the colors are",
  },
  {
    option: "warmth",
    name: "Warmth",
    ends: ["cooler", "warmer"],
    range: [-1, 1, 0.05],
    start: 0,
    title: "Shift all colors towards blue or towards amber",
  },
  {
    option: "vividness",
    name: "Vividness",
    ends: ["faithful", "colorful"],
    range: [0, 1, 0.05],
    start: "vividness",
    title: "Muted where the model is unsure, or colorful at the risk of being wrong",
  },
  {
    option: "temperature",
    name: "Temperature",
    ends: ["likeliest", "average"],
    range: [0.05, 1, 0.05],
    start: "temperature",
    title: "Take the likeliest color of a place, or the average of the likely ones",
  },
  {
    option: "reach",
    name: "Reach",
    ends: ["nearby", "everywhere"],
    range: [0, 1, 0.05],
    start: 1,
    title: "How far a hint counts: only near it, or wherever the model sees fit",
  },
];

const CHOICES = [
  {
    option: "refine",
    name: "Refinement",
    title: "How the predicted colors are tidied before they are enlarged",
    values: [
      ["none", "None"],
      ["bilateral", "Bilateral: smooths within edges"],
      ["guided", "Guided: follows the picture’s edges"],
      ["tv", "TV: evens out surfaces"],
      ["segments", "Segments: one color per region"],
      ["crf", "CRF: sharpens borders"],
    ],
  },
  {
    option: "format",
    name: "Format",
    title: "File format of the saved picture",
    values: [
      ["same", "Same as the original"],
      ["jpeg", "JPEG"],
      ["png", "PNG"],
      ["tiff", "TIFF"],
      ["webp", "WebP"],
    ],
  },
];

const MIDDLE = { vividness: 0.5, temperature: 0.6 };

/** What an option is when nobody chose it. */
function usual({ start }) {
  if (typeof start === "number") return start;
  return desk.server.models.find((model) => model.default)?.[start] ?? MIDDLE[start];
}

function without(options, option) {
  const { [option]: _, ...rest } = options;
  return rest;
}

function choosing(option, value, standard) {
  const { options } = desk.photo;
  return value === standard ? without(options, option) : { ...options, [option]: value };
}

function slider(row) {
  const { option, name, ends, range, title } = row;
  const [min, max, step] = range;
  const id = `option-${option}`;
  const output = make("output", { for: id });
  /** The state before the slider was taken hold of: a whole drag is one step of history.
   * @type {import("./photo.js").State | null} */
  let before = null;
  const input = make("input", {
    type: "range",
    id,
    min,
    max,
    step,
    title,
    oninput: () => {
      const { photo } = desk;
      before ??= photo.state;
      put({ ...photo.state, options: choosing(option, Number(input.value), usual(row)) });
    },
    onchange: () => {
      if (before) desk.photo.history.keep(before);
      before = null;
      update();
    },
    ondblclick: () => change({ options: without(desk.photo.options, option) }),
  });
  const show = () => {
    const value = desk.photo?.options[option] ?? usual(row);
    if (Number(input.value) !== value) input.value = String(value);
    output.value = option === "warmth" ? value.toFixed(2).replace(/^(?=[1-9]|0\.(?!00))/, "+") : value.toFixed(2);
  };
  on("options photo server", show);
  const [low, high] = ends;
  return make(
    "div",
    { class: "slider", title },
    make("label", { for: id }, name),
    output,
    input,
    make("div", { class: "ends", "aria-hidden": "true" }, make("span", {}, low), make("span", {}, high)),
  );
}

function choice({ option, name, values, title }) {
  const id = `option-${option}`;
  const select = make(
    "select",
    { id, title, onchange: () => change({ options: choosing(option, select.value, values[0][0]) }) },
    ...values.map(([value, text]) => make("option", { value }, text)),
  );
  on("options photo", () => {
    select.value = desk.photo?.options[option] ?? values[0][0];
  });
  return make("div", { class: "choice", title }, make("label", { for: id }, name), select);
}

function update() {
  find("reset").hidden = !desk.photo || !Object.keys(desk.photo.options).length;
}

find("sliders").append(...SLIDERS.map(slider));
find("choices").append(...CHOICES.map(choice));
find("reset").addEventListener("click", () => change({ options: {} }));
on("options photo", update);
