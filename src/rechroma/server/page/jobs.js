// Jobs: many photographs colored by the server, with progress by server-sent events.

import { form, request } from "./api.js";

/** Read a stream of server-sent events; yields {event, data} as they come. */
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const of = (name) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      const data = of("data").join("\n");
      if (data) yield { event: of("event")[0] ?? "message", data: JSON.parse(data) };
    }
  }
}

/**
 * Color photographs as one job.
 * @param {File[]} files
 * @param {object} options  as for a draft; sent as form fields.
 * @param {(state: object) => void} seen  called with the job's state whenever it changes.
 * @returns the job's last state.
 */
export async function run(files, options, seen) {
  const data = form("pictures", ...files);
  for (const [name, value] of Object.entries(options)) data.append(name, String(value));
  let state = await (await request("POST", "api/jobs", data)).json();
  const { id } = state;
  try {
    for await (const { event, data: news } of events(await request("GET", `api/jobs/${id}/events`))) {
      if (event !== "progress") continue;
      state = news;
      seen(state);
    }
  } catch {
    // The stream broke off: what the job came to is asked for below.
  }
  state = await (await request("GET", `api/jobs/${id}`)).json();
  seen(state);
  return { id, ...state };
}

/** One colored file of a job. */
export const fetchFile = (id, number) => request("GET", `api/jobs/${id}/files/${number}`);
