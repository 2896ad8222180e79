// @ts-check
// What leaves the desk: the colored file, all of them as one ZIP, the hints file, and the command that does the same.

import { ApiError, linkTo, request } from "./api.js";
import { desk, on } from "./desk.js";
import { find, make } from "./dom.js";
import { count, toDocument } from "./marks.js";
import { calm, complain, note, say, working } from "./say.js";

/** @typedef {import("./photo.js").Photo} Photo */

const saveButton = find("save", HTMLButtonElement);
const saveHintsButton = find("save-hints", HTMLButtonElement);
const clearButton = find("clear-marks", HTMLButtonElement);

function follow(href, name) {
  make("a", { href, download: name }).click();
}

/** Hand a file to the person. */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  follow(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const stem = (name) => name.replace(/\.[^.]+$/, "");

/** The name that the server gave a file. */
function nameIn(answer, otherwise) {
  const given = answer.headers.get("Content-Disposition") ?? "";
  const starred = /filename\*=utf-8''([^;]+)/i.exec(given);
  if (starred) return decodeURIComponent(starred[1]);
  return /filename="([^"]+)"/.exec(given)?.[1] ?? otherwise;
}

/**
 * Save the whole picture in the original's format, with its metadata.
 * @param {Photo} photo
 */
export async function savePicture(photo) {
  saveButton.disabled = true;
  say("Coloring at full size…");
  try {
    const answer = await working(() => photo.ask("result"));
    const name = nameIn(answer, `${stem(photo.name)}.color.jpg`);
    save(await answer.blob(), name);
    calm("save");
    say(`Saved ${name}.`);
    const notes = answer.headers.get("Rechroma-Notes");
    if (notes) note(`${photo.name}: ${decodeURIComponent(notes)}`, { photo });
  } catch (error) {
    complain(error, { what: `${photo.name} is not saved`, key: "save" });
  } finally {
    saveButton.disabled = false;
  }
}

/** @typedef {(photo: Photo, progress: Photo["progress"], reason?: string) => void} Advance */

/**
 * Color photographs in full size and put them into an archive on the server.
 * @param {Photo[]} photos
 * @param {string} archive
 * @param {Advance} advance
 * @returns {Promise<number>} how many are in it.
 */
async function pack(photos, archive, advance) {
  let packed = 0;
  for (const photo of photos) {
    advance(photo, "running");
    try {
      const { notes } = await (await photo.ask("pack", { archive })).json();
      for (const text of notes) note(`${photo.name}: ${text}`, { photo });
      packed += 1;
      advance(photo, "done");
    } catch (error) {
      // The server, or the archive, is gone.
      if (!(error instanceof ApiError) || [0, 404].includes(error.status)) throw error;
      advance(photo, "failed", error.message);
    }
  }
  return packed;
}

/**
 * Color photographs in full size and save them as one ZIP, with their hints files.
 * @param {Photo[]} photos
 * @param {Advance} advance  called as each gets on; from the first again where the server lost what it had.
 * @returns {Promise<number>} how many are in it.
 */
export async function saveArchive(photos, advance) {
  for (let attempt = 1; ; attempt += 1) {
    const { id } = await (await request("POST", "api/archives")).json();
    try {
      const packed = await pack(photos, id, advance);
      if (packed) follow(linkTo(`api/archives/${id}`), "");
      return packed;
    } catch (error) {
      if (error.status !== 404 || attempt === 2) throw error;
    }
  }
}

const hintsName = (photo) => `${stem(photo.name)}.hints.json`;

function saveHints() {
  const { photo } = desk;
  const text = `${JSON.stringify(toDocument(photo.marks), null, 1)}\n`;
  save(new Blob([text], { type: "application/json" }), hintsName(photo));
  say(`Saved ${hintsName(photo)}.`);
}

const quoted = (word) => (/^[\w.,/:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/**
 * The words of the command that makes the same file, byte for byte.
 * @param {Photo} photo
 */
function commandOf(photo) {
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
  saveHintsButton.disabled = marked === 0;
  clearButton.disabled = marked === 0;
  // A word is broken over two lines only where it is longer than one; "--" stays with what follows.
  const words = commandOf(photo).map((word) => make("span", {}, word));
  find("command").replaceChildren(...words.flatMap((word) => [" ", word]).slice(1));
}

saveButton.addEventListener("click", () => savePicture(desk.photo));
saveHintsButton.addEventListener("click", saveHints);
find("copy-command").addEventListener("click", copyCommand);
on("marks options references photo", update);
