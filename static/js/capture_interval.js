/* The verification factor of a recount and its interval (Clopper and Pearson), the same as
   inspections/rules/recounting.py: whole numbers throughout, rounded once, outwards. Pure functions, no DOM. */

const STEPS = 1_000_000;
export const LARGEST_SAMPLE = 1_000;
// (1 - 95/100) / 2
const TAIL = { numerator: 1n, denominator: 40n };

/* P(X ≤ hits) for X ~ Binomial(size, step ÷ STEPS), times STEPS to the power of size. */
function atMost(hits, size, step) {
  const failure = BigInt(STEPS - step);
  const success = BigInt(step);
  if (failure === 0n) return hits >= size ? BigInt(STEPS) ** BigInt(size) : 0n;
  let term = failure ** BigInt(size);
  let total = term;
  for (let number = 0; number < hits; number += 1) {
    term = (term * BigInt(size - number) * success) / (BigInt(number + 1) * failure);
    total += term;
  }
  return total;
}

function lower(hits, size) {
  if (hits === 0) return 0;
  const whole = BigInt(STEPS) ** BigInt(size);
  let low = 0;
  let high = STEPS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((whole - atMost(hits - 1, size, middle)) * TAIL.denominator <= TAIL.numerator * whole) low = middle;
    else high = middle;
  }
  return low;
}

/* {low, high} in millionths; null where there is none: no sample, too large a one, or more found than reported. */
export function interval(hits, size) {
  if (!(size >= 1 && size <= LARGEST_SAMPLE && hits >= 0 && hits <= size)) return null;
  return { low: lower(hits, size), high: STEPS - lower(size - hits, size) };
}

/* As cchc_portal.lib.numbers.format_rate prints it: "97,8%", "90%", "–" where undefined or above one. */
export function rate(numerator, denominator) {
  if (!denominator || numerator < 0 || numerator > denominator) return "–";
  let tenths = Math.floor((2000 * numerator + denominator) / (2 * denominator));
  if (numerator < denominator) tenths = Math.min(tenths, 999);
  if (numerator > 0) tenths = Math.max(tenths, 1);
  const whole = Math.floor(tenths / 10);
  return (numerator * 100) % denominator === 0 ? `${whole}%` : `${whole},${tenths % 10}%`;
}
