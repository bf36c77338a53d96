// The histogram of a column, with a handle at either end of the range.

import { h, newId, s, setText } from "./dom.ts";
import type { Column, Histogram } from "./messages.ts";
import { heights, shareOf, stepOf, valueAt, type Ends } from "./ranges.ts";
import { formatted } from "./words.ts";

type Side = "low" | "high";

/** Told of a new range; null where an end is open. `done` when the user let go. */
export type Ranged = (low: number | null, high: number | null, done: boolean) => void;

const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

export class HistogramSlider {
  readonly element: HTMLElement;
  readonly #ranged: Ranged;
  readonly #bars = s("svg", { class: "bars", preserveAspectRatio: "none", "aria-hidden": "true" });
  readonly #values = h("div", { class: "ends" }, h("output"), h("output"));
  readonly #handles: Record<Side, HTMLElement>;
  readonly #track: HTMLElement;
  #ends: Ends = { low: 0, high: 1 };
  #range: Ends = { low: 0, high: 1 };
  #column: Column | null = null;
  #dragged: Side | null = null;

  constructor(ranged: Ranged) {
    this.#ranged = ranged;
    this.#handles = { low: this.#handle("low"), high: this.#handle("high") };
    this.#track = h("div", { class: "track" }, this.#bars, h("div", { class: "rail" }), this.#handles.low, this.#handles.high);
    this.element = h("div", { class: "histogram", role: "group" }, this.#track, this.#values);
    this.#track.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#track.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"] as const) this.#track.addEventListener(end, () => this.#drop());
  }

  /** Show a histogram and the range that is set; ends that are null are open. */
  show(column: Column, { edges, counts, inside }: Histogram, low: number | null, high: number | null): void {
    this.#column = column;
    this.element.setAttribute("aria-label", `Range of ${column.title}`);
    const first = edges[0] ?? 0, last = edges[edges.length - 1] ?? 1;
    this.#ends = { low: first, high: last };
    if (!this.#dragged) this.#range = { low: low ?? first, high: high ?? last };
    const tall = heights(counts);
    const most = Math.max(1, ...counts);
    this.#bars.setAttribute("viewBox", `0 0 ${counts.length} 1`);
    this.#bars.replaceChildren(
      ...tall.map((height, at) => s("rect", { class: "all", x: at + 0.06, width: 0.88, y: 1 - height, height })),
      ...inside.map((value, at) => {
        const height = Math.sqrt(value / most);
        return s("rect", { class: "inside", x: at + 0.06, width: 0.88, y: 1 - height, height });
      }),
    );
    this.#place();
  }

  #handle(side: Side): HTMLElement {
    return h("div", {
      class: "handle", role: "slider", tabindex: "0", id: newId(side), "data-side": side,
      onkeydown: ((event: KeyboardEvent) => this.#key(event, side)) as EventListener,
    });
  }

  #place(): void {
    if (!this.#column) return;
    const { form, title } = this.#column;
    for (const side of ["low", "high"] as const) {
      const handle = this.#handles[side];
      handle.style.left = `${100 * shareOf(this.#range[side], this.#ends)}%`;
      handle.setAttribute("aria-label", `${side === "low" ? "Least" : "Most"} ${title}`);
      handle.setAttribute("aria-valuemin", String(this.#ends.low));
      handle.setAttribute("aria-valuemax", String(this.#ends.high));
      handle.setAttribute("aria-valuenow", String(this.#range[side]));
      handle.setAttribute("aria-valuetext", formatted(this.#range[side], form));
    }
    this.#track.style.setProperty("--from", String(shareOf(this.#range.low, this.#ends)));
    this.#track.style.setProperty("--to", String(shareOf(this.#range.high, this.#ends)));
    setText(this.#values.children[0] as Element, formatted(this.#range.low, form));
    setText(this.#values.children[1] as Element, formatted(this.#range.high, form));
  }

  #move(side: Side, value: number, done: boolean): void {
    const { low, high } = this.#ends;
    const inside = Math.min(high, Math.max(low, value));
    this.#range = side === "low" ? { low: Math.min(inside, this.#range.high), high: this.#range.high } : { low: this.#range.low, high: Math.max(inside, this.#range.low) };
    this.#place();
    this.#tell(done);
  }

  #tell(done: boolean): void {
    const { low, high } = this.#range;
    this.#ranged(low <= this.#ends.low ? null : low, high >= this.#ends.high ? null : high, done);
  }

  #at(event: PointerEvent): number {
    const { left, width } = this.#track.getBoundingClientRect();
    return valueAt((event.clientX - left) / width, this.#ends, this.#column?.form ?? "number");
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#track.setPointerCapture(event.pointerId);
    const value = this.#at(event);
    const { low, high } = this.#range;
    const nearest = Math.abs(value - low) < Math.abs(value - high) || (low === high && value < low) ? "low" : "high";
    this.#dragged = (event.target as HTMLElement).dataset["side"] as Side | undefined ?? nearest;
    this.#handles[this.#dragged].focus();
    if (!(event.target as HTMLElement).dataset["side"]) this.#move(this.#dragged, value, false);
  }

  #drag(event: PointerEvent): void {
    if (this.#dragged) this.#move(this.#dragged, this.#at(event), false);
  }

  #drop(): void {
    if (!this.#dragged) return;
    this.#dragged = null;
    this.#tell(true);
  }

  #key(event: KeyboardEvent, side: Side): void {
    const steps = KEYS[event.key];
    if (steps === undefined || !this.#column || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = stepOf(this.#ends, this.#column.form);
    const value = Number.isFinite(steps) ? this.#range[side] + steps * step : steps < 0 ? this.#ends.low : this.#ends.high;
    this.#move(side, this.#column.form === "whole" || this.#column.form === "bytes" ? Math.round(value) : value, true);
  }
}
