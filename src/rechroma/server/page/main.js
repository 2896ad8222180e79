// The studio: puts its parts together.

import { request, takeToken } from "./api.js";
import * as chooser from "./chooser.js";
import { desk, on, tell } from "./desk.js";
import { find } from "./dom.js";
import * as crosshair from "./crosshair.js";
import * as gestures from "./gestures.js";
import "./ideas.js";
import "./incoming.js";
import "./outgoing.js";
import { refresh } from "./pictures.js";
import "./references.js";
import { calm, trying } from "./say.js";
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
  if (!desk.photo?.facts || desk.tool === "eraser" || place.some((value) => value < 0 || value > 1)) return;
  if (desk.tool === "point") chooser.ask(place, -1);
  else chooser.askBrush({ place });
});

function title() {
  const { photo } = desk;
  find("welcome").hidden = photo !== null;
  find("desk").hidden = photo === null;
  for (const part of document.querySelectorAll("[data-needs-photo]")) part.hidden = photo === null;
  document.title = photo ? `${photo.name} – Rechroma` : "Rechroma studio";
  find("photo-name").textContent = photo?.name ?? "";
  const { width, height, format } = photo?.facts ?? {};
  const megapixels = ((width * height) / MEGAPIXEL).toFixed(1);
  find("photo-facts").textContent = format ? `${width} × ${height}, ${megapixels} MP, ${format.toUpperCase()}` : "";
}

find("alert-close").addEventListener("click", calm);
on("photo", calm);
on("photo opened", title);
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) for (const photo of desk.photos) photo.close();
});

takeToken();
title();
tell("tool");
await trying(async () => {
  desk.server = await (await request("GET", "api/server")).json();
  find("version").textContent = desk.server.version;
  tell("server");
});
