// The grid: a window onto very many cards, of which only those in sight exist.

import { blank, makeCard, type Card, type Surroundings, type Tile, type Wish } from "./cards.ts";
import { focusedBeside, h, on } from "./dom.ts";
import { drawn, measure, moved, type Measures, type Move, type Place } from "./layout.ts";
import type { Mark, Row } from "./messages.ts";
import type { Source } from "./source.ts";
import type { Thumbnails } from "./thumbs.ts";
import { areaHeight, areaTop, follow, linesAt, reveal, type Scale } from "./virtual.ts";

export interface GridHost {
  thumbnails: Thumbnails;
  thumb(): number;
  isSelected(id: number): boolean;
  mark(id: number): Mark | undefined;
  /** The user moved to a place, by key or mouse. */
  focused(place: Place): void;
  /** A picture was clicked. */
  picked(place: Place, event: MouseEvent): void;
  /** A button of a card or picture was pressed. */
  wished(wish: Wish, place: Place): void;
}

interface Line {
  element: HTMLElement;
  /** By row of the order; null for one that is not here yet. */
  cards: Map<number, Card | null>;
}

const AHEAD_PIXELS = 320;
const REST_MILLISECONDS = 180;
const EMPTY: Source = { layout: "image", column: undefined, length: 0, key: () => null, row: () => undefined, want: () => {}, fetch: async () => [] };

