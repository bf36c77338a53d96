// What the user can do, by key, button or mouse: one place for all three.

import type { Wish } from "./cards.ts";
import type { DetailsPanel } from "./details.ts";
import { askLabel, openHelp } from "./dialogs.ts";
import { cleared } from "./filters.ts";
import type { Grid } from "./grid.ts";
import type { Command } from "./keys.ts";
import type { Move, Place } from "./layout.ts";
import type { Lightbox, Slide, Walk } from "./lightbox.ts";
import type { MarksBar } from "./marksbar.ts";
import type { Action, Picture, Row } from "./messages.ts";
import type { Session } from "./session.ts";
import type { Sidebar } from "./sidebar.ts";
import { membersOf, rowsOf, type Source } from "./source.ts";
import type { Toolbar } from "./toolbar.ts";
import { counted } from "./words.ts";

export interface Parts {
  session: Session;
  root: HTMLElement;
  grid: Grid;
  toolbar: Toolbar;
  sidebar: Sidebar;
  details: DetailsPanel;
  lightbox: Lightbox;
  marks: MarksBar;
}

const SIZES = [80, 112, 144, 176, 224, 288, 384];
const MOST_RANGE = 2000;

export class Actions {
  /** The images of the group that is shown on its own. */
  members: number[] = [];
  readonly #parts: Parts;
  #from: Place | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether a key press is a command here: not while typing, and not where a control has its own use for the key. */
  listensTo(event: KeyboardEvent, command: Command): boolean {
    const target = event.composedPath()[0];
    if (!(target instanceof HTMLElement) || this.#parts.lightbox.isOpen || target.closest("dialog")) return false;
    if (target.closest("input:not([type=checkbox]), select, textarea")) return command === "clear" && event.key === "Escape";
    const pressed = event.key === "Enter" || event.key === " ";
    if (pressed && target.closest("button, summary, [type=checkbox]")) return false;
    const inGrid = target.closest(".grid") !== null;
    const wanders = /^(left|right|up|down|page|home|end|extend|select$|open$)/.test(command);
    return inGrid || !wanders;
  }

  run(command: Command): void {
    const { session, grid, toolbar, marks, root } = this.#parts;
    const steps: Partial<Record<Command, () => void>> = {
      select: () => this.#toggle(),
      "select-row": () => void this.#selectRow(),
      "select-all": () => void this.#selectAll(),
      clear: () => this.#escape(),
      open: () => void this.#open(),
      compare: () => void this.#compare(),
      similar: () => this.#withPicture((picture) => void session.similar(picture.id)),
      details: () => this.#toggleDetails(),
      members: () => void this.#openGroup(),
      back: () => this.#back(),
      keep: () => void this.#markChosen("keep"),
      delete: () => void this.#markChosen("delete"),
      relabel: () => void this.#markChosen("relabel"),
      unmark: () => void this.#markChosen("unmark"),
      best: () => void this.#best(),
      undo: () => void session.undoMark(),
      redo: () => void session.redoMark(),
      apply: () => void marks.review(),
      find: () => { toolbar.text.focus(); toolbar.text.select(); },
      filters: () => this.#toggleDrawer(),
      view: () => this.#focusViews(),
      larger: () => this.#resize(1),
      smaller: () => this.#resize(-1),
      theme: () => session.setTheme(root.dataset["theme"] === "dark" ? "light" : "dark"),
      help: () => openHelp(root),
    };
    const step = steps[command];
    if (step) step();
    else if (command.startsWith("extend-")) this.#extend(command.slice("extend-".length) as Move);
    else {
      this.#from = null;
      grid.move(command as Move);
    }
  }

  // ---- the grid's wishes

  focused(place: Place): void {
    const { details } = this.#parts;
    details.show(this.#picture(place), this.#source().key(place.row));
  }

  picked(place: Place, event: MouseEvent): void {
    const { grid, session } = this.#parts;
    const from = event.shiftKey ? (this.#from ?? grid.place) : null;
    grid.moveTo(place, true);
    const picture = this.#picture(place);
    if (!picture) return;
    if (from) void this.#selectBetween(from, place);
    else session.selection.toggle(picture.id);
    this.#from = place;
  }

  wished(wish: Wish, place: Place): void {
    this.#parts.grid.moveTo(place, true);
    const commands: Record<Wish, Command> = { open: "open", similar: "similar", details: "details", compare: "compare", members: "members", selectall: "select-row", best: "best" };
    if (wish === "details" && this.#parts.session.ui.now.details) return; // it shows this one already
    this.run(commands[wish]);
  }

  clearFilters(): void {
    const { session, toolbar } = this.#parts;
    toolbar.text.value = "";
    session.change(cleared(session.state));
  }

  // ---- selection

  #source(): Source {
    const { session } = this.#parts;
    return session.ui.now.group === null ? rowsOf(session) : membersOf(session, this.members);
  }

  #picture({ row, place } = this.#parts.grid.place): Picture | undefined {
    return this.#parts.grid.rowAt(row)?.images[place];
  }

  #withPicture(use: (picture: Picture) => void): void {
    const picture = this.#picture();
    if (picture) use(picture);
  }

  #withRow(use: (row: Row) => void): void {
    const row = this.#parts.grid.rowAt(this.#parts.grid.place.row);
    if (row) use(row);
  }

