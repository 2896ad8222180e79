// @ts-check
// Making and finding elements; no style attributes and no markup from strings, as the page's policy asks.

const ICONS = new URL("vendor/lucide.svg", import.meta.url).pathname;

/**
 * Find an element of the page by its id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {{new (): T}} [kind]  what it must be, where more than any element is needed of it.
 * @returns {T}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!element || (kind && !(element instanceof kind))) throw new Error(`the page has no ${kind?.name ?? "element"} #${id}`);
  return /** @type {T} */ (element);
}

/** All elements of the page that a selector names. */
export const findAll = (selector) => /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector));

/**
 * Make an element: attributes that start with "on" listen, "color" becomes the CSS variable --color.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "color") element.style.setProperty("--color", value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** An icon of the bundled set. */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  drawing.append(use);
  return drawing;
}

/** A small round sample of a color that is a button; null is "keep gray". */
export function swatch(color, label, act, text = "") {
  const words = { type: "button", class: "swatch", title: label, "aria-label": label, onclick: act };
  if (color === null) return make("button", { ...words, class: "swatch gray" }, text);
  return make("button", { ...words, color, "data-color": color }, text);
}
