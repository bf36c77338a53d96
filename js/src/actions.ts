// What the user can do, by key, button or mouse: one place for all three.

import { focusedBeside } from "./dom.ts";
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
import { count, counted } from "./words.ts";

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

export function createActions({ session, root, grid, toolbar, sidebar, details, lightbox, marks }: Parts) {
  /** The images of the group that is shown on its own. */
  let members: number[] = [];
  let anchor: Place | null = null;

  /** Whether a key press is a command here: not while typing, and not where a control has its own use for the key. */
  function listensTo(event: KeyboardEvent, command: Command): boolean {
    const target = event.composedPath()[0];
    if (!(target instanceof HTMLElement) || lightbox.isOpen || target.closest("dialog")) return false;
    if (target.closest("input:not([type=checkbox]), select, textarea")) return command === "clear" && event.key === "Escape";
    const pressed = event.key === "Enter" || event.key === " ";
    if (pressed && target.closest("button, summary, [type=checkbox]")) return false;
    const inGrid = target.closest(".grid") !== null;
    const wanders = /^(left|right|up|down|page|home|end|extend|select$|open$)/.test(command);
    return inGrid || !wanders;
  }

  function run(command: Command): void {
    const steps: Partial<Record<Command, () => void>> = {
      select: () => toggle(),
      "select-row": () => void selectRow(),
      "select-all": () => void selectAll(),
      clear: () => escape(),
      open: () => void openHere(),
      compare: () => void compare(),
      similar: () => withPicture((picture) => void session.similar(picture.id)),
      details: () => toggleDetails(),
      members: () => void openGroup(),
      back: () => back(),
      keep: () => void markChosen("keep"),
      delete: () => void markChosen("delete"),
      relabel: () => void markChosen("relabel"),
      unmark: () => void markChosen("unmark"),
      best: () => void keepBest(),
      undo: () => void session.undoMark(),
      redo: () => void session.redoMark(),
      apply: () => void marks.review(),
      find: () => { toolbar.text.focus(); toolbar.text.select(); },
      filters: () => toggleDrawer(),
      view: () => focusViews(),
      larger: () => resize(1),
      smaller: () => resize(-1),
      theme: () => session.setTheme(root.dataset["theme"] === "dark" ? "light" : "dark"),
      help: () => openHelp(root),
    };
    const step = steps[command];
    if (step) step();
    else if (command.startsWith("extend-")) extend(command.slice("extend-".length) as Move);
    else {
      anchor = null;
      grid.move(command as Move);
    }
  }

  // ---- the grid's wishes
  function focused(place: Place): void {
    details.show(pictureAt(place), sourceNow().key(place.row));
  }

  function picked(place: Place, event: MouseEvent): void {
    const from = event.shiftKey ? (anchor ?? grid.place) : null;
    grid.moveTo(place, true);
    const picture = pictureAt(place);
    if (!picture) return;
    if (from) void selectBetween(from, place);
    else session.selection.toggle(picture.id);
    anchor = place;
  }

  function wished(wish: Wish, place: Place): void {
    grid.moveTo(place, true);
    const commands: Record<Wish, Command> = { open: "open", similar: "similar", details: "details", compare: "compare", members: "members", selectall: "select-row", best: "best" };
    if (wish === "details" && session.ui.now.details) return; // it shows this one already
    run(commands[wish]);
  }

  function clearFilters(): void {
    toolbar.text.value = "";
    session.change(cleared(session.state));
  }

  // ---- selection
  function sourceNow(): Source {
    return session.ui.now.group === null ? rowsOf(session) : membersOf(session, members);
  }

  function pictureAt({ row, place } = grid.place): Picture | undefined {
    return grid.rowAt(row)?.images[place];
  }

  function withPicture(use: (picture: Picture) => void): void {
    const picture = pictureAt();
    if (picture) use(picture);
  }

  function withRow(use: (row: Row) => void): void {
    const row = grid.rowAt(grid.place.row);
    if (row) use(row);
  }

  function toggle(): void {
    anchor = grid.place;
    withPicture(({ id }) => session.selection.toggle(id));
  }

  function extend(move: Move): void {
    anchor ??= grid.place;
    void selectBetween(anchor, grid.move(move));
  }

  async function selectBetween(one: Place, other: Place): Promise<void> {
    const [first, last] = one.row < other.row || (one.row === other.row && one.place <= other.place) ? [one, other] : [other, one];
    const count = Math.min(last.row - first.row + 1, MOST_RANGE);
    await session.run(async () => {
      const rows = await sourceNow().fetch(Array.from({ length: count }, (_, at) => first.row + at));
      const ids = rows.flatMap((row, at) => (row?.images ?? []).filter((_, place) => (at > 0 || place >= first.place) && (at < count - 1 || place <= last.place)).map(({ id }) => id));
      session.selection.add(ids);
    });
  }

  async function selectRow(): Promise<void> {
    withRow((row) => void session.selectRow(row));
  }

  async function selectAll(): Promise<void> {
    if (session.ui.now.group !== null) session.selection.add(members, true);
    else await session.selectMatching();
  }

  function escape(): void {
    const typing = focusedBeside(grid.element) === toolbar.text;
    if (typing) {
      if (!toolbar.clearText()) grid.focus();
    } else if (session.ui.now.drawer && session.ui.now.narrow) toggleDrawer();
    else if (session.selection.size > 0) session.selection.clear();
    else if (session.ui.now.details) toggleDetails();
    else back();
  }

  // ---- marks
  async function markChosen(action: Action | "unmark"): Promise<void> {
    const { selection } = session;
    const picture = pictureAt();
    const ids = selection.size > 0 ? selection.list() : picture ? [picture.id] : [];
    if (ids.length > 0) await markImages(ids, action);
  }

  /** Mark images; the same mark again takes it away. */
  async function markImages(ids: number[], action: Action | "unmark"): Promise<void> {
    if (action === "unmark") await session.unmark(ids);
    else if (action === "relabel") {
      const label = await askLabel(root, ids.length === 1 ? "this image" : counted(ids.length, "image"), session.labels, session.marks[ids[0] ?? -1]?.label ?? suggested(ids));
      if (label) await session.mark(ids, "relabel", label);
    } else if (ids.every((id) => session.marks[id]?.action === action)) await session.unmark(ids);
    else await session.mark(ids, action);
  }

  function suggested([id]: number[]): string {
    const row = grid.rowAt(grid.place.row);
    return row?.images[0]?.id === id ? (row?.suggest ?? "") : "";
  }

  async function keepBest(): Promise<void> {
    const row = sourceNow().key(grid.place.row);
    if (session.ui.now.group === null && row !== null && ["pair", "group"].includes(session.view.layout)) await session.keepBest([row]);
  }

  // ---- looking closer
  async function openHere(): Promise<void> {
    const { row, place } = grid.place;
    const known = grid.rowAt(row);
    if (!known) return;
    const source = sourceNow();
    if (source.layout === "pair" || source.layout === "image") await session.run(() => lightbox.open(walkRows(source, row)));
    else await session.run(async () => lightbox.open(walkPictures(await picturesOf(known), place, known.text)));
  }

  /** Row after row: a pair together, single images one by one. */
  function walkRows(source: Source, at: number): Walk {
    return {
      length: source.length,
      at,
      slide: async (index): Promise<Slide | null> => {
        const [row] = await source.fetch([index]);
        return row ? { pictures: row.images.slice(0, 2), words: [row.text && `${source.column?.title ?? ""} ${row.text}`, ...row.badges.map(({ text }) => text)].filter(Boolean).join(" · ") } : null;
      },
      went: (index) => grid.moveTo({ row: index, place: index === grid.place.row ? grid.place.place : 0 }, true),
    };
  }

  /** The images of one row, one by one. */
  function walkPictures(pictures: Picture[], at: number, words: string): Walk {
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

  async function picturesOf(row: Row): Promise<Picture[]> {
    if (row.more === 0) return row.images;
    const known = new Map(row.images.map((picture) => [picture.id, picture]));
    const ids = (await session.members(row)).slice(0, MOST_RANGE);
    const missing = await session.pictures.fetchMany(ids.filter((id) => !known.has(id)));
    for (const picture of missing) if (picture) known.set(picture.id, picture);
    return ids.flatMap((id) => known.get(id) ?? []);
  }

  /** Look at images that are not the grid's: the neighbours in the details, say. */
  async function openImages(ids: number[], at: number): Promise<void> {
    await session.run(async () => {
      const pictures = (await session.pictures.fetchMany(ids)).filter((picture): picture is Picture => picture !== null);
      await lightbox.open({ ...walkPictures(pictures, Math.min(at, pictures.length - 1), ""), went: () => grid.focus() });
    });
  }

  /** Two side by side: the two selected, else the pair, else this image and the first of its row. */
  async function compare(): Promise<void> {
    await session.run(async () => {
      const { row, place } = grid.place;
      const known = grid.rowAt(row);
      const source = sourceNow();
      const selected = session.selection.list();
      if (selected.length === 2) return openPair((await session.pictures.fetchMany(selected)).flatMap((picture) => picture ?? []), "");
      if (source.layout === "pair") return lightbox.open(walkRows(source, row));
      const images = known?.images ?? [];
      const other = images[place === 0 ? 1 : place];
      if (source.layout === "image" || !images[0] || !other) return session.notify({ tone: "error", message: "There is nothing to compare with.", hint: "Select two images with Space, then press c." });
      return openPair([images[0], other], other.text);
    });
  }

  async function openPair(pictures: Picture[], words: string): Promise<void> {
    await lightbox.open({ length: 1, at: 0, slide: async () => ({ pictures, words }), went: () => grid.focus() });
  }

  // ---- groups, panels, sizes
  async function openGroup(): Promise<void> {
    const known = grid.rowAt(grid.place.row);
    if (!known || session.ui.now.group !== null || sourceNow().layout !== "group") return;
    await session.run(async () => {
      members = await session.members(known);
      session.pictures.clear();
      const group = grid.place.row + 1;
      session.ui.set({ group, groupTitle: known.title || `${session.view.noun} ${count(group)}` });
      grid.focus();
    });
  }

  function back(): void {
    const { group } = session.ui.now;
    if (group === null) return;
    session.ui.set({ group: null });
    grid.moveTo({ row: group - 1, place: 0 }, true);
  }

  function toggleDetails(): void {
    const open = !session.ui.now.details;
    const inside = details.element.matches(":focus-within");
    session.ui.set({ details: open });
    if (open) details.refresh(pictureAt(), sourceNow().key(grid.place.row));
    else if (inside) grid.focus();
  }

  function toggleDrawer(): void {
    if (!session.ui.now.narrow) {
      sidebar.element.querySelector<HTMLElement>("select, input, button")?.focus();
      return;
    }
    const drawer = !session.ui.now.drawer;
    session.ui.set({ drawer });
    if (drawer) sidebar.element.querySelector<HTMLElement>("button[aria-current], button")?.focus();
    else grid.focus();
  }

  function focusViews(): void {
    if (session.ui.now.narrow) toolbar.views.focus();
    else sidebar.element.querySelector<HTMLElement>("button[aria-current]")?.focus();
  }

  function resize(by: number): void {
    const nearest = SIZES.reduce((best, size, at) => (Math.abs(size - session.thumb) < Math.abs((SIZES[best] ?? 0) - session.thumb) ? at : best), 0);
    const next = SIZES[Math.min(SIZES.length - 1, Math.max(0, nearest + by))];
    if (next && next !== session.thumb) session.setThumb(next);
  }

  return {
    get members() {
      return members;
    },
    listensTo, run, focused, picked, wished, clearFilters, markImages, openImages,
  };
}

export type Actions = ReturnType<typeof createActions>;
