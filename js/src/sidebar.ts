// The side of the explorer: which view, and what to filter it by.

import { h, setText } from "./dom.ts";
import { active, cleared, columnOf, limited, sortOf } from "./filters.ts";
import { Facets } from "./facets.ts";
import { HistogramSlider } from "./histogram.ts";
import type { Session } from "./session.ts";
import { count } from "./words.ts";

const DRAG_MILLISECONDS = 90;

export class Sidebar {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #nav = h("ul", { class: "views" });
  readonly #facets: Facets;
  readonly #slider: HistogramSlider;
  readonly #columns = h("select", { "aria-label": "Column of the range" });
  readonly #range: HTMLElement;
  readonly #clear: HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#facets = new Facets(session);
    this.#slider = new HistogramSlider((low, high, done) => this.#ranged(low, high, done));
    this.#columns.addEventListener("change", () => session.change(limited(session.state, { column: this.#columns.value, low: null, high: null })));
    this.#range = h("section", { class: "range" }, h("header", {}, h("h3", {}, "range of"), this.#columns), this.#slider.element);
    this.#clear = h("button", { type: "button", class: "clear", onclick: () => session.change(cleared(session.state)) }, "Clear all filters");
    this.element = h("aside", { class: "side", "aria-label": "Views and filters" }, h("nav", { "aria-label": "Views" }, this.#nav), this.#range, this.#facets.element, this.#clear);
    session.on("views", () => this.#drawViews());
    session.on("result", () => this.#update());
    this.#drawViews();
    this.#update();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#facets.dispose();
  }

  #drawViews(): void {
    const { views, view } = this.#session;
    const focused = (this.#nav.getRootNode() as ShadowRoot | Document).activeElement;
    const kept = focused instanceof HTMLElement && this.#nav.contains(focused) ? focused.dataset["view"] : undefined;
    this.#nav.replaceChildren(
      ...views.map(({ name, title, count: rows, missing }) =>
        h("li", {}, h(
          "button",
          { type: "button", "data-view": name, "aria-current": name === view.name && "page", "aria-disabled": missing !== "" && "true", title: missing || null, onclick: () => this.#open(name, missing) },
          h("span", {}, title), rows !== null && !missing && h("span", { class: "count" }, count(rows)),
        ))),
    );
    if (kept) [...this.#nav.querySelectorAll("button")].find(({ dataset }) => dataset["view"] === kept)?.focus();
  }

  #open(name: string, missing: string): void {
    if (missing) this.#session.notify({ tone: "error", message: missing });
    else this.#session.show(name);
  }

  #update(): void {
    this.#drawViews();
    this.#drawRange();
    this.#facets.update();
    this.#clear.hidden = active(this.#session.state) === 0;
  }

  #drawRange(): void {
    const { view, state, result } = this.#session;
    const histogram = result.histogram;
    const column = columnOf(view, state.range?.column ?? histogram?.column ?? sortOf(state, view)?.column) ?? view.columns[0];
    this.#range.hidden = !column;
    if (!column) return;
    const names = view.columns.map(({ name }) => name).join();
    if (this.#columns.dataset["names"] !== names) {
      this.#columns.dataset["names"] = names;
      this.#columns.replaceChildren(...view.columns.map(({ name, title }) => h("option", { value: name }, title)));
    }
    this.#columns.value = column.name;
    this.#slider.element.hidden = !histogram;
    if (histogram) this.#slider.show(column, histogram, state.range?.low ?? null, state.range?.high ?? null);
  }

  // While a handle moves the kernel is asked now and then; the trait follows when it rests.
  #ranged(low: number | null, high: number | null, done: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = limited(this.#session.state, { column: this.#columns.value, low, high });
    if (done) this.#session.change(next);
    else this.#timer = setTimeout(() => this.#session.change(next, false), DRAG_MILLISECONDS);
  }
}

/** A line that says how much is shown. */
export function summary(session: Session, element: HTMLElement, words: string): void {
  setText(element, words);
  element.classList.toggle("busy", session.busy);
}
