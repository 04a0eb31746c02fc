/* The page's own sentences, sizes and times. */

import { fill } from "./grid_table.js";

export const data = JSON.parse(document.getElementById("capture-data").textContent);

export function words(name, named = {}) {
  return fill(data.words[name] ?? "", named).replaceAll("%%", "%");
}

/* 1234567 bytes → "1,2 MB" */
export function size(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  const [most, unit] = bytes < 1_000_000 ? [1_000, "kB"] : [1_000_000, "MB"];
  const tenths = Math.ceil((bytes / most) * 10);
  return `${(tenths / 10).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} ${unit}`;
}

export function time(iso) {
  const moment = new Date(iso);
  const parts = { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", timeZone: "Asia/Ho_Chi_Minh" };
  return Number.isNaN(moment.getTime()) ? "–" : new Intl.DateTimeFormat("vi-VN", parts).format(moment).replace("-", "/");
}

export function icon(name) {
  const usual = document.querySelector("svg.icon use").href.baseVal.split("#")[0];
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  for (const [key, value] of [["class", "icon"], ["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) {
    made.setAttribute(key, value);
  }
  use.setAttribute("href", `${usual}#${name}`);
  made.append(use);
  return made;
}

export function button(name, text, attributes = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button--touch";
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (name) made.append(icon(name));
  made.append(text);
  return made;
}
