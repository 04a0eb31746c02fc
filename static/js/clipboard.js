/* Blocks of cells as spreadsheets put them on the clipboard: text parted by tabs, and an HTML table. Pure but for the
   HTML parser. A cell read is {text} or, where a merged cell covers it, {text: "", covered: true}. */

/* Rows of cells from text/plain: quoted where a cell holds a tab, a line end or a quote; a line end at the end is none. */
export function parseText(text) {
  const rows = [[]];
  let at = 0;
  for (;;) {
    const [cell, end] = cellAt(text, at);
    rows.at(-1).push({ text: cell });
    at = end;
    if (text[at] === "\t") {
      at += 1;
      continue;
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    if (at >= text.length) return squared(rows);
    rows.push([]);
  }
}

/* The cell that begins at `from`, and where it ends. */
function cellAt(text, from) {
  const ended = (at) => at >= text.length || "\t\r\n".includes(text[at]);
  const closing = text[from] === '"' ? closingQuote(text, from + 1) : -1;
  if (closing > 0 && ended(closing + 1)) return [text.slice(from + 1, closing).replaceAll('""', '"'), closing + 1];
  let at = from;
  while (!ended(at)) at += 1;
  return [text.slice(from, at), at];
}

function closingQuote(text, from) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] !== '"') continue;
    if (text[at + 1] !== '"') return at;
    at += 1;
  }
  return -1;
}

function squared(rows) {
  const width = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array.from({ length: width - row.length }, () => ({ text: "" }))]);
}

/* The number itself where the spreadsheet says it beside what it shows (LibreOffice sdval, Excel x:num), else the text. */
function cellText(cell) {
  const exact = cell.getAttribute("sdval") ?? cell.getAttribute("x:num");
  if (exact && /^[0-9]+$/.test(exact)) return exact;
  for (const line of cell.querySelectorAll("br")) line.replaceWith("\n");
  return cell.textContent.replace(/[ \t\r\n]+/g, (blank) => (blank.includes("\n") ? "\n" : " ")).trim();
}

/* Styles are cut out before parsing: the page's policy forbids them, even in a document that is never shown. */
function withoutStyles(html) {
  return html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
}

/* Rows of cells from the one table of text/html; null where there is none or more than one. */
export function parseHtml(html) {
  const tables = new DOMParser().parseFromString(withoutStyles(html), "text/html").querySelectorAll("table");
  if (tables.length !== 1) return null;
  const rows = [...tables[0].rows].map(() => []);
  [...tables[0].rows].forEach((row, down) => {
    let across = 0;
    for (const cell of row.cells) {
      while (rows[down][across]) across += 1;
      for (let y = 0; y < Math.min(cell.rowSpan || 1, rows.length - down); y += 1) {
        for (let x = 0; x < cell.colSpan; x += 1) rows[down + y][across + x] = { text: "", covered: true };
      }
      rows[down][across] = { text: cellText(cell) };
      across += cell.colSpan;
    }
  });
  for (const row of rows) for (let at = 0; at < row.length; at += 1) row[at] ??= { text: "" };
  return rows.some((row) => row.length) ? squared(rows) : null;
}

/* The block on the clipboard: the table where there is one, because it knows merged cells and exact numbers. */
export function readClipboard(data) {
  const html = data.getData("text/html");
  return (html && parseHtml(html)) || parseText(data.getData("text/plain"));
}

function quoted(text) {
  return /[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/* Rows of texts onto the clipboard, so that Excel and LibreOffice take them as cells. */
export function writeClipboard(data, rows) {
  data.setData("text/plain", rows.map((row) => row.map(quoted).join("\t")).join("\r\n"));
  const html = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`).join("");
  data.setData("text/html", `<meta charset="utf-8"><table>${html}</table>`);
}
