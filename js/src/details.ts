// The panel that tells all about one image.

import { h, own, type Child } from "./dom.ts";
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

export class DetailsPanel {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #host: DetailsHost;
  readonly #body = h("div", { class: "detailsbody" });
  #shown: number | null = null;
  #asking: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stops: (() => void)[] = [];

  constructor(session: Session, host: DetailsHost) {
    this.#session = session;
    this.#host = host;
    const close = h("button", { type: "button", class: "iconbutton", "aria-label": "Close details", title: "Close (i)", onclick: () => host.close() }, icon("close"));
    this.element = h("aside", { class: "details", "aria-label": "Details", tabindex: "-1" }, h("header", {}, h("h2", {}, "Details"), close), this.#body);
    this.element.hidden = true;
  }

  /** Show the details of a picture, or nothing. */
  show(picture: Picture | undefined, row: number | null): void {
    if (this.element.hidden || picture?.id === this.#shown) return;
    this.#shown = picture?.id ?? null;
    this.#asking?.abort();
    clearTimeout(this.#timer);
    if (!picture) {
      this.#clear();
      this.#body.replaceChildren(h("p", { class: "soft" }, "No image is chosen."));
      return;
    }
    // Whoever walks through the grid does not want the details of every image on the way.
    this.#timer = setTimeout(() => void this.#fetch(picture, row), PAUSE_MILLISECONDS);
  }

  /** Show again what has changed. */
  refresh(picture: Picture | undefined, row: number | null): void {
    this.#shown = null;
    this.show(picture, row);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#clear();
  }

  #clear(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  async #fetch(picture: Picture, row: number | null): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const details = await this.#session.channel.ask("details", { id: picture.id, ...(row !== null && { view: this.#session.view.name, row }) }, { signal: asking.signal });
      if (this.#shown === picture.id) this.#draw(picture, details);
    } catch (reason) {
      if (isAbort(reason)) return;
      this.#clear();
      this.#body.replaceChildren(h("p", { class: "soft" }, reason instanceof Error ? reason.message : String(reason)));
    }
  }

  #draw(picture: Picture, details: Details): void {
    this.#clear();
    const { labels, facts, why, neighbours, path, present } = details;
    const sections: Child[] = facts.filter(([, lines]) => lines.length > 0).map(([title, lines]) =>
      h("section", {}, h("h3", {}, title), h("dl", {}, ...lines.flatMap(([key, value]) => [h("dt", {}, key), h("dd", {}, own(value))]))));
    const near = neighbours.slice(0, NEIGHBOURS);
    const ids = [picture.id, ...near.map(({ id }) => id)];
    this.#body.replaceChildren(
      h("button", { type: "button", class: "preview", "aria-label": `Look closer at ${picture.name}`, onclick: () => this.#host.open([picture.id], 0) }, this.#image(picture.id)),
      h("div", { class: "path" }, own(path), h("button", { type: "button", class: "iconbutton", "aria-label": "Copy the path", title: "Copy the path", onclick: () => void this.#copy(path) }, icon("copy"))),
      ...(present ? [] : [h("p", { class: "warning" }, "The file is no longer there.")]),
      labels.length > 0 ? h("div", { class: "chips" }, ...labels.map((label) => own(label, { class: "chip" }))) : "",
      why.length > 0 ? h("section", {}, h("h3", {}, "why it is here"), ...why.map((line) => h("p", {}, own(line)))) : "",
      h("button", { type: "button", class: "wide", onclick: () => void this.#session.similar(picture.id) }, icon("similar"), "More like this"),
      near.length > 0
        ? h("section", {}, h("h3", {}, "most similar"), h("div", { class: "near" }, ...near.map(({ id, similarity }, at) =>
            h("button", { type: "button", "aria-label": `Similarity ${similarity.toFixed(4)}: look closer`, onclick: () => this.#host.open(ids, at + 1) }, this.#image(id), h("span", {}, similarity.toFixed(3))))))
        : "",
      ...sections.filter((section): section is Node => section instanceof Node),
    );
  }

  #image(id: number): HTMLElement {
    const image = h("img", { alt: "", draggable: "false" });
    const frame = h("span", { class: "frame" }, image);
    image.addEventListener("load", () => frame.classList.add("here"), { once: true });
    this.#stops.push(this.#session.thumbs.watch(id, ({ url, failed }) => {
      if (url) image.src = url;
      else frame.replaceChildren(h("span", { class: "missing" }, failed));
    }));
    return frame;
  }

  async #copy(path: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(path);
      this.#session.notify({ tone: "done", message: "The path is in the clipboard." });
    } catch {
      this.#session.notify({ tone: "error", message: "The browser does not allow copying here.", hint: "Select the path and copy it." });
    }
  }
}
