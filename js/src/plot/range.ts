// The range of a histogram: dragged across the bars, or typed. It snaps to the ends of bars when it was dragged.

import { h, setText } from "../dom.ts";
import type { Model, Plot, Source, Span } from "./bokeh.ts";
import type { Host } from "./hosts.ts";

const PAUSE_MS = 150;
const SETTLE_MS = 40;
const INSIDE = 0.85;
const OUTSIDE = 0.22;

const nearest = (edges: number[], value: number): number => {
  let best = 0;
  edges.forEach((edge, place) => {
    if (Math.abs(edge - value) < Math.abs((edges[best] ?? 0) - value)) best = place;
  });
  return best;
};

const worded = (value: number): string => String(Number(value.toPrecision(6)));

/** Connect the range tool of a plot, two fields and the host. Returns the row of fields. */
export function manageRange(plot: Plot, source: Source, span: Span, host: Host, stage: HTMLElement, signal: AbortSignal): HTMLElement {
  const left = Array.from(source.data["left"] as ArrayLike<number>);
  const right = Array.from(source.data["right"] as ArrayLike<number>);
  const counts = Array.from(source.data["count"] as ArrayLike<number>);
  const edges = [...left, right.at(-1) ?? 0];
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const overlay = [...plot.references()].map((model) => model["overlay"]).find((model) => model && "left_units" in (model as Model).properties) as Model | undefined;

  const field = (label: string): HTMLInputElement => h("input", { type: "number", step: "any", "aria-label": label });
  const [low, high] = [field("from"), field("to")];
  const all = h("button", { type: "button", hidden: true }, "All");
  const said = h("output", { "aria-live": "polite" });
  const row = h("div", { class: "controls" }, h("label", {}, "from ", low), h("label", {}, "to ", high), said, all, h("span", { class: "hint" }, "Drag across the bars to choose a range."));

  let quiet = false;
  // Whether what the kernel says is about this range, and not about the one before.
  let fresh = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const draw = (range: [number, number] | null): void => {
    const [from, to] = range ?? [first, last];
    const inside = left.map((edge, place) => (edge + (right[place] ?? edge)) / 2).map((middle) => middle >= from && middle <= to);
    source.data = { ...source.data, alpha: inside.map((yes) => (yes ? INSIDE : OUTSIDE)) as never };
    if (overlay) overlay["visible"] = range !== null;
    const { activeElement } = row.getRootNode() as ShadowRoot;
    if (activeElement !== low) low.value = worded(from);
    if (activeElement !== high) high.value = worded(to);
    all.hidden = range === null;
    const own = counts.reduce((sum, count, place) => sum + (inside[place] ? count : 0), 0);
    const exact = range === null || (edges.includes(from) && edges.includes(to));
    setText(said, (fresh && host.readout()) || `${exact ? "" : "about "}${own.toLocaleString("en")} of ${total.toLocaleString("en")}`);
  };
  const put = (range: [number, number] | null): void => {
    quiet = true;
    const [start, end] = range ?? [first, last];
    span.setv({ start, end });
    quiet = false;
    draw(range);
  };
  const choose = (range: [number, number] | null): void => {
    fresh = false;
    host.chooseRange(range);
    draw(range);
  };

  let down = false;
  const snap = (): void => {
    let [from, to] = [nearest(edges, Math.min(span.start, span.end)), nearest(edges, Math.max(span.start, span.end))];
    if (from === to) to < edges.length - 1 ? to++ : from--;
    const range: [number, number] | null = from === 0 && to === edges.length - 1 ? null : [edges[from] ?? first, edges[to] ?? last];
    put(range);
    choose(range);
  };
  const snapSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(snap, SETTLE_MS);
  };
  let dragged = false;
  span.change.connect(() => {
    if (quiet || signal.aborted) return;
    if (!down) return snapSoon(); // the plot hears of the end of a drag later than the window
    dragged = true;
    const range: [number, number] = [Math.min(span.start, span.end), Math.max(span.start, span.end)];
    fresh = false;
    draw(range);
    clearTimeout(timer);
    timer = setTimeout(() => choose(range), PAUSE_MS);
  });
  window.addEventListener("pointerdown", () => (down = true), { signal, capture: true });
  for (const name of ["pointerup", "pointercancel"]) {
    const up = (): void => {
      down = false;
      if (dragged) snapSoon();
      dragged = false;
    };
    window.addEventListener(name, up, { signal, capture: true });
  }

  const typed = (): void => {
    const range: [number, number] = [low.value === "" ? first : Number(low.value), high.value === "" ? last : Number(high.value)];
    if (!range.every(Number.isFinite) || range[0] > range[1]) return;
    const whole = range[0] <= first && range[1] >= last;
    put(whole ? null : range);
    choose(whole ? null : range);
  };
  for (const input of [low, high]) input.addEventListener("change", typed, { signal });
  all.addEventListener("click", () => (put(null), choose(null)), { signal });
  host.onChange((what) => {
    if (what === "range") put(host.range());
    if (what !== "readout") return;
    fresh = true;
    draw(host.range());
  });
  stage.addEventListener("keydown", (event) => event.key === "Escape" && host.range() && (put(null), choose(null)), { signal });
  put(host.range());
  return row;
}
