// Words for the person: a status that screen readers read out, and errors that stay until they are put away.

const STATUS_MS = 4000;
let timer = 0;

const find = (id) => document.getElementById(id);

/** Say what happened, in passing. */
export function say(text) {
  find("status").textContent = text;
  find("status").classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => find("status").classList.remove("shown"), STATUS_MS);
}

const asSentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?”]$/.test(text) ? "" : ".");

/** Say what went wrong. */
export function complain(error) {
  find("alert-text").textContent = asSentence(error.message);
  find("alert").hidden = false;
}

export function calm() {
  find("alert").hidden = true;
}

/** Run `act`; what goes wrong is said. */
export async function trying(act) {
  try {
    return await act();
  } catch (error) {
    complain(error);
    return undefined;
  }
}

let busy = 0;

/** Show that something is under way while `act` runs. */
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
