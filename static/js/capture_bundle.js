/* Everything unsent in one file: a ZIP without compression that any computer opens, with operations.json and the photos
   under their hashes. It can be handed in on the visit's page from another device. */

import { asSent } from "./capture_log.js";

const CRC = Uint32Array.from({ length: 256 }, (_, start) => {
  let code = start;
  for (let bit = 0; bit < 8; bit += 1) code = code & 1 ? (code >>> 1) ^ 0xedb88320 : code >>> 1;
  return code >>> 0;
});
// Midnight of 1 January 1980, the first day ZIP knows: the file says itself when it was made.
const DAY = 0x21;
const UTF8_NAMES = 0x800;

function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = CRC[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function numbers(...pairs) {
  const view = new DataView(new ArrayBuffer(pairs.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of pairs) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return view.buffer;
}

/* files: [{name, bytes: Uint8Array}] → Blob */
export function zipped(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const title = new TextEncoder().encode(name);
    const common = [[2, 20], [2, UTF8_NAMES], [2, 0], [2, 0], [2, DAY], [4, checksum(bytes)], [4, bytes.length],
      [4, bytes.length], [2, title.length], [2, 0]];
    parts.push(numbers([4, 0x04034b50], ...common), title, bytes);
    directory.push(numbers([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), title);
    at += 30 + title.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, at], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/* The file of a log, whatever is stored and whatever is in memory, refused operations included. */
export async function bundled(log, now = new Date()) {
  // What goes into the file never changes again: handed in and sent, it must be the same.
  await log.take(Infinity);
  const operations = await log.unsent();
  const files = [];
  for (const { sha256, blob } of await log.photos()) {
    files.push({ name: `photos/${sha256}.jpg`, bytes: new Uint8Array(await blob.arrayBuffer()) });
  }
  const { person, visit, device } = log;
  const told = operations.map((one) => ({ ...asSent(one), ...(one.refused ? { refused: one.refused } : {}) }));
  const list = { format: "cchc-capture", version: 1, person, visit, device, made_at: now.toISOString(), operations: told };
  files.unshift({ name: "operations.json", bytes: new TextEncoder().encode(JSON.stringify(list, null, 1)) });
  return zipped(files);
}

export function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
