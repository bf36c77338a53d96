// The cards of the grid: a row of a view with its pictures. A card is made for one row and never becomes another's.

import { type Child, h, on, own } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";
import { drawn, type Measures } from "./layout.ts";
import type { Column, Layout, Mark, Picture, Row } from "./messages.ts";
import type { Thumbnails } from "./thumbs.ts";
import { count, fileSize } from "./words.ts";

/** What can be asked of a picture or a card with the mouse; the keyboard has keys for each. */
export type Wish = "open" | "similar" | "details" | "compare" | "members" | "selectall" | "best";

export interface Surroundings {
  layout: Layout;
  measures: Measures;
  column: Column | undefined;
  thumbnails: Thumbnails;
  isSelected(id: number): boolean;
  mark(id: number): Mark | undefined;
}

/** One picture of a card. */
export interface Tile {
  readonly element: HTMLElement;
  readonly picture: Picture;
  /** Draw selection and mark anew. */
  refresh(): void;
  dispose(): void;
}

export interface Card {
  readonly element: HTMLElement;
  readonly tiles: Tile[];
  dispose(): void;
}

const MOST_LABELS = 3;
const MARKS: Record<Mark["action"], [string, IconName]> = { keep: ["keep", "keep"], delete: ["delete", "trash"], relabel: ["relabel", "label"] };

const tool = (wish: Wish, title: string, name: IconName): HTMLElement =>
  h("button.tool", { tabindex: "-1", "data-wish": wish, title, "aria-label": title }, icon(name));

/** The texts under a picture, in the order they are read. */
interface Texts {
  score: string;
  labels: string[];
  size: string;
}

function textsOf(picture: Picture, row: Row, layout: Layout): Texts {
  const size = picture.width && picture.height ? `${picture.width}×${picture.height}` : "";
  const bytes = layout !== "pair" || picture.bytes === null ? "" : fileSize(picture.bytes);
  return {
    score: layout === "image" ? row.text || picture.text : layout === "pair" ? "" : picture.text,
    labels: picture.labels.slice(0, MOST_LABELS),
    size: [size, bytes].filter(Boolean).join(" · "),
  };
}

/** Describe a picture for those who hear it: what is read on it, and what stands in the head of its card. */
export function spoken(picture: Picture, row: Row, layout: Layout, mark: Mark | undefined): string {
  const { score, labels, size } = textsOf(picture, row, layout);
  const marked = mark && (mark.action === "relabel" ? mark.label : mark.action);
  return [picture.name, score, ...labels, size, marked, layout === "pair" && `similarity ${row.text}`].filter(Boolean).join(", ");
}

function makeTile(picture: Picture, row: Row, place: number, around: Surroundings): Tile {
  const image = h("img", { alt: "", draggable: "false", decoding: "async" });
  const frame = h("div.frame", {}, image);
  const name = own(picture.name, { class: "name", title: [picture.folder, picture.name].filter(Boolean).join("/") });
  const badge = h("span.mark");
  const meta = h("div.meta", {}, ...captions(picture, row, around.layout));
  const tools = h("div.tools", {}, tool("similar", "More like this (s)", "similar"), tool("details", "Details (i)", "info"), tool("open", "Look closer (Enter)", "zoom"));
  const tick = h("span.tick", { "aria-hidden": "true" }, icon("keep"));
  const element = h("div.tile", { role: "gridcell", tabindex: "-1", "data-id": picture.id, "data-place": place }, frame, tick, tools, h("div.caption", {}, name, " ", meta), " ", badge);
  const fade = (): void => frame.classList.add("here");
  on(image, "load", fade, { once: true });
  const stop = around.thumbnails.watch(picture.id, ({ url, failed }) => {
    frame.querySelector(".missing")?.remove();
    if (url) image.src = url;
    else {
      image.removeAttribute("src");
      frame.append(h("span.missing", {}, failed));
    }
  });
  const refresh = (): void => {
    const mark = around.mark(picture.id);
    element.setAttribute("aria-selected", String(around.isSelected(picture.id)));
    element.setAttribute("aria-label", spoken(picture, row, around.layout, mark));
    if (mark) element.dataset["mark"] = mark.action;
    else delete element.dataset["mark"];
    badge.replaceChildren(...(mark ? [icon(MARKS[mark.action][1]), mark.action === "relabel" ? own(mark.label ?? "") : MARKS[mark.action][0]] : []));
  };
  refresh();
  return { element, picture, refresh, dispose: stop };
}

