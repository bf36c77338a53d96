// One explorer's talk with its kernel: what is shown, in which order, selected and marked. No DOM.

import { complete, same } from "./filters.ts";
import type { Action, Facet, Histogram, Mark, Model, Picture, Row, State, Theme, Undoable, View } from "./messages.ts";
import { Channel, isAbort, KernelError } from "./protocol.ts";
import { createItems, type Items } from "./rows.ts";
import { Selection } from "./selection.ts";
import { Store, type Ui } from "./store.ts";
import { createThumbnails, type Thumbnails } from "./thumbs.ts";
import { counted } from "./words.ts";

/** What listeners are told has changed. */
export type Event = "result" | "items" | "selected" | "marks" | "views" | "busy" | "thumb" | "look" | "lost";

export interface Notice {
  tone: "error" | "done";
  message: string;
  hint?: string;
  action?: { title: string; run: () => void };
}

export interface Result {
  order: Uint32Array;
  total: number;
  images: number;
  facets: Facet[];
  histogram: Histogram | null;
}

const NOTHING: Result = { order: new Uint32Array(), total: 0, images: 0, facets: [], histogram: null };
const SELECT_MILLISECONDS = 60;
const SLOW_MILLISECONDS = 3000;
const LOST_MILLISECONDS = 10_000;
const MOST_MEMBERS = 200;

export class Session {
  readonly channel: Channel;
  readonly thumbs: Thumbnails;
  readonly selection = new Selection();
  readonly ui = new Store<Ui>({ group: null, details: false, drawer: false, narrow: false });
  readonly rows: Items<Row>;
  readonly pictures: Items<Picture>;
  result: Result = NOTHING;
  /** Whether the first answer has come. */
  ready = false;
  /** Whether the last answer is to what was on show before: the user stays where they were. */
  staying = false;
  busy = false;
  slow = false;
  lost = false;
  notify: (notice: Notice) => void = () => {};
  readonly #model: Model;
  readonly #listeners = new Map<Event, Set<() => void>>();
  readonly #heard: [string, () => void][] = [];
  #asked: { view: string; state: State } | null = null;
  #querying: AbortController | null = null;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #slowTimer: ReturnType<typeof setTimeout> | undefined;
  #selectTimer: ReturnType<typeof setTimeout> | undefined;
  #open = 0;
  #ownTheme: Theme | null = null;
  #disposed = false;

