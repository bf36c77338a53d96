// The line above the grid: what is shown, a text to filter by, the order, and the small tools.

import { focusedBeside, h, iconButton, newId, on, setText } from "./dom.ts";
import { active, MOST_TEXT, orderWords, sortOf } from "./filters.ts";
import { icon, type IconName } from "./icons.ts";
import type { Command } from "./keys.ts";
import type { Session } from "./session.ts";
import { count, plural } from "./words.ts";

const TYPING_MILLISECONDS = 160;

export function createToolbar(session: Session, run: (command: Command) => void) {
  const views = h("select", { "aria-label": "View", class: "viewselect" });
  const heading = h("h2");
  const status = h("p.status", { role: "status" });
  const sortSelect = h("select", { "aria-label": "Sort by" });
  const filterCount = h("span.dot");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tool = (title: string, key: string, name: IconName, command: Command): HTMLButtonElement =>
    iconButton(title, key, icon(name), () => run(command));
  const text: HTMLInputElement = h("input", { type: "search", placeholder: "Name or label", "aria-label": "Filter by name or label", maxlength: String(MOST_TEXT), spellcheck: "false", autocomplete: "off", oninput: () => typed(TYPING_MILLISECONDS), onsearch: () => typed(0) });
  const turnButton: HTMLButtonElement = h("button.iconbutton", { onclick: () => turn() }, icon("down"));
  const filters: HTMLButtonElement = h("button.filters", { "aria-expanded": "false", title: "Views and filters (f)", onclick: () => run("filters") }, icon("filter"), h("span.word", {}, "Filters"), filterCount);
  const details: HTMLButtonElement = tool("Details", "i", "info", "details");
  const back: HTMLButtonElement = h("button.back", { title: "Back (Backspace)", onclick: () => run("back") }, icon("left"), h("span", {}, "Back"));
  on(sortSelect, "change", () => sortBy(sortSelect.value));
  on(views, "change", () => session.show(views.value));
  const search = newId("search");
  text.id = search;
  const element: HTMLElement = h(
    "header.toolbar", {},
    h("div.titles", {}, back, views, heading, status),
    h("div.controls", {},
      filters,
      h("span.find", {}, icon("search"), text),
      h("span.sort", {}, sortSelect, turnButton)),
    h("div.tools", {}, tool("Smaller pictures", "−", "minus", "smaller"), tool("Larger pictures", "+", "plus", "larger"), details, tool("Light or dark", "t", "theme", "theme"),
        iconButton("Keyboard", "?", "?", () => run("help"))),
  );
  session.on("result", () => update());
  session.on("views", () => update());
  session.on("busy", () => drawStatus());
  session.ui.listen(() => update());
  update();

  function dispose(): void {
    clearTimeout(timer);
  }

  /** Empty the text filter; false when it was empty. */
  function clearText(): boolean {
    if (!text.value) return false;
    text.value = "";
    typed(0);
    return true;
  }

  function update(): void {
    const { view, views: known, state, ui } = session;
    const inGroup = ui.now.group !== null;
    setText(heading, inGroup ? `${view.title}: all images of ${ui.now.groupTitle}` : view.title);
    back.hidden = !inGroup;
    views.hidden = inGroup;
    views.replaceChildren(...known.filter(({ missing }) => !missing).map(({ name, title }) => {
      const option = h("option", { value: name }, title);
      option.selected = name === view.name;
      return option;
    }));
    if (focusedBeside(text) !== text) text.value = state.text;
    const sort = sortOf(state, view);
    sortSelect.replaceChildren(...view.columns.map(({ name, title }) => {
      const option = h("option", { value: name }, title);
      option.selected = name === sort?.column;
      return option;
    }));
    if (sort) {
      const words = orderWords(view, sort.column, sort.descending);
      turnButton.title = words;
      turnButton.setAttribute("aria-label", `Order: ${words}`);
      turnButton.replaceChildren(icon(sort.descending ? "down" : "up"));
    }
    for (const control of [sortSelect, turnButton, text]) control.disabled = inGroup;
    const on = active({ ...state, text: "" });
    setText(filterCount, on > 0 ? String(on) : "");
    filters.setAttribute("aria-expanded", String(!ui.now.narrow || ui.now.drawer));
    details.setAttribute("aria-pressed", String(ui.now.details));
    drawStatus();
  }

  function drawStatus(): void {
    const { view, result, ready, slow, lost, busy, ui } = session;
    const { order, total, images } = result;
    const noun = plural(view.noun);
    element.classList.toggle("busy", busy);
    if (lost) setText(status, "no kernel");
    else if (slow) setText(status, "waiting for the kernel…");
    else if (!ready) setText(status, "loading…");
    else if (ui.now.group !== null) setText(status, "");
    else setText(status, `${order.length === total ? count(total) : `${count(order.length)} of ${count(total)}`} ${total === 1 ? view.noun : noun}${view.noun === "image" ? "" : ` · ${count(images)} images`}`);
  }

  function typed(pause: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const words = text.value.slice(0, MOST_TEXT);
      if (words.trim() !== session.state.text.trim()) session.change({ ...session.state, text: words });
    }, pause);
  }

  function sortBy(column: string): void {
    const { state, view } = session;
    const own = view.sort?.column === column ? view.sort.descending : true;
    session.change({ ...state, sort: { column, descending: own } });
  }

  function turn(): void {
    const { state, view } = session;
    const sort = sortOf(state, view);
    if (sort) session.change({ ...state, sort: { column: sort.column, descending: !sort.descending } });
  }

  return { element, text, views, dispose, clearText };
}

export type Toolbar = ReturnType<typeof createToolbar>;