function captions(picture: Picture, row: Row, layout: Layout): Child[] {
  const { score, labels, size } = textsOf(picture, row, layout);
  // The blanks part the words for those who hear them.
  return [score && h("b", {}, score), labels.map((label) => [" ", own(label, { class: "chip", title: label })]), " ", h("span.soft", {}, size)];
}

function head(row: Row, number: number, around: Surroundings): HTMLElement {
  const similarity = around.column?.form === "similarity" && row.value !== null;
  const group = around.layout === "group";
  const counts = around.column?.form === "whole"; // "12 images", but "label score 12"
  return h(
    "div.head", { role: "rowheader" },
    h("span.no", {}, count(number + 1)),
    row.title && h("span.title", { dir: "ltr" }, row.title),
    // "12 images" and then "12" again would tell nothing.
    row.text && !row.title.startsWith(`${row.text} `) && [
      !similarity && !counts && around.column && h("span.soft", {}, around.column.title), h("b", {}, row.text), counts && around.column?.title,
    ],
    similarity && h("span.meter", { style: `--s:${Math.max(0, Math.min(1, row.value ?? 0))}` }),
    ...row.badges.map(({ text, tone }) => h("em", { class: tone }, text)),
    h("span.facts", { dir: "ltr" }, row.facts.map(([key, value]) => `${key} ${value}`).join(" · ")),
    h("span.headtools", {},
      around.layout !== "neighbours" && tool("best", "Keep the largest, mark the others (b)", "best"),
      group ? tool("members", "Show all images (o)", "zoom") : tool("compare", "Compare (c)", "compare"),
      tool("selectall", "Select all images of this row (a)", "select")),
  );
}

/** Make the card of a row. `number` is its place in the order. */
export function makeCard(row: Row, number: number, around: Surroundings): Card {
  const { layout, measures } = around;
  const { pictures, more } = layout === "image" ? { pictures: 1, more: 0 } : drawn(row.images.length, row.more, measures.shown);
  const tiles = row.images.slice(0, pictures).map((picture, place) => makeTile(picture, row, place, around));
  const dispose = (): void => tiles.forEach((tile) => tile.dispose());
  if (layout === "image") {
    const [tile] = tiles;
    const element = tile?.element ?? blank(around);
    element.classList.add("card");
    return { element, tiles, dispose };
  }
  const rest = more > 0 && h("button.more", { tabindex: "-1", "data-wish": "members", title: "Show all images (o)" }, `+ ${count(more)}`);
  const strip = h("div.strip", { role: "presentation" }, ...tiles.map(({ element }) => element), rest && h("div.moretile", { role: "gridcell" }, rest));
  if (layout === "neighbours") tiles[0]?.element.classList.add("asked");
  return { element: h("div.card", { role: "row", "aria-rowindex": number + 1 }, head(row, number, around), strip), tiles, dispose };
}

/** A card whose row is not here yet, or has gone. */
export function blank({ layout }: Pick<Surroundings, "layout">, gone = false): HTMLElement {
  const role = layout === "image" ? { role: "gridcell" } : {};
  const words = gone ? "no longer there" : "";
  if (layout === "image") return h("div", { ...role, class: "card tile blank" }, h("div.frame", {}, words && h("span.missing", {}, words)));
  return h("div.card.blank", { role: "row" }, h("div.head", { role: "rowheader" }, h("span.facts", {}, words || "…")));
}
