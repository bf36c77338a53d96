// What a session offers to the other parts of the front end.

import type { Action, Facet, Histogram, Mark, Picture, Row, State, Theme, Undoable, View } from "./messages.ts";
import type { Channel } from "./protocol.ts";
import type { Items } from "./rows.ts";
import type { Selection } from "./selection.ts";
import type { Store, Ui } from "./store.ts";
import type { Thumbnails } from "./thumbs.ts";

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

/** One explorer's talk with its kernel. */
export interface Session {
  readonly channel: Channel;
  readonly thumbnails: Thumbnails;
  readonly rows: Items<Row>;
  readonly pictures: Items<Picture>;
  readonly selection: Selection;
  readonly ui: Store<Ui>;
  result: Result;
  /** Whether the first answer has come. */
  ready: boolean;
  /** Whether the last answer is to what was on show before: the user stays where they were. */
  staying: boolean;
  busy: boolean;
  slow: boolean;
  lost: boolean;
  notify: (notice: Notice) => void;
  readonly views: View[];
  readonly view: View;
  readonly state: State;
  readonly marks: Record<string, Mark>;
  readonly undoable: Undoable;
  readonly labels: string[];
  readonly title: string;
  readonly preview: string;
  readonly thumb: number;
  readonly theme: Theme;
  readonly height: number;
  on(event: Event, listener: () => void): void;
  /** Shake hands and ask for the first rows. When nobody answers say so; who answers late is still welcome. */
  connect(first?: boolean): Promise<void>;
  dispose(): void;
  show(name: string): void;
  /** Filter or sort. While a slider moves, `keep` is false: the kernel answers, the trait follows at the end. */
  change(state: State, keep?: boolean): void;
  /** Ask which rows match, in which order. */
  query(state?: State, place?: "start" | "stay"): Promise<void>;
  similar(id: number): Promise<void>;
  mark(ids: number[], action: Action, label?: string): Promise<boolean>;
  unmark(ids: number[]): Promise<boolean>;
  undoMark(): Promise<boolean>;
  redoMark(): Promise<boolean>;
  keepBest(rows: number[] | null): Promise<boolean>;
  selectMatching(): Promise<boolean>;
  /** All images of a row; those of a group beyond the first few are asked for. */
  members(row: Row): Promise<number[]>;
  selectRow(row: Row): Promise<boolean>;
  /** Undo what was applied to the files. */
  undoApplied(): Promise<boolean>;
  setThumb(side: number): void;
  setTheme(theme: "light" | "dark"): void;
  /** Do something with the kernel; what goes wrong is shown in the widget. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  /** Show what went wrong, wherever it came from. */
  report(reason: unknown): void;
}
