// Line drawings of 16 by 16, in the colour of the text around.

import { s } from "./dom.ts";

const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  zoom: "M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4",
  similar: "M2 2h5v5H2zM9.5 2H14v5H9.500zM2 9.500h5V14H2zM11.7 9.500v4.600M9.4 11.800H14",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.500V11M8 5v.1",
  keep: "M3 8.5 6.5 12 13 4.5",
  trash: "M2.5 4.500h11M6 4.500V2.500h4v2M4 4.500l.7 9h6.600l.7-9M6.7 7.200v3.800M9.3 7.200v3.8",
  label: "M8.2 2H13a1 1 0 0 1 1 1v4.800L8 14 2 8zM11 5v.1",
  undo: "M6 3 2.5 6.5 6 10M3 6.500h6.500a3.5 3.5 0 0 1 0 7H7",
  redo: "M10 3l3.5 3.500L10 10M13 6.500H6.500a3.5 3.5 0 0 0 0 7H9",
  close: "M3.5 3.500l9 9M12.5 3.500l-9 9",
  filter: "M2 3h12L9.5 8.500v4L6.5 14V8.500z",
  theme: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12",
  left: "M10 3 5 8l5 5",
  right: "M6 3l5 5-5 5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  compare: "M2 3h5v10H2zM9 3h5v10H9z",
  select: "M2.5 2.500h11v11h-11zM5 8l2.2 2.200L11 6",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  copy: "M5.5 5.500V2.500h8v8h-3M2.5 5.500h8v8h-8z",
  best: "M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.200L8 11.400l-3.7 2.1.8-4.200L2 6.400l4.2-.500z",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGElement {
  return s("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, s("path", { d: PATHS[name] }));
}
