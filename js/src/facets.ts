// Facets: the values of a property with their counts, to tick.

import { h, newId, own, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import { toggled, withFacet } from "./filters.ts";
import type { Facet } from "./messages.ts";
import { isAbort } from "./protocol.ts";
import type { Session } from "./session.ts";
import { count } from "./words.ts";

const FEW = 7; // shown before "more"
const SEARCHED = 12; // with more values than this there is a field to find one
const TYPING_MILLISECONDS = 180;

/** One facet; it keeps what the user typed and opened while the counts change. */
class FacetList {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #name: string;
  readonly #list = h("ul", {});
  readonly #heading: HTMLElement;
  readonly #clear: HTMLElement;
  readonly #more: HTMLButtonElement;
  readonly #search: HTMLInputElement;
  readonly #left = h("p", { class: "soft" });
  #facet: Facet;
  #open = false;
  #found: [string, number][] | null = null;
  #foundMore = 0;
  #asking: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, facet: Facet) {
    this.#session = session;
    this.#facet = facet;
    this.#name = facet.name;
    const id = newId("facet");
    this.#heading = h("h3", { id }, facet.title);
    this.#clear = h("button", { type: "button", class: "link", onclick: () => session.change(withFacet(session.state, this.#name, [])) }, "clear");
    this.#search = h("input", { type: "search", placeholder: `Find a ${facet.title}`, "aria-label": `Find a ${facet.title}`, maxlength: "200", spellcheck: "false", oninput: () => this.#typed() });
    this.#more = h("button", { type: "button", class: "link", onclick: () => { this.#open = !this.#open; this.#draw(); } });
    this.element = h("section", { class: "facet", "aria-labelledby": id }, h("header", {}, this.#heading, this.#clear), this.#search, this.#list, this.#left, this.#more);
    this.#draw();
  }

  update(facet: Facet): void {
    this.#facet = facet;
    if (this.#search.value.trim()) void this.#find();
    else this.#found = null;
    this.#draw();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#find(), TYPING_MILLISECONDS);
  }

  async #find(): Promise<void> {
    this.#asking?.abort();
    const text = this.#search.value.trim();
    if (!text) {
      this.#found = null;
      this.#draw();
      return;
    }
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { values, more } = await this.#session.channel.ask("facet", { view: this.#session.view.name, state: this.#session.state, facet: this.#name, text }, { signal: asking.signal });
      if (this.#asking !== asking) return;
      this.#found = values;
      this.#foundMore = more;
      this.#draw();
    } catch (reason) {
      if (!isAbort(reason)) this.#session.report(reason);
    }
  }

  #draw(): void {
    const facet = this.#facet;
    const found = this.#found;
    const chosen = new Set(facet.chosen);
    const all = found ?? [...facet.values].sort(([one], [other]) => Number(chosen.has(other)) - Number(chosen.has(one)));
    const shown = found || this.#open ? all : all.slice(0, Math.max(FEW, chosen.size));
    const hidden = all.length - shown.length;
    const left = found ? this.#foundMore : this.#open || hidden === 0 ? facet.more : 0;
    this.#clear.hidden = chosen.size === 0;
    this.#search.hidden = facet.values.length + facet.more <= SEARCHED;
    this.#more.hidden = found !== null || (hidden === 0 && !this.#open) || all.length <= FEW;
    setText(this.#more, this.#open ? "show fewer" : `show ${count(hidden)} more`);
    setText(this.#left, left > 0 ? `${count(left)} more: type to find them` : found?.length === 0 ? "none" : "");
    this.#left.hidden = !this.#left.textContent;
    const focused = (this.#list.getRootNode() as ShadowRoot).activeElement;
    const kept = focused instanceof HTMLInputElement && this.#list.contains(focused) ? focused.value : null;
    this.#list.replaceChildren(...shown.map(([value, number]) => this.#item(value, number, chosen.has(value))));
    // The user who ticks with the keyboard stays at the value ticked.
    if (kept !== null) [...this.#list.querySelectorAll("input")].find(({ value }) => value === kept)?.focus();
  }

  #item(value: string, number: number, chosen: boolean): HTMLElement {
    const box = h("input", { type: "checkbox", onchange: () => this.#session.change(toggled(this.#session.state, this.#name, value)) });
    box.checked = chosen;
    box.value = value;
    return h("li", {}, h("label", { title: value }, box, h("span", { class: "tickbox", "aria-hidden": "true" }, icon("keep")), own(value || "(none)", { class: "value" }), h("span", { class: "count" }, count(number))));
  }
}

/** All facets of the current view. */
export class Facets {
  readonly element = h("div", { class: "facets" });
  readonly #session: Session;
  readonly #lists = new Map<string, FacetList>();

  constructor(session: Session) {
    this.#session = session;
  }

  update(): void {
    const { facets } = this.#session.result;
    const names = new Set(facets.map(({ name }) => `${this.#session.view.name}/${name}`));
    for (const [name, list] of this.#lists)
      if (!names.has(name)) {
        list.dispose();
        list.element.remove();
        this.#lists.delete(name);
      }
    for (const facet of facets) {
      const name = `${this.#session.view.name}/${facet.name}`;
      const list = this.#lists.get(name);
      if (list) list.update(facet);
      else {
        const made = new FacetList(this.#session, facet);
        this.#lists.set(name, made);
        this.element.append(made.element);
      }
    }
  }

  dispose(): void {
    for (const list of this.#lists.values()) list.dispose();
  }
}
