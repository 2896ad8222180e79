// What is on the desk, and who wants to know when it changes.

/** Kinds of news: "photos" (the list), "photo" (another one in front), "marks", "options", "references",
 * "tool" (tool, color or size), "view" (zoom, pan, divider), "show" (what is laid over), "drawn" (a new preview). */
const listeners = new Map();

export const desk = {
  /** @type {import("./photo.js").Photo[]} */
  photos: [],
  /** @type {import("./photo.js").Photo | null} */
  photo: null,
  /** "point", "brush", "gray" or "eraser". */
  tool: "point",
  color: "#b0653a",
  /** Widths as shares of the longer side. */
  sizes: { brush: 0.025, gray: 0.025, eraser: 0.03 },
  radius: 0.012,
  show: { marks: true, doubt: false, before: false },
  /** What GET api/server said. */
  server: { models: [], limits: {} },
};

export function on(kinds, act) {
  for (const kind of kinds.split(" ")) listeners.set(kind, [...(listeners.get(kind) ?? []), act]);
}

export function tell(kind) {
  for (const act of listeners.get(kind) ?? []) act();
}

/** Change marks, options or both of the photograph in front, as one step that can be undone. */
export function change({ marks, options }) {
  const { photo } = desk;
  photo.history.keep({ marks: photo.marks, options: photo.options });
  put({ marks: marks ?? photo.marks, options: options ?? photo.options });
}

/** Put a state in place without a step of history: undo, redo, and sliders on the move. */
export function put({ marks, options }) {
  const { photo } = desk;
  const [newMarks, newOptions] = [marks !== photo.marks, options !== photo.options];
  photo.marks = marks;
  photo.options = options;
  if (newMarks) {
    photo.unsaved = true;
    tell("marks");
  }
  if (newOptions) tell("options");
}

export function undo() {
  step("undo");
}

export function redo() {
  step("redo");
}

function step(way) {
  const { photo } = desk;
  const state = photo?.history[way]({ marks: photo.marks, options: photo.options });
  if (state) put(state);
}
