// @ts-check
// Words for the person: a status in passing, which screen readers read out, and messages that stay until they are put
// away or their reason is gone. Each message has a key; a newer one with the same key takes its place.

import { find, icon, make } from "./dom.js";

/** @typedef {{label: string, run: () => void, primary?: boolean}} Action */
/**
 * @typedef {object} About
 * @property {string} [what]  what came of it, said before the reason.
 * @property {string} [key]  what it is about; the same for messages of which only the last one counts.
 * @property {object} [photo]  shown only while this photograph is in front.
 * @property {Action[]} [actions]  buttons; each puts the message away.
 * @property {number} [seconds]  after which it goes by itself.
 * @property {() => void} [closed]  called when it went without an action: put away, or by itself.
 */

const STATUS_MS = 4000;
const ICONS = { error: "triangle-alert", note: "info" };

let timer = 0;
/** @type {Map<string, {item: HTMLElement, photo?: object}>} */
const messages = new Map();
let front = null;

/** Say what happened, in passing. */
export function say(text) {
  find("status").textContent = text;
  find("status").classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => find("status").classList.remove("shown"), STATUS_MS);
}

const ended = (text) => (/[.!?”…]$/.test(text) ? text : `${text}.`);

/**
 * @param {"error" | "note"} kind
 * @param {string} text
 * @param {About} about
 */
function put(kind, text, { key = text, photo, actions = [], seconds, closed = () => {} }) {
  calm(key);
  const away = (act) => () => {
    calm(key);
    act();
  };
  const close = { type: "button", class: "quiet", "aria-label": "Close the message", onclick: away(closed) };
  const item = make(
    "li",
    { class: kind, role: kind === "error" ? "alert" : "status", "data-key": key },
    icon(ICONS[kind]),
    make("span", {}, ended(text)),
    make(
      "div",
      { class: "acts" },
      ...actions.map(({ label, run, primary }) =>
        make("button", { type: "button", class: primary ? "primary" : null, onclick: away(run) }, label),
      ),
      make("button", close, icon("x")),
    ),
  );
  messages.set(key, { item, photo });
  if (seconds) setTimeout(() => messages.get(key)?.item === item && away(closed)(), 1000 * seconds);
  item.hidden = Boolean(photo) && photo !== front;
  find("messages").append(item);
}

/**
 * Say what went wrong.
 * @param {Error} error
 * @param {About} [about]
 */
export function complain(error, about = {}) {
  // That the server is away is one message, whatever was asked of it.
  const away = "status" in error && error.status === 0;
  if (away) put("error", error.message, { key: "server" });
  else put("error", about.what ? `${about.what}: ${error.message}` : error.message, about);
}

/**
 * Say what is good to know, or ask what to do.
 * @param {string} text
 * @param {About} [about]
 */
export function note(text, about = {}) {
  put("note", text, about);
}

/** Put a message away. */
export function calm(key) {
  messages.get(key)?.item.remove();
  messages.delete(key);
}

/** Show the messages about a photograph, and hide those about others; null: there is none. */
export function showAbout(photo) {
  front = photo;
  for (const { item, photo: its } of messages.values()) item.hidden = Boolean(its) && its !== photo;
}

/** Put all messages about a photograph away. */
export function calmAbout(photo) {
  for (const [key, { photo: its }] of [...messages]) if (its === photo) calm(key);
}

/**
 * Run `act`; what goes wrong is said.
 * @template T
 * @param {() => Promise<T>} act
 * @param {About} [about]
 * @returns {Promise<T | undefined>}
 */
export async function trying(act, about = {}) {
  try {
    return await act();
  } catch (error) {
    complain(error, about);
    return undefined;
  }
}

let busy = 0;

/**
 * Show that something is under way while `act` runs.
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function working(act) {
  busy += 1;
  document.body.classList.add("busy");
  try {
    return await act();
  } finally {
    busy -= 1;
    document.body.classList.toggle("busy", busy > 0);
  }
}
