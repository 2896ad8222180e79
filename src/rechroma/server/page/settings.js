// Sliders and choices, as a table: what a person reads, and the option that it sets.

import { change, desk, on, put } from "./desk.js";
import { find, make } from "./dom.js";

/** `start` is a number, or the name of the model's own default. */
const SLIDERS = [
  {
    option: "saturation",
    name: "Strength",
    ends: ["gray", "strong"],
    range: [0, 2, 0.05],
    start: 1,
    title: "How much color (saturation: a factor on the predicted chroma)",
  },
  {
    option: "warmth",
    name: "Warmth",
    ends: ["cooler", "warmer"],
    range: [-1, 1, 0.05],
    start: 0,
    title: "Towards blue or towards amber (warmth)",
  },
  {
    option: "vividness",
    name: "Boldness",
    ends: ["faithful", "colorful"],
    range: [0, 1, 0.05],
    start: "vividness",
    title: "Likely but dull, or rarer and livelier colors (vividness: class rebalancing)",
  },
  {
    option: "temperature",
    name: "Caution",
    ends: ["decided", "blended"],
    range: [0.05, 1, 0.05],
    start: "temperature",
    title: "Decide for one color, or blend the likely ones (temperature of the annealed mean)",
  },
  {
    option: "reach",
    name: "Reach",
    ends: ["nearby", "everywhere"],
    range: [0, 1, 0.05],
    start: 1,
    title: "How far your colors tell something of others: only near them, or wherever the model thinks so (reach)",
  },
];

const CHOICES = [
  {
    option: "refine",
    name: "Clean up edges",
    title: "How the small prediction is tidied before it is enlarged (refine)",
    values: [
      ["none", "As predicted"],
      ["bilateral", "Smooth within edges (bilateral)"],
      ["guided", "Follow the picture (guided filter)"],
      ["tv", "Calm surfaces (total variation)"],
      ["segments", "One color per region (segments)"],
      ["crf", "Sharpen borders (random field)"],
    ],
  },
  {
    option: "format",
    name: "Save as",
    title: "File format of the result (format)",
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
  /** The state before the slider was taken hold of: a whole drag is one step of history. */
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
      before ??= { marks: photo.marks, options: photo.options };
      put({ marks: photo.marks, options: choosing(option, Number(input.value), usual(row)) });
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
    if (Number(input.value) !== value) input.value = value;
    const share = (value - min) / (max - min);
    input.style.setProperty("--share", share);
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
