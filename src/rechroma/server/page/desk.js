// @ts-check
// What is on the desk, and who wants to know when it changes.

/** @typedef {import("./photo.js").Photo} Photo */
/** @typedef {import("./photo.js").State} State */
/** @typedef {"point" | "brush" | "gray" | "eraser"} Tool */

/** Kinds of news: "photos" (the list), "photo" (another one in front), "marks", "options", "references",
 * "opened" (what the server says of the one in front), "tool" (tool, color or size), "view" (zoom, pan, divider),
 * "show" (what is laid over), "drawn" (a new preview), "server" (what it offers), "reconnected" (it answers again).
 * @type {Map<string, (() => void)[]>} */
const listeners = new Map();

export const desk = {
  /** @type {Photo[]} */
  photos: [],
  /** @type {Photo | null} */
  photo: null,
  /** @type {Tool} */
  tool: "point",
  color: "#b0653a",
  /** Widths as shares of the longer side.
   * @type {Partial<Record<Tool, number>>} */
  sizes: { brush: 0.025, gray: 0.025, eraser: 0.03 },
  radius: 0.012,
  /** L* of the place that was asked about last. */
  lightness: 60,
  /** @type {Record<string, boolean>} */
  show: { marks: true, uncertainty: false, before: false },
  /** What GET api/server answered.
   * @type {{version?: string, models: any[], limits: {bytes?: number}}} */
  server: { models: [], limits: {} },
};

/** Call `act` at news of these kinds. */
export function on(kinds, act) {
  for (const kind of kinds.split(" ")) listeners.set(kind, [...(listeners.get(kind) ?? []), act]);
}

export function tell(kind) {
  for (const act of listeners.get(kind) ?? []) act();
}

/**
 * Change something about the photograph in front, as one step that can be undone.
 * @param {Partial<State>} part
 */
export function change(part) {
  const { photo } = desk;
  photo.history.keep(photo.state);
  put({ ...photo.state, ...part });
}

/**
 * Put a state in place without a step of history: undo, redo, and sliders on the move.
 * @param {State} state
 */
export function put(state) {
  const { photo } = desk;
  const before = photo.state;
  photo.state = state;
  for (const kind of /** @type {const} */ (["marks", "options", "references"]))
    if (state[kind] !== before[kind]) tell(kind);
}

export function undo() {
  step("undo");
}

export function redo() {
  step("redo");
}

/** @param {"undo" | "redo"} way */
function step(way) {
  const state = desk.photo?.history[way](desk.photo.state);
  if (state) put(state);
}