export function createGrid(host: GridHost, label: string) {
  const area = h("div.area", { role: "presentation" });
  const lines = new Map<number, Line>();
  let shown: Source = EMPTY;
  let measures: Measures = measure("image", 0, host.thumb());
  let scale: Scale = { lines: 0, line: 1, window: 0 };
  let offset = 0;
  let barTop = 0;
  let at: Place = { row: 0, place: 0 };
  let frame = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const element: HTMLElement = h("div.grid", { role: "grid", "aria-multiselectable": "true", "aria-label": label, tabindex: "0" }, area);
  on(element, "scroll", () => scrolled(), { passive: true });
  on(element, "click", (event) => clicked(event));
  on(element, "dblclick", (event) => {
    const place = placeOf(event.target);
    if (place && !(event.target as Element).closest("button")) host.wished("open", place);
  });
  on(element, "focusin", (event) => {
    const place = placeOf(event.target);
    if (place) moveTo(place, false);
    else land();
  });
  const observer = new ResizeObserver(() => resized());
  observer.observe(element);

  /** Show other cards, from the top or from where the user was. */
  function show(source: Source, label: string, stay = false): void {
    const focused = element.matches(":focus-within");
    shown = source;
    element.setAttribute("aria-label", label);
    wipe();
    if (!stay) {
      offset = 0;
      at = { row: 0, place: 0 };
    } else at = { row: Math.min(at.row, Math.max(0, source.length - 1)), place: at.place };
    layOut();
    if (focused) element.focus({ preventScroll: true });
  }

  /** Draw the cards that have come. */
  function refreshItems(): void {
    draw();
  }

  /** Draw selection and marks anew. */
  function refreshTiles(): void {
    for (const { cards } of lines.values()) for (const card of cards.values()) card?.tiles.forEach((tile) => tile.refresh());
  }

  /** Take a new size of pictures. */
  function remeasure(): void {
    const row = at.row;
    wipe();
    layOut();
    scrollTo(reveal(scale, offset, Math.floor(row / measures.columns)));
  }

  /** Move the focus as a key says; returns the picture it comes to, when that is here. */
  function move(by: Move): Place {
    const page = Math.max(1, Math.floor(scale.window / scale.line));
    const next = moved(at, by, shown.length, measures.columns, page, (row) => picturesOf(row));
    moveTo(next, true);
    return next;
  }

  /** Go to a place, bring it into sight and, where asked for, put the keyboard's focus there. */
  function moveTo(place: Place, andFocus: boolean): void {
    at = place;
    const line = Math.floor(place.row / measures.columns);
    const target = reveal(scale, offset, line);
    if (target !== offset && andFocus) scrollTo(target);
    rove();
    if (andFocus) (tileAt(place)?.element ?? element).focus({ preventScroll: true });
    host.focused(place);
  }

  function focus(): void {
    moveTo(at, true);
  }

  function rowAt(row: number): Row | null | undefined {
    return row < shown.length ? shown.row(row) : null;
  }

  function tileAt({ row, place }: Place): Tile | undefined {
    return lines.get(Math.floor(row / measures.columns))?.cards.get(row)?.tiles[place];
  }

  function dispose(): void {
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    observer.disconnect();
    wipe();
  }

  // ---- drawing
  function picturesOf(row: number): number {
    const known = shown.row(row);
    if (!known || shown.layout === "image") return 1;
    return drawn(known.images.length, known.more, measures.shown).pictures;
  }

  function takeMeasures(): void {
    const width = element.clientWidth - 2 * parseFloat(getComputedStyle(element).paddingLeft || "0");
    measures = measure(shown.layout, width, host.thumb());
  }

  function layOut(): void {
    takeMeasures();
    const { columns, line, card, tile, picture, gap } = measures;
    const lines = Math.ceil(shown.length / columns);
    scale = { lines, line, window: element.clientHeight };
    for (const [name, value] of Object.entries({ card, tile, picture, gap, line: line - gap })) element.style.setProperty(`--size-${name}`, `${value}px`);
    element.dataset["layout"] = shown.layout;
    element.setAttribute("aria-rowcount", String(shown.layout === "image" ? lines : shown.length));
    area.style.height = `${Math.max(0, areaHeight(scale) - gap)}px`;
    scrollTo(Math.min(offset, Math.max(0, lines * line - scale.window)));
  }

  function draw(): void {
    if (scale.window === 0) return;
    const [first, last] = linesAt(scale, offset, Math.ceil(AHEAD_PIXELS / scale.line));
    for (const [number, line] of lines) if (number < first || number >= last) removeLine(number, line);
    for (let number = first; number < last; number++) drawLine(number);
    const { columns } = measures;
    shown.want(first * columns, Math.min(last * columns, shown.length));
    rove();
    if (element === focusedBeside(element)) land();
  }

  function drawLine(number: number): void {
    const { columns, line: height } = measures;
    let line = lines.get(number);
    if (!line) {
      const image = shown.layout === "image";
      line = { element: h("div.line", { role: image ? "row" : "presentation", "aria-rowindex": image && number + 1 }), cards: new Map() };
      lines.set(number, line);
      // In the order of the rows, so that readers and Tab meet them so.
      const next = [...lines.keys()].filter((other) => other > number).sort((one, other) => one - other)[0];
      area.insertBefore(line.element, next === undefined ? null : (lines.get(next)?.element ?? null));
    }
    line.element.style.top = `${number * height - offset + barTop}px`;
    for (let row = number * columns; row < Math.min((number + 1) * columns, shown.length); row++) drawCard(line, row, row - number * columns);
  }

  function drawCard(line: Line, row: number, column: number): void {
    const drawnCard = line.cards.get(row);
    if (drawnCard) return;
    const known = shown.row(row);
    if (known === undefined && drawnCard === null) return;
    const around = surroundings();
    const card = known ? makeCard(known, row, around) : null;
    const element = card?.element ?? blank(around, known === null);
    element.dataset["row"] = String(row);
    const old = line.element.children[column];
    if (old) old.replaceWith(element);
    else line.element.append(element);
    line.cards.set(row, card);
  }

  function surroundings(): Surroundings {
    return {
      layout: shown.layout, measures: measures, column: shown.column, thumbnails: host.thumbnails,
      isSelected: (id) => host.isSelected(id), mark: (id) => host.mark(id),
    };
  }

  function removeLine(number: number, line: Line): void {
    lines.delete(number);
    // The focus must not fall out of the widget: the host would take the next key for its own.
    if (line.element.matches(":focus-within")) element.focus({ preventScroll: true });
    for (const card of line.cards.values()) card?.dispose();
    line.element.remove();
  }

  function wipe(): void {
    for (const [number, line] of [...lines]) removeLine(number, line);
  }

  /** One tab stop: the picture the user is at, or the grid itself while that is out of sight. */
  function rove(): void {
    const current = tileAt(at)?.element;
    for (const tile of area.querySelectorAll('.tile[tabindex="0"]')) if (tile !== current) tile.setAttribute("tabindex", "-1");
    current?.setAttribute("tabindex", "0");
    element.setAttribute("tabindex", current ? "-1" : "0");
  }

  /** The focus rests on the grid while its picture is not here; put it there once it is. */
  function land(): void {
    tileAt(at)?.element.focus({ preventScroll: true });
  }

  // ---- scrolling
  function scrollTo(position: number): void {
    offset = position;
    setTop(areaTop(scale, position));
    draw();
  }

  function setTop(top: number): void {
    element.scrollTop = top;
    barTop = element.scrollTop;
  }

  function scrolled(): void {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const top = element.scrollTop;
      if (element.clientHeight === 0) return; // taken out of the page: it comes back at 0
      offset = follow(scale, offset, barTop, top);
      barTop = top;
      draw();
      clearTimeout(rest);
      rest = setTimeout(() => {
        if (Math.abs(areaTop(scale, offset) - barTop) > 1) scrollTo(offset);
      }, REST_MILLISECONDS);
    });
  }

  function resized(): void {
    if (element.clientWidth === 0 || element.clientHeight === 0) return;
    const { columns, line } = measures;
    const top = offset / line;
    // What the user is at stays in sight; else what is at the top stays there.
    const own = Math.floor(at.row / columns) - top;
    const seen = own > -1 && own < scale.window / line;
    const row = seen ? at.row : Math.floor(top) * columns;
    const shift = seen ? own : Math.floor(top) - top;
    const before = JSON.stringify(measures);
    takeMeasures();
    if (JSON.stringify(measures) !== before) {
      wipe();
      offset = Math.max(0, (Math.floor(row / measures.columns) - shift) * measures.line);
      if (seen) offset = reveal({ ...scale, lines: Math.ceil(shown.length / measures.columns), line: measures.line, window: element.clientHeight }, offset, Math.floor(row / measures.columns));
    }
    layOut();
  }

  // ---- the mouse
  function placeOf(target: EventTarget | null): Place | null {
    if (!(target instanceof Element)) return null;
    const card = target.closest<HTMLElement>("[data-row]");
    if (!card) return null;
    const tile = target.closest<HTMLElement>("[data-place]");
    const row = Number(card.dataset["row"]);
    return { row, place: tile ? Number(tile.dataset["place"]) : row === at.row ? at.place : 0 };
  }

  function clicked(event: MouseEvent): void {
    const place = placeOf(event.target);
    if (!place) return;
    const target = event.target as Element;
    const wish = target.closest<HTMLElement>("[data-wish]")?.dataset["wish"] as Wish | undefined;
    if (wish) host.wished(wish, place);
    else if (target.closest("[data-place]")) host.picked(place, event);
    else moveTo(place, true);
  }

  return {
    get place(): Place {
      return at;
    },
    element, show, refreshItems, refreshTiles, remeasure, move, moveTo, focus, rowAt, tileAt, dispose,
  };
}

export type Grid = ReturnType<typeof createGrid>;
