// One explorer's talk with its kernel: what is shown, in which order, selected and marked. No DOM.

import type { Event, Notice, Result, Session } from "./contract.ts";
import { complete, same } from "./filters.ts";
import type { Action, Mark, Model, Picture, Row, State, Theme, Undoable, View } from "./messages.ts";
import { Channel, isAbort, KernelError } from "./protocol.ts";
import { createItems } from "./rows.ts";
import { Selection } from "./selection.ts";
import { Store, type Ui } from "./store.ts";
import { createThumbnails } from "./thumbs.ts";
import { counted } from "./words.ts";

export type { Notice, Result, Session } from "./contract.ts";

const NOTHING: Result = { order: new Uint32Array(), total: 0, images: 0, facets: [], histogram: null };
const SELECT_MILLISECONDS = 60;
const SLOW_MILLISECONDS = 3000;
const LOST_MILLISECONDS = 10_000;
const MOST_MEMBERS = 200;

/** Begin a talk; `connect` shakes hands. */
export function createSession(model: Model): Session {
  const tellWhom = new Map<Event, Set<() => void>>();
  const heard: [string, () => void][] = [];
  let asked: { view: string; state: State } | null = null;
  let underWay: AbortController | null = null;
  let lostTimer: ReturnType<typeof setTimeout> | undefined;
  let slowTimer: ReturnType<typeof setTimeout> | undefined;
  let selectTimer: ReturnType<typeof setTimeout> | undefined;
  let openRequests = 0;
  let ownTheme: Theme | null = null;
  let disposed = false;
  const channel = new Channel(model);
  const thumbnails = createThumbnails((ids, side, signal) => channel.ask("thumbs", { ids, side }, { signal }), thumbSide());
  const rows = createItems((rows, signal) => fetchRows(rows, signal), () => tell("items"), (reason) => session.report(reason));
  const pictures = createItems((ids, signal) => fetchPictures(ids, signal), () => tell("items"), (reason) => session.report(reason));
  const session: Session = {
    channel,
    thumbnails,
    rows,
    pictures,
    selection: new Selection(),
    ui: new Store<Ui>({ group: null, groupTitle: "", details: false, drawer: false, narrow: false }),
    result: NOTHING as Result,
    /** Whether the first answer has come. */
    ready: false,
    /** Whether the last answer is to what was on show before: the user stays where they were. */
    staying: false,
    busy: false,
    slow: false,
    lost: false,
    notify: (_notice: Notice): void => {},

    // ---- what there is
    get views(): View[] {
      return model.get("views") ?? [];
    },

    get view(): View {
      const name = model.get("view");
      return session.views.find((view) => view.name === name) ?? { name, title: name, noun: "row", layout: "image", count: 0, missing: "", columns: [], sort: null, orders: [] };
    },

    get state(): State {
      return complete(model.get("state"));
    },

    get marks(): Record<string, Mark> {
      return model.get("marks") ?? {};
    },

    get undoable(): Undoable {
      return model.get("can_undo") ?? { mark: false, redo: false, apply: false };
    },

    get labels(): string[] {
      return model.get("labels") ?? [];
    },

    get title(): string {
      return model.get("title") ?? "";
    },

    get preview(): string {
      return model.get("preview") ?? "";
    },

    get thumb(): number {
      return model.get("thumb") || 160;
    },

    get theme(): Theme {
      return ownTheme ?? model.get("theme") ?? "auto";
    },

    get height(): number {
      return model.get("height") || 640;
    },

    on(event: Event, listener: () => void): void {
      const listeners = tellWhom.get(event) ?? new Set();
      listeners.add(listener);
      tellWhom.set(event, listeners);
    },

    // ---- the life of it
    /** Shake hands and ask for the first rows. When nobody answers say so; who answers late is still welcome. */
    async connect(first = true): Promise<void> {
      clearTimeout(lostTimer);
      lostTimer = setTimeout(() => lose(), LOST_MILLISECONDS);
      try {
        // Not one after the other: it is the first thing that the user waits for.
        const [binary] = await Promise.all([session.channel.hello(), first && session.query()]);
        clearTimeout(lostTimer);
        const was = session.lost;
        session.lost = false;
        if (was) tell("lost");
        if (!binary || (was && !first)) await session.query(session.state, "stay");
      } catch (reason) {
        if (isAbort(reason)) return;
        lose();
      }
    },

    dispose(): void {
      disposed = true;
      clearTimeout(lostTimer);
      clearTimeout(slowTimer);
      if (selectTimer !== undefined) sendSelection();
      for (const [name, callback] of heard) model.off(name, callback);
      underWay?.abort();
      session.rows.clear();
      session.pictures.clear();
      session.thumbnails.dispose();
      session.channel.close();
      tellWhom.clear();
    },

    // ---- view, filter, order
    show(name: string): void {
      if (name === session.view.name || session.views.find((view) => view.name === name)?.missing) return;
      ask(name, { text: "", facets: {}, range: null, sort: null });
    },

    /** Filter or sort. While a slider moves, `keep` is false: the kernel answers, the trait follows at the end. */
    change(state: State, keep = true): void {
      if (keep) ask(session.view.name, state);
      else void session.query(state);
    },

    /** Ask which rows match, in which order. */
    async query(state = session.state, place: "start" | "stay" = "start"): Promise<void> {
      const view = session.view.name;
      const before = asked;
      asked = { view, state };
      underWay?.abort();
      const querying = new AbortController();
      underWay = querying;
      try {
        const reply = await session.channel.ask("query", { view, state }, { signal: querying.signal });
        if (before?.view !== view || before.state.sort?.column !== state.sort?.column || before.state.range?.column !== state.range?.column) session.rows.clear();
        const buffer = reply.buffers[0] ?? new ArrayBuffer(0);
        session.result = {
          order: new Uint32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
          total: reply.total, images: reply.images, facets: reply.facets, histogram: reply.histogram,
        };
        session.ready = true;
        session.staying = place === "stay" && before?.view === view;
        session.ui.set({ group: null });
        tell("result");
      } catch (reason) {
        if (isAbort(reason) || disposed) return;
        session.report(reason);
      } finally {
        if (underWay === querying) underWay = null;
      }
    },

    // ---- actions
    async similar(id: number): Promise<void> {
      await session.run(async () => {
        await session.channel.ask("similar", { id, k: 100 });
      });
    },

    mark(ids: number[], action: Action, label = ""): Promise<boolean> {
      return session.run(() => session.channel.ask("mark", { ids, action, label }));
    },

    unmark(ids: number[]): Promise<boolean> {
      return session.run(() => session.channel.ask("unmark", { ids }));
    },

    undoMark(): Promise<boolean> {
      return session.undoable.mark ? session.run(() => session.channel.ask("undo_mark")) : Promise.resolve(false);
    },

    redoMark(): Promise<boolean> {
      return session.undoable.redo ? session.run(() => session.channel.ask("redo_mark")) : Promise.resolve(false);
    },

    keepBest(rows: number[] | null): Promise<boolean> {
      return session.run(async () => {
        const { marked, kept } = await session.channel.ask("keep_best", { view: session.view.name, state: session.state, rows, rule: "largest" });
        session.notify({ tone: "done", message: `${counted(kept, "image")} kept, ${counted(marked - kept, "image")} marked for deletion.` });
      });
    },

    selectMatching(): Promise<boolean> {
      return session.run(() => session.channel.ask("select_matching", { view: session.view.name, state: session.state, which: "all" }));
    },

    /** All images of a row; those of a group beyond the first few are asked for. */
    async members(row: Row): Promise<number[]> {
      if (row.more === 0) return row.images.map(({ id }) => id);
      return (await session.channel.ask("members", { view: session.view.name, row: row.row })).ids;
    },

    async selectRow(row: Row): Promise<boolean> {
      return session.run(async () => session.selection.add(await session.members(row), true));
    },

    /** Undo what was applied to the files. */
    undoApplied(): Promise<boolean> {
      return session.run(async () => {
        const { text } = await session.channel.ask("undo");
        session.notify({ tone: "done", message: [text].flat().join(" ") });
      });
    },

    setThumb(side: number): void {
      model.set("thumb", side);
      model.save_changes();
      thumbChanged();
    },

    setTheme(theme: "light" | "dark"): void {
      ownTheme = theme;
      tell("look");
    },

    /** Do something with the kernel; what goes wrong is shown in the widget. */
    async run(work: () => Promise<unknown>): Promise<boolean> {
      try {
        await work();
        return true;
      } catch (reason) {
        session.report(reason);
        return false;
      }
    },

    /** Show what went wrong, wherever it came from. */
    report(reason: unknown): void {
      if (isAbort(reason) || disposed) return;
      if (reason instanceof KernelError) session.notify({ tone: "error", message: reason.message, hint: reason.hint });
      else session.notify({ tone: "error", message: `The explorer made a mistake: ${reason instanceof Error ? reason.message : String(reason)}`, hint: "Run the cell again; please report it if it comes back." });
    },
  };
  session.selection.take(model.get("selected") ?? []);
  session.selection.onChange = (byUser) => selectionChanged(byUser);
  session.channel.onWaiting = (open) => watchWaiting(open);
  session.channel.onUnasked = (message) => {
    if (message.kind === "changed") kernelChanged([message.what].flat(), message.ids);
    else if (message.kind === "error") session.notify({ tone: "error", message: message.message, ...(message.hint && { hint: message.hint }) });
    else lose();
  };
  hear("change:view", () => queueMicrotask(() => followModel()));
  hear("change:state", () => queueMicrotask(() => followModel()));
  hear("change:selected", () => session.selection.take(model.get("selected") ?? []));
  hear("change:marks", () => tell("marks"));
  hear("change:can_undo", () => tell("marks"));
  hear("change:views", () => tell("views"));
  hear("change:title", () => tell("views"));
  hear("change:theme", () => tell("look"));
  hear("change:height", () => tell("look"));
  hear("change:thumb", () => thumbChanged());
  // ipywidgets says so when the kernel went away; hosts that do not are noticed by their silence.
  hear("comm_live_update", () => void session.connect(false));

  function ask(view: string, state: State): void {
    model.set("view", view);
    model.set("state", state);
    model.save_changes();
    followModel();
  }

  function followModel(): void {
    const view = model.get("view");
    if (asked && asked.view === view && same(asked.state, session.state)) return;
    void session.query();
  }

  // ---- inside
  function hear(name: string, callback: () => void): void {
    model.on(name, callback);
    heard.push([name, callback]);
  }

  function tell(event: Event): void {
    if (disposed) return;
    for (const listener of [...(tellWhom.get(event) ?? [])]) listener();
  }

  async function fetchRows(rows: number[], signal: AbortSignal): Promise<Map<number, Row>> {
    const column = session.state.range?.column ?? session.state.sort?.column;
    const reply = await session.channel.ask("rows", { view: session.view.name, rows, ...(column && { column }) }, { signal });
    return new Map(reply.rows.map((row) => [row.row, row]));
  }

  async function fetchPictures(ids: number[], signal: AbortSignal): Promise<Map<number, Picture>> {
    const reply = await session.channel.ask("images", { ids: ids.slice(0, MOST_MEMBERS) }, { signal });
    return new Map(reply.images.map((picture) => [picture.id, picture]));
  }

  function kernelChanged(what: string[], ids?: number[] | null): void {
    if (what.includes("images")) session.thumbnails.forget(ids ?? null);
    if (what.includes("rows")) {
      session.rows.clear();
      session.pictures.clear();
      void session.query(session.state, "stay");
    }
  }

  function selectionChanged(byUser: boolean): void {
    tell("selected");
    if (byUser) selectTimer ??= setTimeout(() => sendSelection(), SELECT_MILLISECONDS);
  }

  function sendSelection(): void {
    clearTimeout(selectTimer);
    selectTimer = undefined;
    model.set("selected", session.selection.list());
    model.save_changes();
  }

  // Slow is a kernel that lets a request wait with no other answer meanwhile, not one that is asked a lot.
  function watchWaiting(open: number): void {
    const answered = open < openRequests;
    openRequests = open;
    if (answered || open === 0) {
      clearTimeout(slowTimer);
      slowTimer = undefined;
      setSlow(false);
    }
    if (open > 0) slowTimer ??= setTimeout(() => setSlow(true), SLOW_MILLISECONDS);
    if (session.busy !== open > 0) {
      session.busy = open > 0;
      tell("busy");
    }
  }

  function setSlow(slow: boolean): void {
    if (slow === session.slow) return;
    session.slow = slow;
    tell("busy");
  }

  function lose(): void {
    if (disposed) return;
    session.lost = true;
    tell("lost");
  }

  function thumbSide(): number {
    const wanted = (model.get("thumb") || 160) * Math.min(2, globalThis.devicePixelRatio || 1) * 1.2;
    return Math.min(512, Math.ceil(wanted / 64) * 64);
  }

  function thumbChanged(): void {
    session.thumbnails.resize(thumbSide());
    tell("thumb");
  }

  return session;
}
