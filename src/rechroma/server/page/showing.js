// @ts-check
// Images of the page whose bytes come and go.

/** Per image, the address of the bytes it shows.
 * @type {Map<HTMLImageElement, string>} */
const addresses = new Map();

/**
 * Show bytes, as soon as they are decoded.
 * @param {HTMLImageElement} image
 * @param {Blob} blob
 */
export async function show(image, blob) {
  const url = URL.createObjectURL(blob);
  image.src = url;
  await image.decode().catch(() => {});
  URL.revokeObjectURL(addresses.get(image) ?? "");
  addresses.set(image, url);
  image.classList.add("there");
}

/** @param {HTMLImageElement} image */
export function hide(image) {
  image.classList.remove("there");
  image.removeAttribute("src");
}
