// What the kernel and the front end say to each other; js/PROTOCOL.md says what it means.

export type Theme = "auto" | "light" | "dark";
export type Layout = "pair" | "group" | "image" | "neighbours";
export type Form = "similarity" | "number" | "whole" | "bytes" | "percent";
export type Action = "keep" | "delete" | "relabel";

export interface Column {
  name: string;
  title: string;
  form: Form;
}

export interface Sort {
  column: string;
  descending: boolean;
}

export interface Range {
  column: string;
  low: number | null;
  high: number | null;
}

export interface State {
  text: string;
  facets: Record<string, string[]>;
  range: Range | null;
  sort: Sort | null;
}

export interface View {
  name: string;
  title: string;
  noun: string;
  layout: Layout;
  count: number | null;
  missing: string;
  columns: Column[];
  sort: Sort | null;
  orders: string[];
}

export interface Mark {
  action: Action;
  label?: string;
}

export interface Undoable {
  mark: boolean;
  redo: boolean;
  apply: boolean;
}

/** The synced traits. */
export interface Traits {
  view: string;
  state: State;
  selected: number[];
  marks: Record<string, Mark>;
  views: View[];
  labels: string[];
  theme: Theme;
  height: number;
  thumb: number;
  title: string;
  can_undo: Undoable;
  /** The end of the class of the static picture beside the widget. */
  preview: string;
}

/** The part of an anywidget model that is used; hosts differ in the rest. */
export interface Model {
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(name: string, callback: (...values: never[]) => void): void;
  off(name: string, callback?: (...values: never[]) => void): void;
}

export interface Facet {
  name: string;
  title: string;
  values: [string, number][];
  more: number;
  chosen: string[];
}

export interface Histogram {
  column: string;
  edges: number[];
  counts: number[];
  inside: number[];
}

export interface Badge {
  text: string;
  tone: "exact" | "differ" | "plain";
}

export interface Picture {
  id: number;
  name: string;
  folder: string;
  labels: string[];
  width: number | null;
  height: number | null;
  bytes: number | null;
  value: number | null;
  text: string;
}

export interface Row {
  row: number;
  title: string;
  value: number | null;
  text: string;
  badges: Badge[];
  facts: [string, string][];
  /** The label the first image should probably have. */
  suggest?: string;
  more: number;
  images: Picture[];
}

export interface QueryReply {
  view: string;
  total: number;
  matching: number;
  facets: Facet[];
  histogram: Histogram | null;
  images: number;
}

export interface Details {
  id: number;
  path: string;
  labels: string[];
  present: boolean;
  facts: [string, [string, string][]][];
  why: string[];
  neighbours: { id: number; similarity: number }[];
}

export interface Plan {
  token: string;
  delete: number;
  relabel: number;
  bytes?: number;
  text: string[];
  refused: [number, string][];
}

export interface Replies {
  hello: { nonce: string; binary: boolean; version: string };
  mode: { binary: boolean };
  query: QueryReply;
  facet: { facet: string; values: [string, number][]; more: number };
  rows: { view: string; rows: Row[] };
  members: { view: string; row: number; ids: number[]; more: number };
  images: { images: Picture[] };
  thumbs: { ids: number[]; failed: Record<string, string> };
  image: { id: number; width: number; height: number; mime: string };
  details: Details;
  similar: { count: number };
  select_matching: { selected: number };
  mark: { marked: number };
  unmark: { marked: number };
  undo_mark: { text: string };
  redo_mark: { text: string };
  keep_best: { marked: number; kept: number };
  plan: Plan;
  apply: { text: string[]; undo: boolean; left: [number, string][] };
  undo: { text: string[] };
}

export type Kind = keyof Replies;

export const EMPTY: State = { text: "", facets: {}, range: null, sort: null };
