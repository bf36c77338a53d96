// Where the grid's cards come from: the rows of a view, or the members of one group.

import { columnOf, sortOf } from "./filters.ts";
import type { Column, Layout, Picture, Row } from "./messages.ts";
import type { Session } from "./session.ts";

export interface Source {
  readonly layout: Layout;
  readonly column: Column | undefined;
  readonly length: number;
  /** The row number in the view, or null where cards are single images of a group. */
  key(index: number): number | null;
  /** A row of the order: undefined when not here yet, null when it has gone. */
  row(index: number): Row | null | undefined;
  /** These are in sight, the last left out. */
  want(first: number, last: number): void;
  /** The rows, however far from sight they are. */
  fetch(indices: number[]): Promise<(Row | null)[]>;
}

/** The matching rows of the current view, in order. */
export function rowsOf(session: Session): Source {
  const { view, state } = session;
  const { order } = session.result;
  return {
    layout: view.layout,
    column: columnOf(view, state.range?.column ?? sortOf(state, view)?.column) ?? view.columns[0],
    length: order.length,
    key: (index) => order[index] ?? null,
    row: (index) => session.rows.get(order[index] ?? -1),
    want: (first, last) => session.rows.want([...order.subarray(first, last)]),
    fetch: (indices) => session.rows.fetchMany(indices.map((index) => order[index] ?? -1)),
  };
}

/** The images of one group, each a card of its own. */
export function membersOf(session: Session, ids: readonly number[]): Source {
  const { view } = session;
  const dressed = (picture: Picture | null | undefined): Row | null | undefined => picture && asRow(picture);
  return {
    layout: "image",
    column: undefined,
    length: ids.length,
    key: () => null,
    row: (index) => dressed(session.pictures.get(ids[index] ?? -1)),
    want: (first, last) => session.pictures.want(ids.slice(first, last)),
    fetch: async (indices) => (await session.pictures.fetchMany(indices.map((index) => ids[index] ?? -1))).map((picture) => picture && asRow(picture)),
  };
  function asRow(picture: Picture): Row {
    return { row: picture.id, title: view.noun, value: null, text: "", badges: [], facts: [], more: 0, images: [picture] };
  }
}
