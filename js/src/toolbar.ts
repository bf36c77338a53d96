// The line above the grid: what is shown, a text to filter by, the order, and the small tools.

import { h, newId, setText } from "./dom.ts";
import { active, MOST_TEXT, orderWords, sortOf } from "./filters.ts";
import { icon, type IconName } from "./icons.ts";
import type { Command } from "./keys.ts";
import type { Session } from "./session.ts";
import { count, plural } from "./words.ts";

const TYPING_MILLISECONDS = 160;

export class Toolbar {
  readonly element: HTMLElement;
  readonly text: HTMLInputElement;
  readonly views = h("select", { "aria-label": "View", class: "viewselect" });
  readonly #session: Session;
  readonly #back: HTMLButtonElement;
  readonly #heading = h("h2", {});
  readonly #status = h("p", { class: "status", role: "status" });
  readonly #sort = h("select", { "aria-label": "Sort by" });
  readonly #direction: HTMLButtonElement;
  readonly #filters: HTMLButtonElement;
  readonly #filterCount = h("span", { class: "dot" });
  readonly #details: HTMLButtonElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, run: (command: Command) => void) {
    this.#session = session;
    const tool = (title: string, key: string, name: IconName, command: Command): HTMLButtonElement =>
      h("button", { type: "button", class: "iconbutton", title: `${title} (${key})`, "aria-label": title, onclick: () => run(command) }, icon(name));
    this.text = h("input", { type: "search", placeholder: "Name or label", "aria-label": "Filter by name or label", maxlength: String(MOST_TEXT), spellcheck: "false", autocomplete: "off", oninput: () => this.#typed(TYPING_MILLISECONDS), onsearch: () => this.#typed(0) });
    this.#direction = h("button", { type: "button", class: "iconbutton", onclick: () => this.#turn() }, icon("down"));
    this.#filters = h("button", { type: "button", class: "filters", "aria-expanded": "false", title: "Views and filters (f)", onclick: () => run("filters") }, icon("filter"), h("span", { class: "word" }, "Filters"), this.#filterCount);
    this.#details = tool("Details", "i", "info", "details");
    this.#back = h("button", { type: "button", class: "back", title: "Back (Backspace)", onclick: () => run("back") }, icon("left"), h("span", {}, "Back"));
    this.#sort.addEventListener("change", () => this.#sortBy(this.#sort.value));
    this.views.addEventListener("change", () => session.show(this.views.value));
    const search = newId("search");
    this.text.id = search;
    this.element = h(
      "header", { class: "toolbar" },
      h("div", { class: "titles" }, this.#back, this.views, this.#heading, this.#status),
      h("div", { class: "controls" },
        this.#filters,
        h("span", { class: "find" }, icon("search"), this.text),
        h("span", { class: "sort" }, this.#sort, this.#direction)),
      h("div", { class: "tools" }, tool("Smaller pictures", "−", "minus", "smaller"), tool("Larger pictures", "+", "plus", "larger"), this.#details, tool("Light or dark", "t", "theme", "theme"),
          h("button", { type: "button", class: "iconbutton", title: "Keyboard (?)", "aria-label": "Keyboard", onclick: () => run("help") }, "?")),
    );
    session.on("result", () => this.#update());
    session.on("views", () => this.#update());
    session.on("busy", () => this.#drawStatus());
    session.ui.listen(() => this.#update());
    this.#update();
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** Empty the text filter; false when it was empty. */
  clearText(): boolean {
    if (!this.text.value) return false;
    this.text.value = "";
    this.#typed(0);
    return true;
  }

  #update(): void {
    const { view, views, state, ui } = this.#session;
    const inGroup = ui.now.group !== null;
    setText(this.#heading, inGroup ? `${view.title}: all images of ${view.noun} ${count(ui.now.group as number)}` : view.title);
    this.#back.hidden = !inGroup;
    this.views.hidden = inGroup;
    this.views.replaceChildren(...views.filter(({ missing }) => !missing).map(({ name, title }) => {
      const option = h("option", { value: name }, title);
      option.selected = name === view.name;
      return option;
    }));
    if ((this.text.getRootNode() as ShadowRoot | Document).activeElement !== this.text) this.text.value = state.text;
    const sort = sortOf(state, view);
    this.#sort.replaceChildren(...view.columns.map(({ name, title }) => {
      const option = h("option", { value: name }, title);
      option.selected = name === sort?.column;
      return option;
    }));
    if (sort) {
      const words = orderWords(view, sort.column, sort.descending);
      this.#direction.title = words;
      this.#direction.setAttribute("aria-label", `Order: ${words}`);
      this.#direction.replaceChildren(icon(sort.descending ? "down" : "up"));
    }
    for (const control of [this.#sort, this.#direction, this.text]) control.disabled = inGroup;
    const on = active({ ...state, text: "" });
    setText(this.#filterCount, on > 0 ? String(on) : "");
    this.#filters.setAttribute("aria-expanded", String(!ui.now.narrow || ui.now.drawer));
    this.#details.setAttribute("aria-pressed", String(ui.now.details));
    this.#drawStatus();
  }

  #drawStatus(): void {
    const { view, result, ready, slow, lost, busy, ui } = this.#session;
    const { order, total, images } = result;
    const noun = plural(view.noun);
    this.element.classList.toggle("busy", busy);
    if (lost) setText(this.#status, "no kernel");
    else if (slow) setText(this.#status, "waiting for the kernel…");
    else if (!ready) setText(this.#status, "loading…");
    else if (ui.now.group !== null) setText(this.#status, "");
    else setText(this.#status, `${order.length === total ? count(total) : `${count(order.length)} of ${count(total)}`} ${total === 1 ? view.noun : noun}${view.layout === "image" ? "" : ` · ${count(images)} images`}`);
  }

  #typed(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const text = this.text.value.slice(0, MOST_TEXT);
      if (text.trim() !== this.#session.state.text.trim()) this.#session.change({ ...this.#session.state, text });
    }, pause);
  }

  #sortBy(column: string): void {
    const { state, view } = this.#session;
    const own = view.sort?.column === column ? view.sort.descending : true;
    this.#session.change({ ...state, sort: { column, descending: own } });
  }

  #turn(): void {
    const { state, view } = this.#session;
    const sort = sortOf(state, view);
    if (sort) this.#session.change({ ...state, sort: { column: sort.column, descending: !sort.descending } });
  }
}