  constructor(model: Model) {
    this.#model = model;
    this.channel = new Channel(model);
    this.thumbs = createThumbnails((ids, side, signal) => this.channel.ask("thumbs", { ids, side }, { signal }), this.#thumbSide());
    this.rows = createItems((rows, signal) => this.#fetchRows(rows, signal), () => this.#tell("items"), (reason) => this.report(reason));
    this.pictures = createItems((ids, signal) => this.#fetchPictures(ids, signal), () => this.#tell("items"), (reason) => this.report(reason));
    this.selection.take(model.get("selected") ?? []);
    this.selection.onChange = (byUser) => this.#selectionChanged(byUser);
    this.channel.onWaiting = (open) => this.#watchWaiting(open);
    this.channel.onUnasked = (message) => {
      if (message.kind === "changed") this.#kernelChanged([message.what].flat(), message.ids);
      else if (message.kind === "error") this.notify({ tone: "error", message: message.message, ...(message.hint && { hint: message.hint }) });
      else this.#lose();
    };
    this.#hear("change:view", () => queueMicrotask(() => this.#followModel()));
    this.#hear("change:state", () => queueMicrotask(() => this.#followModel()));
    this.#hear("change:selected", () => this.selection.take(model.get("selected") ?? []));
    this.#hear("change:marks", () => this.#tell("marks"));
    this.#hear("change:can_undo", () => this.#tell("marks"));
    this.#hear("change:views", () => this.#tell("views"));
    this.#hear("change:title", () => this.#tell("views"));
    this.#hear("change:theme", () => this.#tell("look"));
    this.#hear("change:height", () => this.#tell("look"));
    this.#hear("change:thumb", () => this.#thumbChanged());
    // ipywidgets says so when the kernel went away; hosts that do not are noticed by their silence.
    this.#hear("comm_live_update", () => void this.connect(false));
  }

  // ---- what there is

  get views(): View[] {
    return this.#model.get("views") ?? [];
  }

  get view(): View {
    const name = this.#model.get("view");
    return this.views.find((view) => view.name === name) ?? { name, title: name, noun: "row", layout: "image", count: 0, missing: "", columns: [], sort: null, orders: [] };
  }

  get state(): State {
    return complete(this.#model.get("state"));
  }

  get marks(): Record<string, Mark> {
    return this.#model.get("marks") ?? {};
  }

  get undoable(): Undoable {
    return this.#model.get("can_undo") ?? { mark: false, redo: false, apply: false };
  }

  get labels(): string[] {
    return this.#model.get("labels") ?? [];
  }

  get title(): string {
    return this.#model.get("title") ?? "";
  }

  get preview(): string {
    return this.#model.get("preview") ?? "";
  }

  get thumb(): number {
    return this.#model.get("thumb") || 160;
  }

  get theme(): Theme {
    return this.#ownTheme ?? this.#model.get("theme") ?? "auto";
  }

  get height(): number {
    return this.#model.get("height") || 640;
  }

  on(event: Event, listener: () => void): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(event, listeners);
  }

  // ---- the life of it

  /** Shake hands and ask for the first rows. When nobody answers say so; who answers late is still welcome. */
  async connect(first = true): Promise<void> {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = setTimeout(() => this.#lose(), LOST_MILLISECONDS);
    try {
      // Not one after the other: it is the first thing that the user waits for.
      const [binary] = await Promise.all([this.channel.hello(), first && this.query()]);
      clearTimeout(this.#lostTimer);
      const was = this.lost;
      this.lost = false;
      if (was) this.#tell("lost");
      if (!binary || (was && !first)) await this.query(this.state, "stay");
    } catch (reason) {
      if (isAbort(reason)) return;
      this.#lose();
    }
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#lostTimer);
    clearTimeout(this.#slowTimer);
    if (this.#selectTimer !== undefined) this.#sendSelection();
    for (const [name, callback] of this.#heard) this.#model.off(name, callback);
    this.#querying?.abort();
    this.rows.clear();
    this.pictures.clear();
    this.thumbs.dispose();
    this.channel.close();
    this.#listeners.clear();
  }

  // ---- view, filter, order

  show(name: string): void {
    if (name === this.view.name || this.views.find((view) => view.name === name)?.missing) return;
    this.#ask(name, { text: "", facets: {}, range: null, sort: null });
  }

  /** Filter or sort. While a slider moves, `keep` is false: the kernel answers, the trait follows at the end. */
  change(state: State, keep = true): void {
    if (keep) this.#ask(this.view.name, state);
    else void this.query(state);
  }

  #ask(view: string, state: State): void {
    this.#model.set("view", view);
    this.#model.set("state", state);
    this.#model.save_changes();
    this.#followModel();
  }

  #followModel(): void {
    const view = this.#model.get("view");
    if (this.#asked && this.#asked.view === view && same(this.#asked.state, this.state)) return;
    void this.query();
  }

  /** Ask which rows match, in which order. */
  async query(state = this.state, place: "start" | "stay" = "start"): Promise<void> {
    const view = this.view.name;
    const before = this.#asked;
    this.#asked = { view, state };
    this.#querying?.abort();
    const querying = new AbortController();
    this.#querying = querying;
    try {
      const reply = await this.channel.ask("query", { view, state }, { signal: querying.signal });
      if (before?.view !== view || before.state.sort?.column !== state.sort?.column || before.state.range?.column !== state.range?.column) this.rows.clear();
      const buffer = reply.buffers[0] ?? new ArrayBuffer(0);
      this.result = {
        order: new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
        total: reply.total, images: reply.images, facets: reply.facets, histogram: reply.histogram,
      };
      this.ready = true;
      this.staying = place === "stay" && before?.view === view;
      this.ui.set({ group: null });
      this.#tell("result");
    } catch (reason) {
      if (isAbort(reason) || this.#disposed) return;
      this.report(reason);
    } finally {
      if (this.#querying === querying) this.#querying = null;
    }
  }

  // ---- actions

  async similar(id: number): Promise<void> {
    await this.run(async () => {
      await this.channel.ask("similar", { id, k: 100 });
    });
  }

  mark(ids: number[], action: Action, label = ""): Promise<boolean> {
    return this.run(() => this.channel.ask("mark", { ids, action, label }));
  }

  unmark(ids: number[]): Promise<boolean> {
    return this.run(() => this.channel.ask("unmark", { ids }));
  }

  undoMark(): Promise<boolean> {
    return this.undoable.mark ? this.run(() => this.channel.ask("undo_mark")) : Promise.resolve(false);
  }

  redoMark(): Promise<boolean> {
    return this.undoable.redo ? this.run(() => this.channel.ask("redo_mark")) : Promise.resolve(false);
  }

  keepBest(rows: number[] | null): Promise<boolean> {
    return this.run(async () => {
      const { marked, kept } = await this.channel.ask("keep_best", { view: this.view.name, state: this.state, rows, rule: "largest" });
      this.notify({ tone: "done", message: `${counted(kept, "image")} kept, ${counted(marked - kept, "image")} marked for deletion.` });
    });
  }

  selectMatching(): Promise<boolean> {
    return this.run(() => this.channel.ask("select_matching", { view: this.view.name, state: this.state, which: "all" }));
  }

  /** All images of a row; those of a group beyond the first few are asked for. */
  async members(row: Row): Promise<number[]> {
    if (row.more === 0) return row.images.map(({ id }) => id);
    return (await this.channel.ask("members", { view: this.view.name, row: row.row })).ids;
  }

  async selectRow(row: Row): Promise<boolean> {
    return this.run(async () => this.selection.add(await this.members(row), true));
  }

  /** Undo what was applied to the files. */
  undoApplied(): Promise<boolean> {
    return this.run(async () => {
      const { text } = await this.channel.ask("undo");
      this.notify({ tone: "done", message: [text].flat().join(" ") });
    });
  }

  setThumb(side: number): void {
    this.#model.set("thumb", side);
    this.#model.save_changes();
    this.#thumbChanged();
  }

  setTheme(theme: "light" | "dark"): void {
    this.#ownTheme = theme;
    this.#tell("look");
  }

  /** Do something with the kernel; what goes wrong is shown in the widget. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (reason) {
      this.report(reason);
      return false;
    }
  }

  /** Show what went wrong, wherever it came from. */
  report(reason: unknown): void {
    if (isAbort(reason) || this.#disposed) return;
    if (reason instanceof KernelError) this.notify({ tone: "error", message: reason.message, hint: reason.hint });
    else this.notify({ tone: "error", message: `The explorer made a mistake: ${reason instanceof Error ? reason.message : String(reason)}`, hint: "Run the cell again; please report it if it comes back." });
  }

  // ---- inside

  #hear(name: string, callback: () => void): void {
    this.#model.on(name, callback);
    this.#heard.push([name, callback]);
  }

  #tell(event: Event): void {
    if (this.#disposed) return;
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener();
  }

  async #fetchRows(rows: number[], signal: AbortSignal): Promise<Map<number, Row>> {
    const column = this.state.range?.column ?? this.state.sort?.column;
    const reply = await this.channel.ask("rows", { view: this.view.name, rows, ...(column && { column }) }, { signal });
    return new Map(reply.rows.map((row) => [row.row, row]));
  }

  async #fetchPictures(ids: number[], signal: AbortSignal): Promise<Map<number, Picture>> {
    const reply = await this.channel.ask("images", { ids: ids.slice(0, MOST_MEMBERS) }, { signal });
    return new Map(reply.images.map((picture) => [picture.id, picture]));
  }

  #kernelChanged(what: string[], ids?: number[] | null): void {
    if (what.includes("images")) this.thumbs.forget(ids ?? null);
    if (what.includes("rows")) {
      this.rows.clear();
      this.pictures.clear();
      void this.query(this.state, "stay");
    }
  }

  #selectionChanged(byUser: boolean): void {
    this.#tell("selected");
    if (byUser) this.#selectTimer ??= setTimeout(() => this.#sendSelection(), SELECT_MILLISECONDS);
  }

  #sendSelection(): void {
    clearTimeout(this.#selectTimer);
    this.#selectTimer = undefined;
    this.#model.set("selected", this.selection.list());
    this.#model.save_changes();
  }

  // Slow is a kernel that lets a request wait with no other answer meanwhile, not one that is asked a lot.
  #watchWaiting(open: number): void {
    const answered = open < this.#open;
    this.#open = open;
    if (answered || open === 0) {
      clearTimeout(this.#slowTimer);
      this.#slowTimer = undefined;
      this.#setSlow(false);
    }
    if (open > 0) this.#slowTimer ??= setTimeout(() => this.#setSlow(true), SLOW_MILLISECONDS);
    if (this.busy !== open > 0) {
      this.busy = open > 0;
      this.#tell("busy");
    }
  }

  #setSlow(slow: boolean): void {
    if (slow === this.slow) return;
    this.slow = slow;
    this.#tell("busy");
  }

  #lose(): void {
    if (this.#disposed) return;
    this.lost = true;
    this.#tell("lost");
  }

  #thumbSide(): number {
    const wanted = (this.#model.get("thumb") || 160) * Math.min(2, globalThis.devicePixelRatio || 1) * 1.2;
    return Math.min(512, Math.ceil(wanted / 64) * 64);
  }

  #thumbChanged(): void {
    this.thumbs.resize(this.#thumbSide());
    this.#tell("thumb");
  }
}
