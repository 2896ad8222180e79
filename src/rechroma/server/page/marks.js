// @ts-check
// What a person marked on a picture: the hints file's document, never changed, only replaced.
// Places are 0 to 1 of width and height; radii and widths are shares of the longer side.

/** @typedef {[number, number]} Place */
/** @typedef {{x: number, y: number, color: string | null, radius?: number, confidence?: number}} Point */
/** @typedef {{places: Place[], color: string | null, width?: number}} Stroke  color null keeps gray */
/** @typedef {{points: readonly Point[], strokes: readonly Stroke[], layers: readonly string[], palette: readonly string[]}} Marks */

const DIGITS = 5;
const PALETTE = 12;

/** @type {Marks} */
export const NOTHING = Object.freeze({ points: [], strokes: [], layers: [], palette: [] });

const round = (value) => Number(value.toFixed(DIGITS));
const inside = (value) => round(Math.min(1, Math.max(0, value)));
/** @returns {Place} */
const place = ([x, y]) => [inside(x), inside(y)];

/** Number of marks that color something.
 * @param {Marks} marks */
export const count = (marks) => marks.points.length + marks.strokes.length + marks.layers.length;

/** The document as the server and the hints file want it. */
export const toDocument = (marks) => ({ rechroma_hints: 1, ...marks });

/** Read a hints file's text. Throws an Error with a sentence; the server checks the rest.
 * @returns {Marks} */
export function fromText(text) {
  let read;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error("This is not a hints file: it is not JSON.");
  }
  if (read?.rechroma_hints !== 1)
    throw new Error("This is not a hints file of version 1: “rechroma_hints” is not 1.");
  const { points = [], strokes = [], layers = [], palette = [] } = read;
  if (![points, strokes, layers, palette].every(Array.isArray))
    throw new Error("This hints file is damaged: points, strokes, layers and palette must be lists.");
  return { points, strokes, layers, palette };
}

/** Differences in x and y as shares of the longer side of a picture of that [width, height]. */
function apart([x, y], [u, v], [width, height]) {
  const longer = Math.max(width, height);
  return [((u - x) * width) / longer, ((v - y) * height) / longer];
}

/** How far `spot` is from the line a–b, in shares of the longer side. */
function distance(spot, a, b, size) {
  const [dx, dy] = apart(a, b, size);
  const [px, py] = apart(a, spot, size);
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
  return Math.hypot(px - along * dx, py - along * dy);
}

/** How far `spot` is from a line of places. */
function fromLine(spot, places, size) {
  let least = distance(spot, places[0], places[0], size);
  for (let i = 1; i < places.length; i += 1)
    least = Math.min(least, distance(spot, places[i - 1], places[i], size));
  return least;
}

/** On which side of a–b a place lies: above 0 for one, below 0 for the other. */
const side = ([x, y], [u, v], [p, q]) => (u - x) * (q - y) - (v - y) * (p - x);

/** Whether the lines a–b and c–d cross. */
const cross = (a, b, c, d) => side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;

/** Whether two lines of places come as close as `reach` anywhere. */
function near(one, other, reach, size) {
  return (
    one.some((spot) => fromLine(spot, other, size) <= reach) ||
    other.some((spot) => fromLine(spot, one, size) <= reach) ||
    one.some((spot, i) => i && other.some((end, j) => j && cross(one[i - 1], spot, other[j - 1], end)))
  );
}

/** Ramer, Douglas and Peucker: leave out places that lie on the line anyway. */
function simplified(places, tolerance, size) {
  if (places.length < 3) return places;
  const [first, last] = [places[0], places.at(-1)];
  let [farthest, at] = [0, 0];
  for (let i = 1; i < places.length - 1; i += 1) {
    const off = distance(places[i], first, last, size);
    if (off > farthest) [farthest, at] = [off, i];
  }
  if (farthest <= tolerance) return [first, last];
  const head = simplified(places.slice(0, at + 1), tolerance, size);
  return [...head.slice(0, -1), ...simplified(places.slice(at), tolerance, size)];
}

/**
 * Put a color first in the palette.
 * @param {Marks} marks
 * @param {string | null} color
 * @returns {Marks}
 */
export function remembering(marks, color) {
  if (color === null) return marks;
  const palette = [color, ...marks.palette.filter((known) => known !== color)].slice(0, PALETTE);
  return { ...marks, palette };
}

/** @returns {Marks} */
export function withPoint(marks, { x, y, color, radius }) {
  const point = { x: inside(x), y: inside(y), color, radius: round(radius) };
  return remembering({ ...marks, points: [...marks.points, point] }, color);
}

/** @returns {Marks} */
export function withPointChanged(marks, number, change) {
  // What a person changed is certain, also where it came from a proposal.
  const changedPoint = ({ confidence: _, ...point }) => ({ ...point, ...change });
  const points = marks.points.map((point, i) => (i === number ? changedPoint(point) : point));
  if (change.x !== undefined) [points[number].x, points[number].y] = place([change.x, change.y]);
  const changed = { ...marks, points };
  return change.color ? remembering(changed, change.color) : changed;
}

export const withoutPoint = (marks, number) => ({
  ...marks,
  points: marks.points.filter((_, i) => i !== number),
});

/** Add a stroke. Points lie above strokes, so those that it is painted over give way.
 * @returns {Marks} */
export function withStroke(marks, { places, color, width }, size) {
  const line = simplified(places.map(place), width / 20, size);
  const points = marks.points.filter(({ x, y }) => fromLine([x, y], line, size) > width / 2);
  const strokes = [...marks.strokes, { color, width: round(width), places: line }];
  return remembering({ ...marks, points, strokes }, color);
}

/** Take away every mark that an eraser of that width touches along its places.
 * @returns {Marks} */
export function erased(marks, places, width, size) {
  const points = marks.points.filter(
    ({ x, y, radius = 0.01 }) => fromLine([x, y], places, size) > radius + width / 2,
  );
  const strokes = marks.strokes.filter(
    (stroke) => !near(places, stroke.places, ((stroke.width ?? 0.02) + width) / 2, size),
  );
  return { ...marks, points, strokes };
}

/** Number of the uppermost point within `reach` of a place, or -1. */
export function pointAt(marks, spot, reach, size) {
  return marks.points.findLastIndex(
    ({ x, y, radius = 0.01 }) => distance(spot, [x, y], [x, y], size) <= Math.max(reach, radius),
  );
}
