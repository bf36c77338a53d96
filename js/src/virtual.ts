// The arithmetic of showing a few lines of very many; no DOM here.

/** Lines of equal height, of which a window is seen through a scroll area that may be shorter than all of them. */
export interface Scale {
  /** Lines there are. */
  lines: number;
  /** Pixels of a line, gap included. */
  line: number;
  /** Pixels of the window. */
  window: number;
}

// Browsers lose whole pixels beyond 2^24 and clip elements at 16 to 33 million: 4 million keep half a pixel.
export const TALLEST = 4_000_000;

/** Pixels that all lines need. */
export const fullHeight = ({ lines, line }: Scale): number => lines * line;

/** Pixels the scroll area is made: all of them, or as many as a browser bears. */
export const areaHeight = (scale: Scale): number => Math.min(fullHeight(scale), TALLEST);

const reach = (height: number, window: number): number => Math.max(0, height - window);
const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

// Pixels at either end where area and full height agree: the first and last lines are reached without a jump.
const ENDS = 200_000;

/** Where the area must be scrolled to for a position in the full height: the same near the ends, squeezed between them. */
export function areaTop(scale: Scale, position: number): number {
  const full = reach(fullHeight(scale), scale.window), area = reach(areaHeight(scale), scale.window);
  const at = within(position, full);
  if (full === area || at <= ENDS) return at;
  if (at >= full - ENDS) return area - (full - at);
  return ENDS + ((at - ENDS) / (full - 2 * ENDS)) * (area - 2 * ENDS);
}

/** The position in the full height for where the area is scrolled to: the inverse of `areaTop`. */
export function positionAt(scale: Scale, top: number): number {
  const full = reach(fullHeight(scale), scale.window), area = reach(areaHeight(scale), scale.window);
  const at = within(top, area);
  if (full === area || at <= ENDS) return at;
  if (at >= area - ENDS) return full - (area - at);
  return ENDS + ((at - ENDS) / (area - 2 * ENDS)) * (full - 2 * ENDS);
}

/**
 * Follow the scroll area: a small move is taken as it is, pixel for pixel, so that a wheel's notch never jumps over lines;
 * a large one (the scroll bar was dragged) goes where the area says. After small moves the area is to be brought back to
 * `areaTop` once it rests.
 */
export function follow(scale: Scale, position: number, before: number, top: number): number {
  const full = reach(fullHeight(scale), scale.window);
  if (full === reach(areaHeight(scale), scale.window)) return within(top, full);
  const moved = top - before;
  return Math.abs(moved) > 2 * scale.window ? positionAt(scale, top) : within(position + moved, full);
}

/** The lines to draw: those in the window and some ahead, first to last, the last left out. */
export function linesAt(scale: Scale, position: number, ahead: number): [number, number] {
  if (scale.line <= 0 || scale.lines === 0) return [0, 0];
  const first = Math.floor(position / scale.line) - ahead;
  const last = Math.ceil((position + scale.window) / scale.line) + ahead;
  return [Math.max(0, first), Math.min(scale.lines, Math.max(last, 0))];
}

/** Where to move to so that a line is in the window, as near as possible. */
export function reveal(scale: Scale, position: number, line: number, margin = 0): number {
  const top = line * scale.line, bottom = top + scale.line;
  const most = reach(fullHeight(scale), scale.window);
  if (top - margin < position) return within(top - margin, most);
  if (bottom + margin > position + scale.window) return within(scale.line > scale.window ? top : bottom + margin - scale.window, most);
  return position;
}

/** How many columns of at least `narrowest` pixels fit, and how wide each becomes. */
export function columnsFor(width: number, narrowest: number, gap: number): { columns: number; width: number } {
  const columns = Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
  return { columns, width: Math.max(0, Math.floor((width - gap * (columns - 1)) / columns)) };
}
