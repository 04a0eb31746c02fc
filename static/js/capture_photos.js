/* A photo on its way into the log: made smaller on the phone, hashed, previewed. */

const LONGEST_SIDE = 2560;
const QUALITY = 0.85;
const LARGEST = 15 * 1024 * 1024;

export class NoPicture extends Error {}
export class TooLarge extends Error {}

async function hash(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function smaller(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new NoPicture();
  return blob;
}

/* {sha256, blob, name, size, keep_place}. Drawn anew, the file loses the place where it was taken; with `keepPlace` the
   camera's own file goes, and the server sees to it that the place is kept apart. */
export async function prepared(file, { keepPlace = false } = {}) {
  let drawn;
  try {
    drawn = await smaller(file);
  } catch {
    throw new NoPicture(file.name);
  }
  const blob = keepPlace ? new Blob([await file.arrayBuffer()], { type: file.type }) : drawn;
  if (blob.size > LARGEST) throw new TooLarge(file.name);
  return { sha256: await hash(blob), blob, name: file.name || "photo.jpg", size: blob.size, keep_place: keepPlace };
}

/* Addresses of pictures for <img>, one a photo. What has been sent can still be seen until the page is left. */
export class Previews {
  #urls = new Map();

  add({ sha256, blob }) {
    if (!this.#urls.has(sha256)) this.#urls.set(sha256, URL.createObjectURL(blob));
  }

  url(sha256) {
    return this.#urls.get(sha256);
  }
}
