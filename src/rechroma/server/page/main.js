// @ts-check
// The studio: puts its parts together.

import { request, takeToken } from "./api.js";
import * as chooser from "./chooser.js";
import { desk, on, tell } from "./desk.js";
import { offerEarlier } from "./earlier.js";
import { find, findAll } from "./dom.js";
import * as crosshair from "./crosshair.js";
import * as gestures from "./gestures.js";
import "./incoming.js";
import "./outgoing.js";
import { refresh } from "./pictures.js";
import "./proposals.js";
import "./references.js";
import { showAbout, trying } from "./say.js";
import "./settings.js";
import "./shortcuts.js";
import { placeOf } from "./stage.js";
import "./strip.js";
import "./toolbox.js";

const MEGAPIXEL = 1e6;

gestures.listen({ sketch: (marks) => refresh(marks ?? desk.photo.marks), click: chooser.ask });
crosshair.listen(chooser.ask);

find("marks").addEventListener("contextmenu", (event) => {
  event.preventDefault();
  gestures.giveUp();
  const place = placeOf(event);
  if (!desk.photo?.isOpen || desk.tool === "eraser" || place.some((value) => value < 0 || value > 1)) return;
  if (desk.tool === "point") chooser.ask(place, -1);
  else chooser.askBrush(place);
});

function factsOf(photo) {
  if (!photo?.facts?.format) return "";
  const { width, height, format } = photo.facts;
  return `${width} × ${height}, ${((width * height) / MEGAPIXEL).toFixed(1)} MP, ${format.toUpperCase()}`;
}

/** Words at the top, and which parts can be used: where nothing is open there is nothing to work on. */
function title() {
  const { photo } = desk;
  find("welcome").hidden = photo !== null;
  find("desk").hidden = photo === null;
  for (const part of findAll("[data-needs-photo]")) part.hidden = photo === null;
  for (const part of findAll("[data-needs-open]")) part.inert = !photo?.isOpen;
  find(photo ? "messages-over-picture" : "messages-over-welcome").append(find("messages"));
  document.title = photo ? `${photo.name} – Rechroma` : "Rechroma studio";
  find("photo-name").textContent = photo?.name ?? "";
  find("photo-facts").textContent = factsOf(photo);
}

on("photo", () => showAbout(desk.photo));
on("photo opened", title);

// Over a network the page comes from another computer, and the photographs go there.
if (!["localhost", "127.0.0.1", "[::1]"].includes(location.hostname))
  find("stays").textContent = `Your photographs go to ${location.hostname} and nowhere else.`;
takeToken();
title();
tell("tool");
await trying(async () => {
  desk.server = await (await request("GET", "api/server")).json();
  find("version").textContent = desk.server.version;
  tell("server");
});
offerEarlier();
