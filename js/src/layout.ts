// How large cards and pictures are, for each kind of view; no DOM.

import type { Layout } from "./messages.ts";
import { columnsFor } from "./virtual.ts";

export interface Measures {
  /** Cards beside each other. */
  columns: number;
  /** Pixels of a card. */
  card: number;
  /** Pixels of one picture's tile, and of the picture in it. */
  tile: number;
  picture: number;
  /** Pixels from one line of cards to the next. */
  line: number;
  /** Pictures that a card of a group has room for. */
  shown: number;
  gap: number;
}

const GAP = 10;
const PADDING = 10; // of a card, each side, with its border
const BETWEEN = 8; // pictures of a card
const HEAD = 34;
export const CAPTION = 42;
const RATIO = 3 / 4;
const BESIDE = 0.8; // pictures beside others may be smaller
const MOST_TILES = 60;

/** Measure a view for a width in pixels; `thumb` is how wide a picture should be. */
export function measure(layout: Layout, width: number, thumb: number): Measures {
  const room = Math.max(width, 120);
  if (layout === "image") {
    const { columns, width: card } = columnsFor(room, Math.min(thumb, room), GAP);
    const picture = Math.round(card * RATIO);
    return { columns, card, tile: card, picture, line: picture + CAPTION + GAP, shown: 1, gap: GAP };
  }
  if (layout === "pair") {
    const narrowest = Math.min(room, 2 * thumb * BESIDE + BETWEEN + 2 * PADDING);
    const { columns, width: card } = columnsFor(room, narrowest, GAP);
    const tile = Math.floor((card - 2 * PADDING - BETWEEN) / 2);
    const picture = Math.round(tile * RATIO);
    return { columns, card, tile, picture, line: HEAD + picture + CAPTION + PADDING + GAP, shown: 2, gap: GAP };
  }
  const inside = room - 2 * PADDING;
  const { columns: shown, width: tile } = columnsFor(inside, Math.min(thumb * BESIDE, (inside - 2 * BETWEEN) / 3), BETWEEN);
  const picture = Math.round(tile * RATIO);
  return { columns: 1, card: room, tile, picture, line: HEAD + picture + CAPTION + PADDING + GAP, shown: Math.min(shown, MOST_TILES), gap: GAP };
}

/** Pictures of a row that are drawn: the last place goes to "+ n more" when not all fit. */
export function drawn(images: number, more: number, shown: number): { pictures: number; more: number } {
  if (more === 0 && images <= shown) return { pictures: images, more: 0 };
  const pictures = Math.max(1, Math.min(images, shown - 1));
  return { pictures, more: images - pictures + more };
}

/** A place in the grid: a row of the order, and a picture of the row. */
export interface Place {
  row: number;
  place: number;
}

export type Move = "left" | "right" | "up" | "down" | "pageup" | "pagedown" | "home" | "end";

/** Where a key leads from a place. `pictures` tells how many pictures of a row are drawn. */
export function moved({ row, place }: Place, move: Move, rows: number, columns: number, page: number, pictures: (row: number) => number): Place {
  if (rows === 0) return { row: 0, place: 0 };
  const last = rows - 1;
  const to = (next: number, at = place): Place => {
    const inside = Math.max(0, Math.min(last, next));
    return { row: inside, place: Math.max(0, Math.min(at, pictures(inside) - 1)) };
  };
  switch (move) {
    case "left": return place > 0 ? to(row, place - 1) : row > 0 ? to(row - 1, Infinity) : to(row);
    case "right": return place + 1 < pictures(row) ? to(row, place + 1) : row < last ? to(row + 1, 0) : to(row);
    case "up": return row - columns >= 0 ? to(row - columns) : to(row);
    case "down": return row + columns <= last ? to(row + columns) : Math.floor(row / columns) < Math.floor(last / columns) ? to(last) : to(row);
    case "pageup": return to(row - page * columns < 0 ? row % columns : row - page * columns);
    case "pagedown": return to(row + page * columns);
    case "home": return to(0, 0);
    case "end": return to(last, Infinity);
  }
}
