// @ts-check
// The server's answers: one request function, errors as sentences that a person can read, and the token.

import { tell } from "./desk.js";
import { calm } from "./say.js";

const KEY = "rechroma-token";
const AGAIN_MS = 2000;

/** What the server, or the way to it, said no with. `message` is a sentence; `status` is 0 without an answer. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether it is about the file itself, so that asking again is of no use. */
  get isRefusal() {
    return [400, 413, 422].includes(this.status);
  }
}

/** Keep a ?token=... for this tab and take it out of the address, so that it is not passed on by copying. */
export function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

function headers(extra) {
  const token = sessionStorage.getItem(KEY);
  return token ? { ...extra, Authorization: `Bearer ${token}` } : extra;
}

/** An address for a link, which cannot send headers. */
export function linkTo(path) {
  const address = new URL(path, document.baseURI);
  const token = sessionStorage.getItem(KEY);
  if (token) address.searchParams.set("token", token);
  return address.href;
}

async function sentence(answer) {
  try {
    const body = await answer.json();
    if (typeof body.message === "string") return body.message;
  } catch {
    // Not ours: a proxy's page, or nothing.
  }
  return `The server answered ${answer.status} ${answer.statusText}.`;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

let waiting = false;

/** Ask until the server is there again. */
async function waitForServer() {
  if (waiting) return;
  waiting = true;
  for (;;) {
    await pause(AGAIN_MS);
    const answer = await fetch("healthz").catch(() => null);
    if (answer?.ok) break;
  }
  waiting = false;
  calm("server");
  tell("reconnected");
}

async function once(path, how) {
  try {
    return await fetch(path, how);
  } catch {
    // `send` looks first whether it is the file that cannot be read.
    if (!(how.body instanceof FormData)) waitForServer();
    throw new ApiError("The server does not answer. Is “rechroma serve” still running?", 0);
  }
}

/**
 * Ask the server: an object is sent as JSON, a FormData as it is. A busy server (429, 503) is asked three times.
 * @param {string} method
 * @param {string} path
 * @param {object | FormData | null} [body]
 * @returns {Promise<Response>} a good answer; anything else is an ApiError.
 */
export async function request(method, path, body = null) {
  const json = body !== null && !(body instanceof FormData);
  const how = {
    method,
    headers: headers(json ? { "Content-Type": "application/json" } : {}),
    body: json ? JSON.stringify(body) : body,
  };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(path, how);
    if (answer.ok) return answer;
    if (![429, 503].includes(answer.status) || attempt === 3)
      throw new ApiError(await sentence(answer), answer.status);
    await pause(500 * attempt);
  }
}

/** Whether a file can still be read: not moved, changed, or a folder. */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/**
 * Send a file as a multipart form.
 * @param {string} path
 * @param {File} file
 * @param {string} name
 */
export async function send(path, file, name) {
  const data = new FormData();
  // Browsers would send these three as %22, %0D and %0A, which no server can tell from the real thing.
  data.append("picture", file, name.replace(/["\r\n]/g, "_"));
  try {
    return await request("POST", path, data);
  } catch (error) {
    // A file that the browser cannot read looks like a server that does not answer.
    if (error.status !== 0) throw error;
    if (!(await isReadable(file))) throw new ApiError("it cannot be read: it is a folder, or was moved or changed", 422);
    waitForServer();
    throw error;
  }
}

/** Leave a word for the server while the page closes; nobody waits for the answer. */
export function leave(path) {
  fetch(path, { method: "DELETE", headers: headers({}), keepalive: true }).catch(() => {});
}
