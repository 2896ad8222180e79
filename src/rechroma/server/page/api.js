// The server's answers: one request function, errors as sentences that a person can read, and the token.

const KEY = "rechroma-token";

/** What the server, or the way to it, said no with. `message` is a sentence; `status` is 0 without an answer. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
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

async function once(path, how) {
  try {
    return await fetch(path, how);
  } catch {
    throw new ApiError("The server does not answer. Is “rechroma serve” still running?", 0);
  }
}

/**
 * Ask the server: an object is sent as JSON, a FormData as it is. A busy server (429, 503) is asked three times.
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

/** One file as a multipart form. */
export function form(field, ...files) {
  const data = new FormData();
  for (const file of files) data.append(field, file, file.name);
  return data;
}

/** Leave a word for the server while the page closes; nobody waits for the answer. */
export function leave(path) {
  fetch(path, { method: "DELETE", headers: headers({}), keepalive: true }).catch(() => {});
}
