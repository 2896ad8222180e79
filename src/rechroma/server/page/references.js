// Reference photographs: color pictures of the same thing or time, whose colors are taken where they match.

import { desk, on, tell } from "./desk.js";
import { find, icon, make } from "./dom.js";
import { complain, say, working } from "./say.js";

const list = find("references");
const target = find("reference-drop");
const input = find("reference-input");

/** Use color pictures as references for the photograph in front; those that the server refuses are put away. */
export async function add(files) {
  const { photo } = desk;
  const added = files.map((file) => ({
    name: file.name || "reference.png",
    file,
    sent: null,
    url: URL.createObjectURL(file),
  }));
  const before = photo.references;
  photo.references = [...before, ...added];
  say(files.length === 1 ? "Looking for its colors in your photograph." : "Looking for their colors.");
  try {
    await working(() => photo.check());
  } catch (error) {
    photo.references = before;
    complain(error);
  }
  if (desk.photo === photo) tell("references");
}

function remove(reference) {
  const { photo } = desk;
  photo.references = photo.references.filter((other) => other !== reference);
  URL.revokeObjectURL(reference.url);
  tell("references");
}

function row(reference) {
  const { name, url } = reference;
  const button = { type: "button", class: "quiet", "aria-label": `Remove ${name}`, title: "Remove", onclick: () => remove(reference) };
  return make("li", {}, make("img", { src: url, alt: "" }), make("span", {}, name), make("button", button, icon("x")));
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
