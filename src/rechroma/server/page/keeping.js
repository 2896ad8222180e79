// @ts-check
// What is on the desk is kept in the browser's own storage as it changes, and offered again after a reload or a crash.

import { desk, on } from "./desk.js";
import { count } from "./marks.js";
import { newest, settled } from "./newest.js";
import { newId } from "./photo.js";
import { calm, complain } from "./say.js";
import * as store from "./store.js";

/** @typedef {import("./photo.js").Photo} Photo */
/** @typedef {import("./store.js").Kept} Kept */

const KEY = "rechroma-desk";
const REST_MS = 200;
const HANDOVER_MS = 1500;

/** Photographs with news that the storage does not have yet.
 * @type {Set<Photo>} */
const waiting = new Set();
/** Photographs that it did not take.
 * @type {Set<Photo>} */
const lost = new Set();
/** Ids of the files that it has. */
const stored = new Set();
/** @type {Map<Photo, Kept>} */
const written = new Map();
/** When each photograph was in front last.
 * @type {Map<Photo, number>} */
const seen = new Map();

const lockOf = (id) => `rechroma-desk-${id}`;

/** Hold a desk as this tab's for as long as the tab lives; whether that went. Over plain HTTP there are no locks. */
async function take(id) {
  if (!navigator.locks) return true;
  return new Promise((done) => {
    // A page that is being reloaded may still hold it for a moment.
    const signal = AbortSignal.timeout(HANDOVER_MS);
    navigator.locks
      .request(lockOf(id), { signal }, () => {
        done(true);
        return new Promise(() => {});
      })
      .catch(() => done(false));
  });
}

/** This tab's desk: the same after a reload, another one in a tab that was duplicated. */
const mine = (async () => {
  const before = sessionStorage.getItem(KEY);
  if (before && (await take(before))) return before;
  const id = newId();
  sessionStorage.setItem(KEY, id);
  await take(id);
  return id;
})();

/** Say that something is not kept: until the tab is closed it is there, but no longer. */
function warn(photo, error) {
  const reason =
    error.name === "QuotaExceededError"
      ? `The browser’s storage is full, so that ${photo.name} is not kept`
      : "This browser keeps nothing here (a private window, or storage that is switched off)";
  complain(new Error(`${reason}: save your work before you close or reload this page.`), { key: "keep" });
}

/** @param {Photo} photo */
async function keep(photo) {
  const files = [photo, ...photo.references].filter(({ id }) => !stored.has(id));
  const { id, name, number: order, marks, options, references } = photo;
  const record = {
    id,
    desk: await mine,
    order,
    at: Date.now(),
    seen: seen.get(photo) ?? 0,
    removed: !desk.photos.includes(photo),
    name,
    marks,
    options,
    references: references.map((reference) => reference.id),
  };
  await store.write(record, files);
  written.set(photo, record);
  for (const file of files) stored.add(file.id);
  // From here on the original may be changed, moved, or on a card that is taken out.
  if (files.includes(photo)) photo.file = (await store.fileOf(id)) ?? photo.file;
}

const flush = newest(async () => {
  for (const photo of [...waiting]) {
    waiting.delete(photo);
    try {
      await keep(photo);
      lost.delete(photo);
    } catch (error) {
      if (!lost.size) warn(photo, error);
      lost.add(photo);
    }
  }
  if (!lost.size) calm("keep");
});
const flushSoon = settled(REST_MS, flush);

/**
 * Keep the news of photographs: on the desk, off it, or changed.
 * @param {...Photo} photos
 */
export function note(...photos) {
  for (const photo of photos) waiting.add(photo);
  if (waiting.size) flushSoon();
}

/**
 * Forget a photograph that was taken off the desk for good.
 * @param {Photo} photo
 */
export async function forget(photo) {
  waiting.delete(photo);
  lost.delete(photo);
  await flush();
  const record = written.get(photo);
  if (record) await store.remove([record]).catch(() => {});
  written.delete(photo);
}

/**
 * Take over a photograph that is kept already.
 * @param {Photo} photo
 * @param {Kept} record
 */
export function adopt(photo, record) {
  for (const id of [record.id, ...record.references]) stored.add(id);
  seen.set(photo, record.seen);
  written.set(photo, record);
  note(photo);
}

/**
 * What an earlier visit left: on this tab's desk, or on that of a tab that is gone.
 * @returns {Promise<Kept[]>}
 */
export async function leftBefore() {
  const own = await mine;
  const held = new Set((await navigator.locks?.query())?.held.map(({ name }) => name));
  const left = (await store.records()).filter((kept) => kept.desk === own || !held.has(lockOf(kept.desk)));
  const removed = left.filter((kept) => kept.removed);
  if (removed.length) await store.remove(removed);
  await store.sweep();
  return left.filter((kept) => !kept.removed).sort((one, other) => one.order - other.order);
}

on("photo", () => {
  if (!desk.photo) return;
  seen.set(desk.photo, Date.now());
  note(desk.photo);
});
on("photos", () => note(...desk.photos.filter((photo) => !written.has(photo))));
on("marks options references", () => note(desk.photo));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") flush();
});
window.addEventListener("beforeunload", (event) => {
  flush();
  if ([...lost].some((photo) => count(photo.marks))) event.preventDefault();
});
