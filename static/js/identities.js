/* The identities R1–R10 in the browser: the same table as dossiers/rules/identities.py, evaluated in the same way.
   Pure functions, no DOM. `table` is what `rules.as_json()` gives; `cells` maps names to a number, null (blank: not
   known) or "NA" (not applicable: 0 in a sum); what is missing is blank. */

export const NA = "NA";

function isCount(value, table) {
  return Number.isInteger(value) && value >= 0 && value <= table.maximum;
}

function isCell(name, value, table) {
  return value === null || isCount(value, table) || (value === NA && table.typed.includes(name));
}

function cellOf(cells, name) {
  return cells[name] ?? null;
}

function sum(numbers) {
  return numbers.includes(null) ? null : numbers.reduce((total, number) => total + number, 0);
}

function derivedOf(table, name) {
  return table.derived.find((derived) => derived.name === name);
}

/* The figure `name` for reckoning, or null where it is not known. A derived figure is the sum of its parts, else the
   stated one; in a published row the stated one stands first. */
export function number(table, cells, name, published = false) {
  const derived = derivedOf(table, name);
  if (!derived) {
    const value = cellOf(cells, name);
    if (value === NA) {
      return table.typed.includes(name) ? 0 : null;
    }
    return isCount(value, table) ? value : null;
  }
  const computed = sum(derived.parts.map((part) => number(table, cells, part)));
  const stated = number(table, cells, derived.stated);
  return published ? stated ?? computed : computed ?? stated;
}

/* The cells that the value of `name` stands on: itself, its parts, or the stated total. */
function sources(table, cells, name, published) {
  const derived = derivedOf(table, name);
  if (!derived) {
    return [name];
  }
  const stated = number(table, cells, derived.stated) !== null;
  const computed = sum(derived.parts.map((part) => number(table, cells, part))) !== null;
  return stated && (published || !computed) ? [derived.stated] : derived.parts;
}

function inFormOrder(table, names) {
  return table.cells.filter((name) => names.has(name));
}

function breachOf(table, identity, cells, published, context) {
  const read = (name) => (table.context.includes(name) ? context[name] ?? null : number(table, cells, name, published));
  if (identity.unless_known && read(identity.unless_known) !== null) {
    return null;
  }
  let { parts, relation } = identity;
  if (identity.may_be_blank && read(identity.may_be_blank) === null) {
    parts = parts.filter((part) => part !== identity.may_be_blank);
    relation = "at_most";
  }
  const total = read(identity.total);
  const added = sum(parts.map(read));
  if (total === null || added === null) {
    return null;
  }
  const gap = total - added;
  if (gap === 0 || (relation === "at_most" && gap > 0)) {
    return null;
  }
  const named = [identity.total, ...parts].filter((name) => !table.context.includes(name));
  return {
    code: identity.code,
    key: identity.key,
    severity: published ? "show" : identity.severity,
    gap,
    cells: inFormOrder(table, new Set(named.flatMap((name) => sources(table, cells, name, published)))),
    params: { total, parts: added, gap, excess: Math.abs(gap) },
  };
}

/* Every identity that the cells of a line break, in the order of the table. `context` may hold `previous_pending` and
   `late_reasons`; null: not checked. */
export function check(table, cells, { published = false, ...context } = {}) {
  const breaches = [];
  for (const identity of table.identities) {
    if (identity.relation === "range") {
      for (const name of table.cells) {
        if (!isCell(name, cellOf(cells, name), table)) {
          const { code, key, severity } = identity;
          breaches.push({ code, key, severity, gap: null, cells: [name], params: { maximum: table.maximum } });
        }
      }
    } else if (identity.relation !== "computed") {
      const breach = breachOf(table, identity, cells, published, context);
      if (breach) {
        breaches.push(breach);
      }
    }
  }
  return breaches;
}

/* The changes of one cell each that mend `breach`, as [cell, value], best first: fewest breaches left, then the form's
   order. A blank or not applicable cell is never filled. */
export function repairs(table, cells, breach, options = {}) {
  if (breach.gap === null) {
    return [];
  }
  const found = [];
  for (const cell of breach.cells) {
    const old = cellOf(cells, cell);
    for (const value of isCount(old, table) ? [old + breach.gap, old - breach.gap] : []) {
      if (isCount(value, table)) {
        const left = check(table, { ...cells, [cell]: value }, options);
        if (left.every((other) => other.key !== breach.key)) {
          found.push({ left: left.length, cell, value });
        }
      }
    }
  }
  const order = (one) => table.cells.indexOf(one.cell);
  found.sort((a, b) => a.left - b.left || order(a) - order(b) || a.value - b.value);
  return found.map(({ cell, value }) => [cell, value]);
}
