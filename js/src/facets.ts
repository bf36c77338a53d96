// Facets: the values of a property with their counts, to tick.

import { focusedBeside, h, newId, own, setText } from "./dom.ts";
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
function createFacet(session: Session, facet: Facet) {
  const list = h("ul");
  const restText = h("p.soft");
  let current: Facet;
  let open = false;
  let matches: [string, number][] | null = null;
  let foundMore = 0;
  let pending: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  current = facet;
  const name: string = facet.name;
  const id = newId("facet");
  const heading: HTMLElement = h("h2", { id }, facet.title);
  const clear: HTMLElement = h("button.link", { onclick: () => session.change(withFacet(session.state, name, [])) }, "clear");
  const search: HTMLInputElement = h("input", { type: "search", placeholder: `Find a ${facet.title}`, "aria-label": `Find a ${facet.title}`, maxlength: "200", spellcheck: "false", oninput: () => typed() });
  const moreButton: HTMLButtonElement = h("button.link", { onclick: () => { open = !open; draw(); } });
  const element: HTMLElement = h("section.facet", { "aria-labelledby": id }, h("header", {}, heading, clear), search, list, restText, moreButton);
  draw();

  function update(facet: Facet): void {
    current = facet;
    if (search.value.trim()) void find();
    else matches = null;
    draw();
  }

  function dispose(): void {
    clearTimeout(timer);
    pending?.abort();
  }

  function typed(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void find(), TYPING_MILLISECONDS);
  }

  async function find(): Promise<void> {
    pending?.abort();
    const text = search.value.trim();
    if (!text) {
      matches = null;
      draw();
      return;
    }
    const asking = new AbortController();
    pending = asking;
    try {
      const { values, more } = await session.channel.ask("facet", { view: session.view.name, state: session.state, facet: name, text }, { signal: asking.signal });
      if (pending !== asking) return;
      matches = values;
      foundMore = more;
      draw();
    } catch (reason) {
      if (!isAbort(reason)) session.report(reason);
    }
  }

  function draw(): void {
    const chosen = new Set(current.chosen);
    const all = matches ?? [...current.values].sort(([one], [other]) => Number(chosen.has(other)) - Number(chosen.has(one)));
    const shown = matches || open ? all : all.slice(0, Math.max(FEW, chosen.size));
    element.hidden = all.length === 0 && !search.value;
    const hidden = all.length - shown.length;
    const left = matches ? foundMore : open || hidden === 0 ? current.more : 0;
    clear.hidden = chosen.size === 0;
    search.hidden = current.values.length + current.more <= SEARCHED;
    moreButton.hidden = matches !== null || (hidden === 0 && !open) || all.length <= FEW;
    setText(moreButton, open ? "show fewer" : `show ${count(hidden)} more`);
    setText(restText, left > 0 ? `${count(left)} more: type to find them` : matches?.length === 0 ? "none" : "");
    restText.hidden = !restText.textContent;
    const focused = focusedBeside(list);
    const kept = focused instanceof HTMLInputElement && list.contains(focused) ? focused.value : null;
    list.replaceChildren(...shown.map(([value, number]) => item(value, number, chosen.has(value))));
    // The user who ticks with the keyboard stays at the value ticked.
    if (kept !== null) [...list.querySelectorAll("input")].find(({ value }) => value === kept)?.focus();
  }

  function item(value: string, number: number, chosen: boolean): HTMLElement {
    const box = h("input", { type: "checkbox", onchange: () => session.change(toggled(session.state, name, value)) });
    box.checked = chosen;
    box.value = value;
    return h("li", {}, h("label", { title: value }, box, h("span.tickbox", { "aria-hidden": "true" }, icon("keep")), own(value || "(none)", { class: "value" }), h("span.count", {}, count(number))));
  }

  return { element, update, dispose };
}

type FacetList = ReturnType<typeof createFacet>;

/** All facets of the current view. */
export function createFacets(session: Session) {
  const element = h("div.facets");
  const lists = new Map<string, FacetList>();

  function update(): void {
    const { facets } = session.result;
    const names = new Set(facets.map(({ name }) => `${session.view.name}/${name}`));
    for (const [name, list] of lists)
      if (!names.has(name)) {
        list.dispose();
        list.element.remove();
        lists.delete(name);
      }
    for (const facet of facets) {
      const name = `${session.view.name}/${facet.name}`;
      const list = lists.get(name);
      if (list) list.update(facet);
      else {
        const made = createFacet(session, facet);
        lists.set(name, made);
        element.append(made.element);
      }
    }
  }

  function dispose(): void {
    for (const list of lists.values()) list.dispose();
  }

  return { element, update, dispose };
}

export type Facets = ReturnType<typeof createFacets>;
