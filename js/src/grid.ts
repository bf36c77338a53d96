// The grid: a window onto very many cards, of which only those in sight exist.

import { blank, makeCard, type Card, type Surroundings, type Tile, type Wish } from "./cards.ts";
import { h } from "./dom.ts";
import { drawn, measure, moved, type Measures, type Move, type Place } from "./layout.ts";
import type { Mark, Row } from "./messages.ts";
import type { Source } from "./source.ts";
import type { Thumbnails } from "./thumbs.ts";
import { areaHeight, areaTop, follow, linesAt, reveal, type Scale } from "./virtual.ts";

export interface GridHost {
  thumbs: Thumbnails;
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

export class Grid {
  readonly element: HTMLElement;
  readonly #host: GridHost;
  readonly #area = h("div", { class: "area", role: "presentation" });
  readonly #lines = new Map<number, Line>();
  #source: Source = EMPTY;
  #measures: Measures;
  #scale: Scale = { lines: 0, line: 1, window: 0 };
  #position = 0;
  #top = 0;
  #at: Place = { row: 0, place: 0 };
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  readonly #observer: ResizeObserver;

  constructor(host: GridHost, label: string) {
    this.#host = host;
    this.#measures = measure("image", 0, host.thumb());
    this.element = h("div", { class: "grid", role: "grid", "aria-multiselectable": "true", "aria-label": label, tabindex: "0" }, this.#area);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.element.addEventListener("click", (event) => this.#clicked(event));
    this.element.addEventListener("dblclick", (event) => {
      const place = this.#placeOf(event.target);
      if (place && !(event.target as Element).closest("button")) host.wished("open", place);
    });
    this.element.addEventListener("focusin", (event) => {
      const place = this.#placeOf(event.target);
      if (place) this.moveTo(place, false);
      else this.#land();
    });
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(this.element);
  }

  get place(): Place {
    return this.#at;
  }

  /** Show other cards, from the top or from where the user was. */
  show(source: Source, label: string, stay = false): void {
    const focused = this.element.matches(":focus-within");
    this.#source = source;
    this.element.setAttribute("aria-label", label);
    this.#wipe();
    if (!stay) {
      this.#position = 0;
      this.#at = { row: 0, place: 0 };
    } else this.#at = { row: Math.min(this.#at.row, Math.max(0, source.length - 1)), place: this.#at.place };
    this.#layOut();
    if (focused) this.element.focus({ preventScroll: true });
  }

  /** Draw the cards that have come. */
  refreshItems(): void {
    this.#draw();
  }

  /** Draw selection and marks anew. */
  refreshTiles(): void {
    for (const { cards } of this.#lines.values()) for (const card of cards.values()) card?.tiles.forEach((tile) => tile.refresh());
  }

  /** Take a new size of pictures. */
  remeasure(): void {
    const row = this.#at.row;
    this.#wipe();
    this.#layOut();
    this.#scrollTo(reveal(this.#scale, this.#position, Math.floor(row / this.#measures.columns)));
  }

  /** Move the focus as a key says; returns the picture it comes to, when that is here. */
  move(move: Move): Place {
    const page = Math.max(1, Math.floor(this.#scale.window / this.#scale.line));
    const next = moved(this.#at, move, this.#source.length, this.#measures.columns, page, (row) => this.#picturesOf(row));
    this.moveTo(next, true);
    return next;
  }

  /** Go to a place, bring it into sight and, where asked for, put the keyboard's focus there. */
  moveTo(place: Place, focus: boolean): void {
    this.#at = place;
    const line = Math.floor(place.row / this.#measures.columns);
    const target = reveal(this.#scale, this.#position, line);
    if (target !== this.#position && focus) this.#scrollTo(target);
    this.#rove();
    if (focus) (this.tileAt(place)?.element ?? this.element).focus({ preventScroll: true });
    this.#host.focused(place);
  }

  focus(): void {
    this.moveTo(this.#at, true);
  }

  rowAt(row: number): Row | null | undefined {
    return row < this.#source.length ? this.#source.row(row) : null;
  }

  tileAt({ row, place }: Place): Tile | undefined {
    return this.#lines.get(Math.floor(row / this.#measures.columns))?.cards.get(row)?.tiles[place];
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#observer.disconnect();
    this.#wipe();
  }

  // ---- drawing

  #picturesOf(row: number): number {
    const known = this.#source.row(row);
    if (!known || this.#source.layout === "image") return 1;
    return drawn(known.images.length, known.more, this.#measures.shown).pictures;
  }

  #measure(): void {
    const width = this.element.clientWidth - 2 * parseFloat(getComputedStyle(this.element).paddingLeft || "0");
    this.#measures = measure(this.#source.layout, width, this.#host.thumb());
  }

  #layOut(): void {
    this.#measure();
    const { columns, line, card, tile, picture, gap } = this.#measures;
    const lines = Math.ceil(this.#source.length / columns);
    this.#scale = { lines, line, window: this.element.clientHeight };
    for (const [name, value] of Object.entries({ card, tile, picture, gap, line: line - gap })) this.element.style.setProperty(`--size-${name}`, `${value}px`);
    this.element.dataset["layout"] = this.#source.layout;
    this.element.setAttribute("aria-rowcount", String(this.#source.layout === "image" ? lines : this.#source.length));
    this.#area.style.height = `${Math.max(0, areaHeight(this.#scale) - gap)}px`;
    this.#scrollTo(Math.min(this.#position, Math.max(0, lines * line - this.#scale.window)));
  }

  #draw(): void {
    if (this.#scale.window === 0) return;
    const [first, last] = linesAt(this.#scale, this.#position, Math.ceil(AHEAD_PIXELS / this.#scale.line));
    for (const [number, line] of this.#lines) if (number < first || number >= last) this.#removeLine(number, line);
    for (let number = first; number < last; number++) this.#drawLine(number);
    const { columns } = this.#measures;
    this.#source.want(first * columns, Math.min(last * columns, this.#source.length));
    this.#rove();
    if (this.element === (this.element.getRootNode() as ShadowRoot).activeElement) this.#land();
  }

  #drawLine(number: number): void {
    const { columns, line: height } = this.#measures;
    let line = this.#lines.get(number);
    if (!line) {
      const image = this.#source.layout === "image";
      line = { element: h("div", { class: "line", role: image ? "row" : "presentation", "aria-rowindex": image && number + 1 }), cards: new Map() };
      this.#lines.set(number, line);
      // In the order of the rows, so that readers and Tab meet them so.
      const next = [...this.#lines.keys()].filter((other) => other > number).sort((one, other) => one - other)[0];
      this.#area.insertBefore(line.element, next === undefined ? null : (this.#lines.get(next)?.element ?? null));
    }
    line.element.style.top = `${number * height - this.#position + this.#top}px`;
    for (let row = number * columns; row < Math.min((number + 1) * columns, this.#source.length); row++) this.#drawCard(line, row, row - number * columns);
  }

  #drawCard(line: Line, row: number, column: number): void {
    const drawnCard = line.cards.get(row);
    if (drawnCard) return;
    const known = this.#source.row(row);
    if (known === undefined && drawnCard === null) return;
    const around = this.#surroundings();
    const card = known ? makeCard(known, row, around) : null;
    const element = card?.element ?? blank(around, known === null);
    element.dataset["row"] = String(row);
    const old = line.element.children[column];
    if (old) old.replaceWith(element);
    else line.element.append(element);
    line.cards.set(row, card);
  }

  #surroundings(): Surroundings {
    const host = this.#host;
    const source = this.#source;
    const measures = this.#measures;
    return { layout: source.layout, measures, column: source.column, thumbs: host.thumbs, isSelected: (id) => host.isSelected(id), mark: (id) => host.mark(id) };
  }

  #removeLine(number: number, line: Line): void {
    this.#lines.delete(number);
    // The focus must not fall out of the widget: the host would take the next key for its own.
    if (line.element.matches(":focus-within")) this.element.focus({ preventScroll: true });
    for (const card of line.cards.values()) card?.dispose();
    line.element.remove();
  }

  #wipe(): void {
    for (const [number, line] of [...this.#lines]) this.#removeLine(number, line);
  }

  /** One tab stop: the picture the user is at, or the grid itself while that is out of sight. */
  #rove(): void {
    const current = this.tileAt(this.#at)?.element;
    for (const tile of this.#area.querySelectorAll('.tile[tabindex="0"]')) if (tile !== current) tile.setAttribute("tabindex", "-1");
    current?.setAttribute("tabindex", "0");
    this.element.setAttribute("tabindex", current ? "-1" : "0");
  }

  /** The focus rests on the grid while its picture is not here; put it there once it is. */
  #land(): void {
    this.tileAt(this.#at)?.element.focus({ preventScroll: true });
  }

  // ---- scrolling

  #scrollTo(position: number): void {
    this.#position = position;
    this.#setTop(areaTop(this.#scale, position));
    this.#draw();
  }

  #setTop(top: number): void {
    this.element.scrollTop = top;
    this.#top = this.element.scrollTop;
  }

  #scrolled(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      const top = this.element.scrollTop;
      if (this.element.clientHeight === 0) return; // taken out of the page: it comes back at 0
      this.#position = follow(this.#scale, this.#position, this.#top, top);
      this.#top = top;
      this.#draw();
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => {
        if (Math.abs(areaTop(this.#scale, this.#position) - this.#top) > 1) this.#scrollTo(this.#position);
      }, REST_MILLISECONDS);
    });
  }

  #resized(): void {
    if (this.element.clientWidth === 0 || this.element.clientHeight === 0) return;
    const { columns, line } = this.#measures;
    const top = this.#position / line;
    // What the user is at stays in sight; else what is at the top stays there.
    const own = Math.floor(this.#at.row / columns) - top;
    const seen = own > -1 && own < this.#scale.window / line;
    const row = seen ? this.#at.row : Math.floor(top) * columns;
    const offset = seen ? own : Math.floor(top) - top;
    const before = JSON.stringify(this.#measures);
    this.#measure();
    if (JSON.stringify(this.#measures) !== before) {
      this.#wipe();
      this.#position = Math.max(0, (Math.floor(row / this.#measures.columns) - offset) * this.#measures.line);
      if (seen) this.#position = reveal({ ...this.#scale, lines: Math.ceil(this.#source.length / this.#measures.columns), line: this.#measures.line, window: this.element.clientHeight }, this.#position, Math.floor(row / this.#measures.columns));
    }
    this.#layOut();
  }

  // ---- the mouse

  #placeOf(target: EventTarget | null): Place | null {
    if (!(target instanceof Element)) return null;
    const card = target.closest<HTMLElement>("[data-row]");
    if (!card) return null;
    const tile = target.closest<HTMLElement>("[data-place]");
    const row = Number(card.dataset["row"]);
    return { row, place: tile ? Number(tile.dataset["place"]) : row === this.#at.row ? this.#at.place : 0 };
  }

  #clicked(event: MouseEvent): void {
    const place = this.#placeOf(event.target);
    if (!place) return;
    const target = event.target as Element;
    const wish = target.closest<HTMLElement>("[data-wish]")?.dataset["wish"] as Wish | undefined;
    if (wish) this.#host.wished(wish, place);
    else if (target.closest("[data-place]")) this.#host.picked(place, event);
    else this.moveTo(place, true);
  }
}
