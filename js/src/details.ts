// The panel that tells all about one image.

import { type Child, h, iconButton, on, own } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Details, Picture } from "./messages.ts";
import { isAbort } from "./protocol.ts";
import type { Session } from "./session.ts";

const PAUSE_MILLISECONDS = 120;
const NEIGHBOURS = 6;

export interface DetailsHost {
  close(): void;
  open(ids: number[], at: number): void;
}

export function createDetails(session: Session, host: DetailsHost) {
  const body = h("div.detailsbody");
  let shown: number | null = null;
  let pending: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stops: (() => void)[] = [];
  const close = iconButton("Close details", "i", icon("close"), () => host.close());
  const element: HTMLElement = h("aside.details", { "aria-label": "Details", tabindex: "-1" }, h("header", {}, h("h2", {}, "Details"), close), body);
  element.hidden = true;

  /** Show the details of a picture, or nothing. */
  function show(picture: Picture | undefined, row: number | null): void {
    if (element.hidden || picture?.id === shown) return;
    shown = picture?.id ?? null;
    pending?.abort();
    clearTimeout(timer);
    if (!picture) {
      clear();
      body.replaceChildren(h("p.soft", {}, "No image is chosen."));
      return;
    }
    // Whoever walks through the grid does not want the details of every image on the way.
    timer = setTimeout(() => void fetch(picture, row), PAUSE_MILLISECONDS);
  }

  /** Show again what has changed. */
  function refresh(picture: Picture | undefined, row: number | null): void {
    shown = null;
    show(picture, row);
  }

  function dispose(): void {
    clearTimeout(timer);
    pending?.abort();
    clear();
  }

  function clear(): void {
    for (const stop of stops) stop();
    stops = [];
  }

  async function fetch(picture: Picture, row: number | null): Promise<void> {
    const asking = new AbortController();
    pending = asking;
    try {
      const details = await session.channel.ask("details", { id: picture.id, ...(row !== null && { view: session.view.name, row }) }, { signal: asking.signal });
      if (shown === picture.id) draw(picture, details);
    } catch (reason) {
      if (isAbort(reason)) return;
      clear();
      body.replaceChildren(h("p.soft", {}, reason instanceof Error ? reason.message : String(reason)));
    }
  }

  function draw(picture: Picture, details: Details): void {
    clear();
    const { labels, facts, why, neighbours, path, present } = details;
    const sections: Child[] = facts.filter(([, lines]) => lines.length > 0).map(([title, lines]) =>
      h("section", {}, h("h3", {}, title), h("dl", {}, ...lines.flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, own(value))]))));
    const near = neighbours.slice(0, NEIGHBOURS);
    const ids = [picture.id, ...near.map(({ id }) => id)];
    body.replaceChildren(
      h("button.preview", { "aria-label": `Look closer at ${picture.name}`, onclick: () => host.open([picture.id], 0) }, thumbnail(picture.id)),
      h("div.path", {}, own(path), iconButton("Copy the path", "", icon("copy"), () => void copy(path))),
      ...(present ? [] : [h("p.warning", {}, "The file is no longer there.")]),
      labels.length > 0 ? h("div.chips", {}, ...labels.map((label) => own(label, { class: "chip" }))) : "",
      why.length > 0 ? h("section", {}, h("h3", {}, "why it is here"), ...why.map((line) => h("p", {}, own(line)))) : "",
      h("button.wide", { onclick: () => void session.similar(picture.id) }, icon("similar"), "More like this"),
      near.length > 0
        ? h("section", {}, h("h3", {}, "most similar"), h("div.near", {}, ...near.map(({ id, similarity }, at) =>
            h("button", { "aria-label": `${similarity.toFixed(3)} similar: look closer`, onclick: () => host.open(ids, at + 1) }, thumbnail(id), h("span", {}, similarity.toFixed(3))))))
        : "",
      ...sections.filter((section): section is Node => section instanceof Node),
    );
  }

  function thumbnail(id: number): HTMLElement {
    const image = h("img", { alt: "", draggable: "false" });
    const frame = h("span.frame", {}, image);
    on(image, "load", () => frame.classList.add("here"), { once: true });
    stops.push(session.thumbnails.watch(id, ({ url, failed }) => {
      if (url) image.src = url;
      else frame.replaceChildren(h("span.missing", {}, failed));
    }));
    return frame;
  }

  async function copy(path: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(path);
      session.notify({ tone: "done", message: "The path is in the clipboard." });
    } catch {
      session.notify({ tone: "error", message: "The browser does not allow copying here.", hint: "Select the path and copy it." });
    }
  }

  return { element, show, refresh, dispose };
}

export type DetailsPanel = ReturnType<typeof createDetails>;
