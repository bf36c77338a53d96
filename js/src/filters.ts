// What the user filters and sorts by: plain data, and what becomes of it.

import { EMPTY, type Column, type Range, type Sort, type State, type View } from "./messages.ts";

const MOST_VALUES = 100;
export const MOST_TEXT = 200;

/** The state with a facet's value put in or taken out. */
export function toggled(state: State, facet: string, value: string): State {
  const chosen = state.facets[facet] ?? [];
  const next = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value].slice(-MOST_VALUES);
  return withFacet(state, facet, next);
}

export function withFacet(state: State, facet: string, values: string[]): State {
  const facets = { ...state.facets };
  if (values.length > 0) facets[facet] = values;
  else delete facets[facet];
  return { ...state, facets };
}

/** The state limited to a range; both ends open lifts the limit, and keeps the column of the histogram. */
export const limited = (state: State, range: Range | null): State => ({ ...state, range });

/** Whether two states ask for the same; the order of values does not matter. */
export const same = (one: State, other: State): boolean => key(one) === key(other);

function key(state: State): string {
  const facets = Object.entries(state.facets).filter(([, values]) => values.length > 0).map(([name, values]) => [name, [...values].sort()]);
  facets.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
  const { range, sort } = state;
  return JSON.stringify([state.text.trim(), facets, range && [range.column, range.low, range.high], sort && [sort.column, sort.descending]]);
}

/** How many filters are on: the text, each facet, the range. */
export function active(state: State): number {
  const range = state.range && (state.range.low !== null || state.range.high !== null);
  return Number(state.text.trim() !== "") + Object.values(state.facets).filter((values) => values.length > 0).length + Number(Boolean(range));
}

/** The state without its filters; the order stays. */
export const cleared = (state: State): State => ({ ...EMPTY, sort: state.sort });

/** A state as it came from the kernel, with what may be missing put in. */
export const complete = (state: Partial<State> | undefined): State => ({ ...EMPTY, ...state, facets: { ...(state?.facets ?? {}) } });

/** What the view is sorted by. */
export function sortOf(state: State, view: View): Sort | null {
  const first = view.columns[0];
  return state.sort ?? view.sort ?? (first ? { column: first.name, descending: true } : null);
}

export const columnOf = (view: View, name: string | undefined): Column | undefined => view.columns.find((column) => column.name === name);

/** Words for the order of a column: its own for the view's first, plain ones for the rest. */
export function orderWords(view: View, column: string, descending: boolean): string {
  const own = view.columns[0]?.name === column ? view.orders : [];
  return own[descending ? 0 : 1] ?? (descending ? "largest first" : "smallest first");
}
