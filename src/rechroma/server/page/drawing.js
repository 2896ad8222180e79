// @ts-check
// The marks, drawn over the picture at the screen's own resolution, and the brush under the pointer.

import { desk, on } from "./desk.js";
import { find } from "./dom.js";
import { pixels, spotOf } from "./stage.js";

const PIN = 7;
/** Of a point that a proposal made: advice, not what a person chose. */
const SMALL_PIN = 3.5;
const GRAY = "#8d8d8d";

const canvas = find("marks", HTMLCanvasElement);
const ink = canvas.getContext("2d");

/** What the pointer is about to do.
 * @type {{stroke: import("./marks.js").Stroke | null, cursor: {at: import("./marks.js").Place, width: number} | null,
 *   crosshair: import("./marks.js").Place | null, chosen: number}} */
export const pending = { stroke: null, cursor: null, crosshair: null, chosen: -1 };

function fitCanvas() {
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
}

function path(places) {
  ink.beginPath();
  for (const [i, place] of places.entries())
    if (i) ink.lineTo(...spotOf(place));
    else ink.moveTo(...spotOf(place));
  if (places.length === 1) ink.lineTo(...spotOf(places[0]));
}

function line(places, width, style) {
  ink.lineWidth = width;
  ink.strokeStyle = style;
  path(places);
  ink.stroke();
}

/** A stroke that is there: a thin thread of its color between two edges, so that the picture under it stays seen. */
function thread({ places, color }) {
  line(places, 5, "rgb(0 0 0 / 45%)");
  line(places, 3.5, "rgb(255 255 255 / 90%)");
  line(places, 2, color ?? GRAY);
}

function circle([x, y], radius, fill, edge, width) {
  ink.beginPath();
  ink.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    ink.fillStyle = fill;
    ink.fill();
  }
  ink.lineWidth = width;
  ink.strokeStyle = edge;
  ink.stroke();
}

/** A point: its own size as a thin ring, and a pin that can be taken hold of. */
function pin({ x, y, color, radius = 0.01, confidence = 1 }, chosen) {
  const spot = spotOf([x, y]);
  const reach = pixels(radius);
  const size = confidence < 1 && !chosen ? SMALL_PIN : PIN;
  if (size === PIN && reach > PIN + 4) circle(spot, reach, null, "rgb(255 255 255 / 60%)", 1);
  circle(spot, size + 1.5, null, "rgb(0 0 0 / 45%)", 2);
  circle(spot, size, color ?? GRAY, "#fff", chosen ? 3.5 : size === PIN ? 2 : 1);
  if (color !== null || size < PIN) return;
  const [left, top] = [spot[0] - 3, spot[1] + 3];
  ink.lineWidth = 1.5;
  ink.beginPath();
  ink.moveTo(left, top);
  ink.lineTo(left + 6, top - 6);
  ink.stroke();
}

function cross(place) {
  const [x, y] = spotOf(place);
  const draw = (width, style) => {
    ink.lineWidth = width;
    ink.strokeStyle = style;
    ink.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      ink.moveTo(x + 5 * dx, y + 5 * dy);
      ink.lineTo(x + 16 * dx, y + 16 * dy);
    }
    ink.stroke();
  };
  draw(4, "rgb(0 0 0 / 60%)");
  draw(1.5, "#fff");
}

function draw() {
  fitCanvas();
  if (!desk.photo) return;
  ink.lineCap = "round";
  ink.lineJoin = "round";
  const { stroke, cursor, crosshair, chosen } = pending;
  if (desk.show.marks && !desk.show.before) {
    for (const stroke of desk.photo.marks.strokes) thread(stroke);
    for (const [i, point] of desk.photo.marks.points.entries()) pin(point, i === chosen);
  }
  if (stroke) {
    ink.globalAlpha = 0.75;
    line(stroke.places, pixels(stroke.width), stroke.color ?? GRAY);
    ink.globalAlpha = 1;
  }
  if (cursor) {
    const radius = Math.max(2, pixels(cursor.width) / 2);
    circle(spotOf(cursor.at), radius + 1, null, "rgb(0 0 0 / 55%)", 1);
    circle(spotOf(cursor.at), radius, null, "#fff", 1.5);
  }
  if (crosshair) cross(crosshair);
}

let asked = false;

/** Draw with the next frame. */
export function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

on("view marks photo show tool", redraw);
