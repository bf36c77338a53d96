// The side of the explorer: which view, and what to filter it by.

import { focusedBeside, h, on, own } from "./dom.ts";
import { active, cleared, columnOf, limited, sortOf } from "./filters.ts";
import { createFacets } from "./facets.ts";
import { createSlider } from "./histogram.ts";
import type { Session } from "./session.ts";
import { count } from "./words.ts";

const DRAG_MILLISECONDS = 90;

export function createSidebar(session: Session) {
  const nav = h("ul.views");
  const columns = h("select", { "aria-label": "Column of the range" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const facets = createFacets(session);
  const slider = createSlider((low, high, done) => ranged(low, high, done));
  on(columns, "change", () => session.change(limited(session.state, { column: columns.value, low: null, high: null })));
  const range: HTMLElement = h("section.range", {}, h("header", {}, h("h2", {}, "range of"), columns), slider.element);
  const clear: HTMLButtonElement = h("button.clear", { onclick: () => session.change(cleared(session.state)) }, "Clear all filters");
  const element: HTMLElement = h("aside.side", { "aria-label": "Views and filters" }, h("nav", { "aria-label": "Views" }, nav), range, facets.element, clear);
  session.on("views", () => drawViews());
  session.on("result", () => update());
  drawViews();
  update();

  function dispose(): void {
    clearTimeout(timer);
    facets.dispose();
  }

  function drawViews(): void {
    const { views, view } = session;
    const focused = focusedBeside(nav);
    const kept = focused instanceof HTMLElement && nav.contains(focused) ? focused.dataset["view"] : undefined;
    nav.replaceChildren(
      ...views.map(({ name, title, count: rows, missing }) =>
        h("li", {}, h(
          "button",
          { "data-view": name, "aria-current": name === view.name && "page", "aria-disabled": missing !== "" && "true", title: missing || null, onclick: () => open(name, missing) },
          own(title), rows !== null && !missing && h("span.count", {}, count(rows)),
        ))),
    );
    if (kept) [...nav.querySelectorAll("button")].find(({ dataset }) => dataset["view"] === kept)?.focus();
  }

  function open(name: string, missing: string): void {
    if (missing) session.notify({ tone: "error", message: missing });
    else session.show(name);
  }

  function update(): void {
    drawViews();
    drawRange();
    facets.update();
    clear.hidden = active(session.state) === 0;
  }

  function drawRange(): void {
    const { view, state, result } = session;
    const histogram = result.histogram;
    const column = columnOf(view, state.range?.column ?? histogram?.column ?? sortOf(state, view)?.column) ?? view.columns[0];
    range.hidden = !column;
    if (!column) return;
    const names = view.columns.map(({ name }) => name).join();
    if (columns.dataset["names"] !== names) {
      columns.dataset["names"] = names;
      columns.replaceChildren(...view.columns.map(({ name, title }) => h("option", { value: name }, title)));
    }
    columns.value = column.name;
    // One value only leaves nothing to limit.
    const spread = histogram && histogram.edges[0] !== histogram.edges[histogram.edges.length - 1];
    slider.element.hidden = !spread;
    if (spread) slider.show(column, histogram, state.range?.low ?? null, state.range?.high ?? null);
  }

  // While a handle moves the kernel is asked now and then; the trait follows when it rests.
  function ranged(low: number | null, high: number | null, done: boolean): void {
    clearTimeout(timer);
    timer = undefined;
    const next = limited(session.state, { column: columns.value, low, high });
    if (done) session.change(next);
    else timer = setTimeout(() => session.change(next, false), DRAG_MILLISECONDS);
  }

  return { element, dispose };
}

export type Sidebar = ReturnType<typeof createSidebar>;
