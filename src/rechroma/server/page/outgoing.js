// What leaves the desk: the colored file, the hints file, and the command line that does the same.

import { desk, on } from "./desk.js";
import { find, make } from "./dom.js";
import { count, toDocument } from "./marks.js";
import { complain, say, working } from "./say.js";

/** Hand a file to the person. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const stem = (name) => name.replace(/\.[^.]+$/, "");

/** The name that the server gave a file. */
export function nameIn(answer, otherwise) {
  const given = answer.headers.get("Content-Disposition") ?? "";
  const starred = /filename\*=utf-8''([^;]+)/i.exec(given);
  if (starred) return decodeURIComponent(starred[1]);
  return /filename="([^"]+)"/.exec(given)?.[1] ?? otherwise;
}

/** The whole picture in the original's format, with its metadata. */
export async function result(photo) {
  const answer = await photo.ask("result");
  return { blob: await answer.blob(), name: nameIn(answer, `${stem(photo.name)}.color.jpg`) };
}

async function savePicture() {
  const { photo } = desk;
  find("save").disabled = true;
  say("Coloring at full size…");
  try {
    const { blob, name } = await working(() => result(photo));
    save(blob, name);
    photo.unsaved = false;
    say(`Saved ${name}.`);
  } catch (error) {
    complain(error);
  } finally {
    find("save").disabled = false;
  }
}

const hintsName = (photo) => `${stem(photo.name)}.hints.json`;

function saveHints() {
  const { photo } = desk;
  const text = `${JSON.stringify(toDocument(photo.marks), null, 1)}\n`;
  save(new Blob([text], { type: "application/json" }), hintsName(photo));
  photo.unsaved = false;
  say(`Saved ${hintsName(photo)}.`);
}

const quoted = (word) => (/^[\w.,/:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The words of the command that makes the same file, byte for byte. */
export function commandOf(photo) {
  const words = ["rechroma", "colorize", photo.name];
  if (count(photo.marks)) words.push("--hints", hintsName(photo));
  for (const { name } of photo.references) words.push("--reference", name);
  for (const [option, value] of Object.entries(photo.options)) words.push(`--${option}`, String(value));
  return words.map(quoted);
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText(find("command").textContent);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(find("command"));
    say("Press Ctrl+C to copy it.");
  }
}

function update() {
  const { photo } = desk;
  if (!photo) return;
  const marked = count(photo.marks);
  find("mark-count").textContent = marked === 0 ? "none yet" : marked === 1 ? "1 hint" : `${marked} hints`;
  find("save-hints").disabled = marked === 0;
  find("clear-marks").disabled = marked === 0;
  // A word is broken over two lines only where it is longer than one; "--" stays with what follows.
  const words = commandOf(photo).map((word) => make("span", {}, word));
  find("command").replaceChildren(...words.flatMap((word) => [" ", word]).slice(1));
}

find("save").addEventListener("click", savePicture);
find("save-hints").addEventListener("click", saveHints);
find("copy-command").addEventListener("click", copyCommand);
window.addEventListener("beforeunload", (event) => {
  if (desk.photos.some((photo) => photo.unsaved && count(photo.marks))) event.preventDefault();
});
on("marks options references photo", update);
