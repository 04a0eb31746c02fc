/* Counts as they are typed and printed, the same as cchc_portal/lib/numbers.py. Pure functions, no DOM. */

export const MAX_COUNT = 10_000_000;
export const NA = "NA";
const NA_TYPED = "KAD";
const NONE_PRINTED = "–";
const LONGEST_TYPED = 40;

/* Code of the hint for what is no count; the page holds the words. Patterns as in `_refusal` of the Python file. */
function refusal(typed) {
  if (/^[1-9][0-9]{0,2}(,[0-9]{3})+$/.test(typed)) {
    return "comma";
  }
  if (/^[-+−–]\s*[0-9][0-9., ]*$/.test(typed)) {
    return "sign";
  }
  if (/^[0-9]+[.,][0-9]+$/.test(typed)) {
    return "fraction";
  }
  if (/^[0-9][0-9., ]*$/.test(typed)) {
    return "grouping";
  }
  return /[^\x00-\x7f]/.test(typed) && /\p{N}/u.test(typed.replace(/[\x00-\x7f]/g, "")) ? "digits" : "not_a_count";
}

/* What was typed in a cell, as {value, error}: a number, null for a blank, "NA" for KAD in any case. `error` is null or
   one of comma, sign, fraction, grouping, digits, not_a_count, leading_zero, range; then `value` is null. Accepted are
   plain digits (5441) and groups of three with dots or spaces (5.441, 5 441). */
export function parseCell(text) {
  const typed = text.replace(/[\u00a0\u202f\u2009\u2007]/g, " ").trim();
  if (typed === "") {
    return { value: null, error: null };
  }
  if (typed.toUpperCase() === NA_TYPED) {
    return { value: NA, error: null };
  }
  const plain = /^[0-9]+$/.test(typed);
  const grouped = /^[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+|(?: [0-9]{3})+)$/.test(typed);
  if (typed.length > LONGEST_TYPED || !(plain || grouped)) {
    return { value: null, error: refusal(typed.slice(0, LONGEST_TYPED)) };
  }
  if (plain && typed.length > 1 && typed[0] === "0") {
    return { value: null, error: "leading_zero" };
  }
  const value = Number(typed.replace(/[. ]/g, ""));
  return value > MAX_COUNT ? { value: null, error: "range" } : { value, error: null };
}

/* 5441 → "5.441"; null → "–"; not applicable → "KAD". */
export function formatCount(count) {
  if (count === null || count === undefined) {
    return NONE_PRINTED;
  }
  return count === NA ? NA_TYPED : String(count).replace(/\B(?=([0-9]{3})+$)/g, ".");
}
