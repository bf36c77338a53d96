// A histogram with two handles: the arithmetic of it; no DOM.

import type { Form } from "./messages.ts";

export interface Ends {
  low: number;
  high: number;
}

/** The share of the width, 0..1, where a value lies between the ends. */
export function shareOf(value: number, { low, high }: Ends): number {
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
}

/** The value at a share of the width, rounded to what the column's form can show. */
export function valueAt(share: number, { low, high }: Ends, form: Form): number {
  const raw = low + Math.min(1, Math.max(0, share)) * (high - low);
  if (share <= 0) return low;
  if (share >= 1) return high;
  return rounded(raw, (high - low) / 400, form);
}

/** A step of a handle by key: a hundredth of the width, at least one where numbers are whole. */
export function stepOf({ low, high }: Ends, form: Form): number {
  const step = (high - low) / 100;
  return form === "whole" || form === "bytes" ? Math.max(1, Math.round(step)) : step;
}

function rounded(value: number, grain: number, form: Form): number {
  if (form === "whole" || form === "bytes") return Math.round(value);
  if (!(grain > 0)) return value;
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(grain))));
  return Number(value.toFixed(digits));
}

/** Heights of the bars, 0..1: by the square root, so that small bars beside a tall one are still seen. */
export function heights(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts);
  return counts.map((value) => Math.sqrt(value / most));
}
