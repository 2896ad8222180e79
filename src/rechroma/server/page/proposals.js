// @ts-check
// Proposals: several different colorings as thumbnails; a pick puts its hints in place, and can be undone.

import { change, desk, on } from "./desk.js";
import { find, make } from "./dom.js";
import { NOTHING } from "./marks.js";
import { calm, complain, say, working } from "./say.js";

const COUNT = 4;
const SIDE = 256;
const KEY = "proposals";

const list = find("proposals");
const button = find("more-proposals", HTMLButtonElement);

function pick(proposal, thumbnail) {
  const { rechroma_hints: _, ...marks } = proposal.hints;
  const { palette } = desk.photo.marks;
  change({ marks: { ...NOTHING, ...marks, palette } });
  thumbnail.setAttribute("aria-pressed", "true");
  say("The proposal is in place. Undo brings back what you had.");
}

function thumbnail(proposal, number, photo) {
  const name = number === 0 ? "Most likely" : `Proposal ${number + 1}`;
  const image = make("img", { src: proposal.preview, alt: "" });
  const [width, height] = photo.size;
  image.style.aspectRatio = `${width} / ${height}`;
  const words = { type: "button", class: "proposal", "aria-pressed": "false", "aria-label": `${name}: use it` };
  const made = make("button", { ...words, onclick: () => pick(proposal, made) }, image, make("span", {}, name));
  return made;
}

async function propose() {
  const { photo } = desk;
  button.disabled = true;
  list.classList.add("waiting");
  try {
    const answer = await working(() => photo.ask("proposals", { count: COUNT, side: SIDE }));
    const { proposals } = await answer.json();
    calm(KEY);
    if (desk.photo !== photo) return;
    list.replaceChildren(...proposals.map((proposal, number) => thumbnail(proposal, number, photo)));
    say(proposals.length === 1 ? "The model has no other proposal." : `${proposals.length} proposals to choose from.`);
  } catch (error) {
    complain(error, { what: "There are no proposals", key: KEY, photo });
  } finally {
    button.disabled = false;
    list.classList.remove("waiting");
  }
}

button.addEventListener("click", propose);
on("marks", () => {
  for (const proposal of list.children) proposal.setAttribute("aria-pressed", "false");
});
on("photo", () => list.replaceChildren());
