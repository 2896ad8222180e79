// @ts-check
// References: color pictures of the same thing or time, whose colors are used where they match.

import { change, desk, on } from "./desk.js";
import { find, icon, make } from "./dom.js";
import { toReference } from "./photo.js";
import { calm, complain, say, working } from "./say.js";

const KEY = "references";

const list = find("references");
const target = find("reference-drop");
const input = find("reference-input", HTMLInputElement);

/** Use color pictures as references for the photograph in front, unless the server refuses one. */
async function add(files) {
  const { photo } = desk;
  for (const file of files) {
    const reference = toReference(file);
    const references = [...photo.references, reference];
    say(`Looking for the colors of ${reference.name} in your photograph…`);
    try {
      await working(() => photo.check({ references }));
      calm(KEY);
      if (desk.photo === photo) change({ references });
    } catch (error) {
      URL.revokeObjectURL(reference.url);
      complain(error, { what: `${reference.name} is not used as a reference`, key: KEY, photo });
    }
  }
}

function remove(reference) {
  change({ references: desk.photo.references.filter((other) => other !== reference) });
}

function row(reference) {
  const { name, url } = reference;
  const words = { type: "button", class: "quiet", "aria-label": `Remove ${name}`, title: "Remove" };
  const button = make("button", { ...words, onclick: () => remove(reference) }, icon("x"));
  return make("li", {}, make("img", { src: url, alt: "" }), make("span", {}, name), button);
}

input.addEventListener("change", () => {
  if (input.files.length) add([...input.files]);
  input.value = "";
});
find("reference-button").addEventListener("click", () => input.click());

for (const kind of ["dragenter", "dragover"])
  target.addEventListener(kind, (event) => {
    event.preventDefault();
    target.classList.add("over");
  });
target.addEventListener("dragleave", () => target.classList.remove("over"));
target.addEventListener("drop", (event) => {
  event.preventDefault();
  event.stopPropagation();
  target.classList.remove("over");
  document.body.classList.remove("dropping");
  const files = [...event.dataTransfer.files];
  if (files.length) add(files);
});

on("references photo", () => list.replaceChildren(...(desk.photo?.references ?? []).map(row)));
