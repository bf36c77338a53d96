// Zoom and pan of one or two pictures at once; no DOM.

export interface Pose {
  /** 1 = fits the pane. */
  zoom: number;
  /** Pixels that the middle of the picture has moved from the middle of its pane. */
  x: number;
  y: number;
}

export const FIT: Pose = { zoom: 1, x: 0, y: 0 };
const MOST = 32;

/** Zoom by a factor, so that the point under the cursor (from the middle of the pane) stays where it is. */
export function zoomed({ zoom, x, y }: Pose, factor: number, at: { x: number; y: number } = { x: 0, y: 0 }): Pose {
  const next = Math.min(MOST, Math.max(1, zoom * factor));
  if (next === 1) return FIT;
  const grown = next / zoom;
  return { zoom: next, x: at.x - (at.x - x) * grown, y: at.y - (at.y - y) * grown };
}

/** Move, not further than that the picture's edge comes to the pane's middle. */
export function panned({ zoom, x, y }: Pose, byX: number, byY: number, width: number, height: number): Pose {
  if (zoom === 1) return FIT;
  const clamp = (value: number, most: number): number => Math.min(most, Math.max(-most, value));
  return { zoom, x: clamp(x + byX, (width * zoom) / 2), y: clamp(y + byY, (height * zoom) / 2) };
}

export const transformOf = ({ zoom, x, y }: Pose): string => `translate(${x}px, ${y}px) scale(${zoom})`;