  #toggle(): void {
    this.#from = this.#parts.grid.place;
    this.#withPicture(({ id }) => this.#parts.session.selection.toggle(id));
  }

  #extend(move: Move): void {
    const { grid } = this.#parts;
    this.#from ??= grid.place;
    void this.#selectBetween(this.#from, grid.move(move));
  }

  async #selectBetween(one: Place, other: Place): Promise<void> {
    const { session } = this.#parts;
    const [first, last] = one.row < other.row || (one.row === other.row && one.place <= other.place) ? [one, other] : [other, one];
    const count = Math.min(last.row - first.row + 1, MOST_RANGE);
    await session.run(async () => {
      const rows = await this.#source().fetch(Array.from({ length: count }, (_, at) => first.row + at));
      const ids = rows.flatMap((row, at) => (row?.images ?? []).filter((_, place) => (at > 0 || place >= first.place) && (at < count - 1 || place <= last.place)).map(({ id }) => id));
      session.selection.add(ids);
    });
  }

  async #selectRow(): Promise<void> {
    this.#withRow((row) => void this.#parts.session.selectRow(row));
  }

  async #selectAll(): Promise<void> {
    const { session } = this.#parts;
    if (session.ui.now.group !== null) session.selection.add(this.members, true);
    else await session.selectMatching();
  }

  #escape(): void {
    const { session, grid, toolbar } = this.#parts;
    const typing = (grid.element.getRootNode() as ShadowRoot).activeElement === toolbar.text;
    if (typing) {
      if (!toolbar.clearText()) grid.focus();
    } else if (session.ui.now.drawer && session.ui.now.narrow) this.#toggleDrawer();
    else if (session.selection.size > 0) session.selection.clear();
    else if (session.ui.now.details) this.#toggleDetails();
    else this.#back();
  }

  // ---- marks

  async #markChosen(action: Action | "unmark"): Promise<void> {
    const { selection } = this.#parts.session;
    const picture = this.#picture();
    const ids = selection.size > 0 ? selection.list() : picture ? [picture.id] : [];
    if (ids.length > 0) await this.markImages(ids, action);
  }

  /** Mark images; the same mark again takes it away. */
  async markImages(ids: number[], action: Action | "unmark"): Promise<void> {
    const { session, root } = this.#parts;
    if (action === "unmark") await session.unmark(ids);
    else if (action === "relabel") {
      const label = await askLabel(root, ids.length === 1 ? "this image" : counted(ids.length, "image"), session.labels, session.marks[ids[0] ?? -1]?.label ?? "");
      if (label) await session.mark(ids, "relabel", label);
    } else if (ids.every((id) => session.marks[id]?.action === action)) await session.unmark(ids);
    else await session.mark(ids, action);
  }

  async #best(): Promise<void> {
    const { session, grid } = this.#parts;
    const row = this.#source().key(grid.place.row);
    if (session.ui.now.group === null && row !== null && ["pair", "group"].includes(session.view.layout)) await session.keepBest([row]);
  }

  // ---- looking closer

  async #open(): Promise<void> {
    const { session, grid, lightbox } = this.#parts;
    const { row, place } = grid.place;
    const known = grid.rowAt(row);
    if (!known) return;
    const source = this.#source();
    if (source.layout === "pair" || source.layout === "image") await session.run(() => lightbox.open(this.#walkRows(source, row)));
    else await session.run(async () => lightbox.open(this.#walkPictures(await this.#picturesOf(known), place, known.text)));
  }

  /** Row after row: a pair together, single images one by one. */
  #walkRows(source: Source, at: number): Walk {
    const { grid } = this.#parts;
    return {
      length: source.length,
      at,
      slide: async (index): Promise<Slide | null> => {
        const [row] = await source.fetch([index]);
        return row ? { pictures: row.images.slice(0, 2), words: [row.text, ...row.badges.map(({ text }) => text)].filter(Boolean).join(" · ") } : null;
      },
      went: (index) => grid.moveTo({ row: index, place: index === grid.place.row ? grid.place.place : 0 }, true),
    };
  }

  /** The images of one row, one by one. */
  #walkPictures(pictures: Picture[], at: number, words: string): Walk {
    const { grid } = this.#parts;
    const row = grid.place.row;
    return {
      length: pictures.length,
      at,
      slide: async (index) => {
        const picture = pictures[index];
        return picture ? { pictures: [picture], words: picture.text || words } : null;
      },
      went: (index) => grid.moveTo({ row, place: grid.tileAt({ row, place: index }) ? index : grid.place.place }, true),
    };
  }

  async #picturesOf(row: Row): Promise<Picture[]> {
    if (row.more === 0) return row.images;
    const { session } = this.#parts;
    const known = new Map(row.images.map((picture) => [picture.id, picture]));
    const ids = (await session.members(row)).slice(0, MOST_RANGE);
    const missing = await session.pictures.fetchMany(ids.filter((id) => !known.has(id)));
    for (const picture of missing) if (picture) known.set(picture.id, picture);
    return ids.flatMap((id) => known.get(id) ?? []);
  }

  /** Look at images that are not the grid's: the neighbours in the details, say. */
  async openImages(ids: number[], at: number): Promise<void> {
    const { session, lightbox, grid } = this.#parts;
    await session.run(async () => {
      const pictures = (await session.pictures.fetchMany(ids)).filter((picture): picture is Picture => picture !== null);
      await lightbox.open({ ...this.#walkPictures(pictures, Math.min(at, pictures.length - 1), ""), went: () => grid.focus() });
    });
  }

  /** Two side by side: the two selected, else the pair, else this image and the first of its row. */
  async #compare(): Promise<void> {
    const { session, grid, lightbox } = this.#parts;
    await session.run(async () => {
      const { row, place } = grid.place;
      const known = grid.rowAt(row);
      const source = this.#source();
      const selected = session.selection.list();
      if (selected.length === 2) return this.#openPair((await session.pictures.fetchMany(selected)).flatMap((picture) => picture ?? []), "");
      if (source.layout === "pair") return lightbox.open(this.#walkRows(source, row));
      const images = known?.images ?? [];
      const other = images[place === 0 ? 1 : place];
      if (source.layout === "image" || !images[0] || !other) return session.notify({ tone: "error", message: "There is nothing to compare with.", hint: "Select two images with Space, then press c." });
      return this.#openPair([images[0], other], other.text);
    });
  }

  async #openPair(pictures: Picture[], words: string): Promise<void> {
    const { grid, lightbox } = this.#parts;
    await lightbox.open({ length: 1, at: 0, slide: async () => ({ pictures, words }), went: () => grid.focus() });
  }

  // ---- groups, panels, sizes

  async #openGroup(): Promise<void> {
    const { session, grid } = this.#parts;
    const known = grid.rowAt(grid.place.row);
    if (!known || session.ui.now.group !== null || this.#source().layout !== "group") return;
    await session.run(async () => {
      this.members = await session.members(known);
      session.pictures.clear();
      session.ui.set({ group: grid.place.row + 1 });
      grid.focus();
    });
  }

  #back(): void {
    const { session, grid } = this.#parts;
    const { group } = session.ui.now;
    if (group === null) return;
    session.ui.set({ group: null });
    grid.moveTo({ row: group - 1, place: 0 }, true);
  }

  #toggleDetails(): void {
    const { session, details, grid } = this.#parts;
    const open = !session.ui.now.details;
    const inside = details.element.matches(":focus-within");
    session.ui.set({ details: open });
    if (open) details.refresh(this.#picture(), this.#source().key(grid.place.row));
    else if (inside) grid.focus();
  }

  #toggleDrawer(): void {
    const { session, sidebar, grid } = this.#parts;
    if (!session.ui.now.narrow) {
      sidebar.element.querySelector<HTMLElement>("select, input, button")?.focus();
      return;
    }
    const drawer = !session.ui.now.drawer;
    session.ui.set({ drawer });
    if (drawer) sidebar.element.querySelector<HTMLElement>("button[aria-current], button")?.focus();
    else grid.focus();
  }

  #focusViews(): void {
    const { session, sidebar, toolbar } = this.#parts;
    if (session.ui.now.narrow) toolbar.views.focus();
    else sidebar.element.querySelector<HTMLElement>("button[aria-current]")?.focus();
  }

  #resize(by: number): void {
    const { session } = this.#parts;
    const nearest = SIZES.reduce((best, size, at) => (Math.abs(size - session.thumb) < Math.abs((SIZES[best] ?? 0) - session.thumb) ? at : best), 0);
    const next = SIZES[Math.min(SIZES.length - 1, Math.max(0, nearest + by))];
    if (next && next !== session.thumb) session.setThumb(next);
  }
}
