// @ts-check
// What an earlier visit left in the browser's storage: it is offered again, and goes only when a person says so.

import { desk } from "./desk.js";
import { front, listed, put } from "./incoming.js";
import { adopt, leftBefore } from "./keeping.js";
import { Photo, toReference } from "./photo.js";
import { note, trying } from "./say.js";
import * as store from "./store.js";

/** @typedef {import("./store.js").Kept} Kept */

const KEY = "before";

const many = (kept) => (kept.length === 1 ? "one photograph" : `${kept.length} photographs`);

/**
 * Make a photograph of what was kept.
 * @param {Kept} kept
 */
async function revive(kept) {
  const file = await store.fileOf(kept.id);
  if (!file) throw new Error(`${kept.name} is no longer in the browser’s storage.`);
  const photo = new Photo(file, kept.id);
  const files = await Promise.all(kept.references.map(async (id) => ({ id, file: await store.fileOf(id) })));
  const references = files.filter((each) => each.file).map((each) => toReference(each.file, each.id));
  photo.state = { marks: kept.marks, options: kept.options, references };
  adopt(photo, kept);
  return photo;
}

/** @param {Kept[]} left */
async function goOn(left) {
  const photos = [];
  for (const kept of left) {
    const photo = await trying(() => revive(kept), { key: `lost ${kept.id}` });
    if (photo) photos.push(photo);
  }
  const last = left.reduce((one, other) => (other.seen > one.seen ? other : one));
  put(photos);
  const photo = photos.find(({ id }) => id === last.id);
  if (photo && photo !== desk.photo) front(photo);
}

/**
 * Mark records as removed, or as not; they go with the next visit.
 * @param {Kept[]} kept
 */
async function rewrite(kept, removed) {
  for (const record of kept) await store.write({ ...record, removed }, []);
}

/** @param {Kept[]} left */
function discard(left) {
  const back = async () => {
    await rewrite(left, false);
    offer(left);
  };
  return trying(async () => {
    await rewrite(left, true);
    note(`Deleted ${many(left)}.`, { key: KEY, actions: [{ label: "Undo", run: () => trying(back) }] });
  });
}

function when(time) {
  const [date, now] = [new Date(time), new Date()];
  const clock = date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (date.toDateString() === now.toDateString()) return `today, ${clock}`;
  return `${date.toLocaleDateString("en", { day: "numeric", month: "long" })}, ${clock}`;
}

/** @param {Kept[]} left */
function offer(left) {
  const at = Math.max(...left.map((kept) => kept.at));
  note(`Go on with ${many(left)} from ${when(at)}: ${listed(left.map(({ name }) => name))}?`, {
    key: KEY,
    actions: [
      { label: "Go on", run: () => goOn(left), primary: true },
      { label: "Delete", run: () => discard(left) },
    ],
  });
}

/** Offer what an earlier visit left, where there is something. */
export async function offerEarlier() {
  // Where nothing can be kept, nothing can have been left; the first photograph will say so.
  const left = await leftBefore().catch(() => []);
  if (left.length) offer(left);
}
