// The histogram of a column, with a handle at either end of the range.

import { h, newId, on, s, setText } from "./dom.ts";
import type { Column, Histogram } from "./messages.ts";
import { heights, shareOf, stepOf, valueAt, type Ends } from "./ranges.ts";
import { formatted } from "./words.ts";

type Side = "low" | "high";

/** Told of a new range; null where an end is open. `done` when the user let go. */
export type Ranged = (low: number | null, high: number | null, done: boolean) => void;

const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

export function createSlider(ranged: Ranged) {
  const bars = s("svg", { class: "bars", preserveAspectRatio: "none", "aria-hidden": "true" });
  const values = h("div.ends", {}, h("output"), h("output"));
  let ends: Ends = { low: 0, high: 1 };
  let range: Ends = { low: 0, high: 1 };
  let shownColumn: Column | null = null;
  let dragged: Side | null = null;
  const handles: Record<Side, HTMLElement> = { low: makeHandle("low"), high: makeHandle("high") };
  const track: HTMLElement = h("div.track", {}, bars, h("div.rail"), handles.low, handles.high);
  const element: HTMLElement = h("div.histogram", { role: "group" }, track, values);
  on(track, "pointerdown", (event) => grab(event));
  on(track, "pointermove", (event) => drag(event));
  for (const end of ["pointerup", "pointercancel"] as const) on(track, end, () => drop());

  /** Show a histogram and the range that is set; ends that are null are open. */
  function show(column: Column, { edges, counts, inside }: Histogram, low: number | null, high: number | null): void {
    shownColumn = column;
    element.setAttribute("aria-label", `Range of ${column.title}`);
    const first = edges[0] ?? 0, last = edges[edges.length - 1] ?? 1;
    ends = { low: first, high: last };
    if (!dragged) range = { low: low ?? first, high: high ?? last };
    const tall = heights(counts);
    const most = Math.max(1, ...counts);
    bars.setAttribute("viewBox", `0 0 ${counts.length} 1`);
    bars.replaceChildren(
      ...tall.map((height, at) => s("rect", { class: "all", x: at + 0.06, width: 0.88, y: 1 - height, height })),
      ...inside.map((value, at) => {
        const height = Math.sqrt(value / most);
        return s("rect", { class: "inside", x: at + 0.06, width: 0.88, y: 1 - height, height });
      }),
    );
    place();
  }

  function makeHandle(side: Side): HTMLElement {
    return h("div", {
      class: "handle", role: "slider", tabindex: "0", id: newId(side), "data-side": side,
      onkeydown: ((event: KeyboardEvent) => key(event, side)) as EventListener,
    });
  }

  function place(): void {
    if (!shownColumn) return;
    const { form, title } = shownColumn;
    for (const side of ["low", "high"] as const) {
      const handle = handles[side];
      handle.style.left = `${100 * shareOf(range[side], ends)}%`;
      handle.setAttribute("aria-label", `${side === "low" ? "Least" : "Most"} ${title}`);
      handle.setAttribute("aria-valuemin", String(ends.low));
      handle.setAttribute("aria-valuemax", String(ends.high));
      handle.setAttribute("aria-valuenow", String(range[side]));
      handle.setAttribute("aria-valuetext", formatted(range[side], form));
    }
    track.style.setProperty("--from", String(shareOf(range.low, ends)));
    track.style.setProperty("--to", String(shareOf(range.high, ends)));
    setText(values.children[0] as Element, formatted(range.low, form));
    setText(values.children[1] as Element, formatted(range.high, form));
  }

  function move(side: Side, value: number, done: boolean): void {
    const { low, high } = ends;
    const inside = Math.min(high, Math.max(low, value));
    range = side === "low" ? { low: Math.min(inside, range.high), high: range.high } : { low: range.low, high: Math.max(inside, range.low) };
    place();
    tell(done);
  }

  function tell(done: boolean): void {
    const { low, high } = range;
    ranged(low <= ends.low ? null : low, high >= ends.high ? null : high, done);
  }

  function valueUnder(event: PointerEvent): number {
    const { left, width } = track.getBoundingClientRect();
    return valueAt((event.clientX - left) / width, ends, shownColumn?.form ?? "number");
  }

  function grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    track.setPointerCapture(event.pointerId);
    const value = valueUnder(event);
    const { low, high } = range;
    const nearest = Math.abs(value - low) < Math.abs(value - high) || (low === high && value < low) ? "low" : "high";
    dragged = (event.target as HTMLElement).dataset["side"] as Side | undefined ?? nearest;
    handles[dragged].focus();
    if (!(event.target as HTMLElement).dataset["side"]) move(dragged, value, false);
  }

  function drag(event: PointerEvent): void {
    if (dragged) move(dragged, valueUnder(event), false);
  }

  function drop(): void {
    if (!dragged) return;
    dragged = null;
    tell(true);
  }

  function key(event: KeyboardEvent, side: Side): void {
    const steps = KEYS[event.key];
    if (steps === undefined || !shownColumn || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = stepOf(ends, shownColumn.form);
    const value = Number.isFinite(steps) ? range[side] + steps * step : steps < 0 ? ends.low : ends.high;
    move(side, shownColumn.form === "whole" || shownColumn.form === "bytes" ? Math.round(value) : value, true);
  }

  return { element, show };
}

export type HistogramSlider = ReturnType<typeof createSlider>;
