// Other ideas: several different colorings as thumbnails; a pick puts its hints in place, and can be undone.

import { change, desk, on } from "./desk.js";
import { find, make } from "./dom.js";
import { complain, say, working } from "./say.js";

const COUNT = 4;
const SIDE = 256;

const list = find("ideas");
const button = find("more-ideas");

function pick(proposal, thumbnail) {
  const { rechroma_hints: _, ...marks } = proposal.hints;
  const { palette } = desk.photo.marks;
  change({ marks: { points: [], strokes: [], layers: [], ...marks, palette } });
  thumbnail.setAttribute("aria-pressed", "true");
  say("This idea is in place. Undo brings back what was there.");
}

function thumbnail(proposal, number, photo) {
  const name = number === 0 ? "Most likely" : `Idea ${number}`;
  const image = make("img", { src: proposal.preview, alt: "" });
  const [width, height] = photo.size;
  image.style.aspectRatio = `${width} / ${height}`;
  const pickIt = () => pick(proposal, made);
  const made = make(
    "button",
    { type: "button", class: "idea", "aria-pressed": "false", "aria-label": `${name}: use it`, onclick: pickIt },
    image,
    make("span", {}, name),
  );
  return made;
}

async function propose() {
  const { photo } = desk;
  button.disabled = true;
  list.classList.add("waiting");
  try {
    const answer = await working(() => photo.ask("proposals", { count: COUNT, side: SIDE }));
    const { proposals } = await answer.json();
    if (desk.photo !== photo) return;
    list.replaceChildren(...proposals.map((proposal, number) => thumbnail(proposal, number, photo)));
    say(`${proposals.length} ideas to pick from.`);
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
    list.classList.remove("waiting");
  }
}

button.addEventListener("click", propose);
on("marks", () => {
  for (const idea of list.children) idea.setAttribute("aria-pressed", "false");
});
on("photo", () => list.replaceChildren());
