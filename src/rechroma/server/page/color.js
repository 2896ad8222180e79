// @ts-check
// A color's a*b* (D65, 2 degrees), to show it on the plane, and its plain name, to say it.

const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const root = (value) => (value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116);

/** "#rrggbb" to [L*, a*, b*]. */
export function toLab(color) {
  const [r, g, b] = [1, 3, 5].map((at) => linear(Number.parseInt(color.slice(at, at + 2), 16) / 255));
  const x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = root(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = root((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export function toHex(red, green, blue) {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** Where each name's hues end, in degrees of the a*b* plane.
 * @type {[number, string][]} */
const HUES = [
  [15, "pink"],
  [45, "red"],
  [70, "orange"],
  [105, "yellow"],
  [165, "green"],
  [225, "turquoise"],
  [290, "blue"],
  [330, "purple"],
  [361, "pink"],
];

/** A plain name: "dark red", "pale blue", "brown", "gray". */
export function nameOf(color) {
  if (color === null) return "gray";
  const [lightness, a, b] = toLab(color);
  const chroma = Math.hypot(a, b);
  if (chroma < 6) return lightness > 92 ? "white" : lightness < 12 ? "black" : "gray";
  const hue = (Math.atan2(b, a) * 180) / Math.PI;
  const turned = hue < 0 ? hue + 360 : hue;
  let name = HUES.find(([end]) => turned < end)[1];
  if (lightness < 62 && chroma < 62 && turned > 38 && turned < 95) name = "brown";
  const depth = lightness < 35 ? "dark " : lightness > 78 ? "light " : "";
  return `${chroma < 18 ? "grayish " : depth}${name}`;
}
