// Numbers and counts as people read them.

import type { Form } from "./messages.ts";

const counts = new Intl.NumberFormat("en-US");
const plain = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 5, useGrouping: false });
const UNITS = ["B", "kB", "MB", "GB", "TB"];

export const count = (value: number): string => counts.format(value);

/** "1 pair", "2,000 pairs", "1 family", "3 families". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : plural(noun)}`;
}

export function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

export function fileSize(value: number): string {
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2))} ${UNITS[unit]}`;
}

/** A value of a column, in its form. */
export function formatted(value: number, form: Form): string {
  switch (form) {
    case "similarity": return value.toFixed(4);
    case "bytes": return fileSize(value);
    case "percent": return `${Number(value.toFixed(1))} %`;
    case "whole": return count(Math.round(value));
    default: return Math.abs(value) >= 10_000 ? count(Math.round(value)) : plain.format(value);
  }
}
