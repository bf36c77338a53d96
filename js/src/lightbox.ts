// Looking closer: one picture large, or two compared. Opens above the whole page.

import { h, newId, own, setText, type Child } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";
import type { Mark, Picture } from "./messages.ts";
import { isAbort } from "./protocol.ts";
import type { Session } from "./session.ts";
import { count, fileSize } from "./words.ts";
import { FIT, panned, transformOf, zoomed, type Pose } from "./zoom.ts";

export type Mode = "side" | "blend" | "difference" | "blink";
const MODES: [Mode, string][] = [["side", "Side by side"], ["blend", "Blend"], ["difference", "Difference"], ["blink", "Blink"]];
const SIDE = 2048;
const BLINK_MILLISECONDS = 650;
const WHEEL = 400;

/** What is looked at: one picture, or two. */
export interface Slide {
  pictures: Picture[];
  /** Words about them: their similarity, say. */
  words: string;
}

/** A walk through slides; those not here yet are fetched. */
export interface Walk {
  length: number;
  at: number;
  slide(at: number): Promise<Slide | null>;
  /** Told where the user went, so that the grid is there when the lightbox closes. */
  went(at: number): void;
}

export interface LightboxHost {
  marks(): Record<string, Mark>;
  act(ids: number[], action: "keep" | "delete" | "relabel" | "unmark"): void;
  help(): void;
  similar(id: number): void;
}

interface Pane {
  element: HTMLElement;
  image: HTMLImageElement;
  footer: HTMLElement;
  picture: Picture;
}

export class Lightbox {
  readonly #session: Session;
  readonly #root: HTMLElement;
  readonly #host: LightboxHost;
  #dialog: HTMLDialogElement | null = null;
  #walk: Walk | null = null;
  #mode: Mode = "side";
  #pose: Pose = FIT;
  #panes: Pane[] = [];
  #active = 0;
  #loading = new AbortController();
  #urls: string[] = [];
  #stops: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #second = false;
  readonly #stage = h("div", { class: "stage" });
  readonly #footers = h("div", { class: "footers" });
  readonly #number = h("span", { class: "soft" });
  readonly #words = h("b", {});
  readonly #zoomText = h("output", { "aria-label": "Zoom" });
  readonly #modes: HTMLElement;
  readonly #blend = h("input", { type: "range", min: "0", max: "100", value: "50", "aria-label": "Blend: how much of the second picture" });

  constructor(session: Session, root: HTMLElement, host: LightboxHost) {
    this.#session = session;
    this.#root = root;
    this.#host = host;
    this.#modes = h("div", { class: "modes", role: "group", "aria-label": "Compare" }, ...MODES.map(([mode, title], at) =>
      h("button", { type: "button", "data-mode": mode, title: `${title} (${at + 1})`, onclick: () => this.#setMode(mode) }, title)));
    this.#blend.addEventListener("input", () => this.#stage.style.setProperty("--blend", String(Number(this.#blend.value) / 100)));
    this.#listenToStage();
    session.on("marks", () => this.#drawFooters());
    session.on("selected", () => this.#drawFooters());
  }

  get isOpen(): boolean {
    return this.#dialog !== null;
  }

  async open(walk: Walk): Promise<void> {
    const slide = await walk.slide(walk.at);
    if (!slide) return;
    this.#walk = walk;
    if (!this.#dialog) this.#raise();
    this.#draw(slide);
  }

  close(): void {
    this.#dialog?.close();
  }

  dispose(): void {
    this.close();
    this.#clear();
  }

  // ---- the frame

  #raise(): void {
    const id = newId("lightbox");
    const back = (this.#root.getRootNode() as ShadowRoot | Document).activeElement;
    const tool = (title: string, name: IconName, run: () => void): HTMLElement => h("button", { type: "button", class: "iconbutton", title, "aria-label": title, onclick: run }, icon(name));
    const dialog = h(
      "dialog", { class: "lightbox", "aria-labelledby": id },
      h("header", {},
        h("h2", { id }, this.#number, " ", this.#words), this.#modes, this.#blend,
        h("div", { class: "zoomtools" },
          tool("Smaller (−)", "minus", () => this.#zoom(1 / 1.5)), this.#zoomText, tool("Larger (+)", "plus", () => this.#zoom(1.5)),
          tool("Previous (←)", "left", () => void this.#step(-1)), tool("Next (→)", "right", () => void this.#step(1)), tool("Close (Esc)", "close", () => dialog.close()))),
      this.#stage, this.#footers,
    );
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("close", () => {
      dialog.remove();
      this.#dialog = null;
      this.#clear();
      const walk = this.#walk;
      this.#walk = null;
      if (walk && walk.at >= 0) walk.went(walk.at);
      else if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
    });
    this.#dialog = dialog;
    this.#root.append(dialog);
    dialog.showModal();
    dialog.querySelector<HTMLElement>("header .zoomtools button:last-child")?.focus();
  }

  #clear(): void {
    this.#loading.abort();
    clearInterval(this.#timer);
    for (const stop of this.#stops) stop();
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#stops = [];
    this.#urls = [];
    this.#panes = [];
    this.#stage.replaceChildren();
    this.#footers.replaceChildren();
  }

  #draw({ pictures, words }: Slide): void {
    this.#clear();
    this.#loading = new AbortController();
    this.#pose = FIT;
    this.#active = Math.min(this.#active, pictures.length - 1);
    setText(this.#number, this.#walk && this.#walk.length > 1 ? `${count(this.#walk.at + 1)} / ${count(this.#walk.length)}` : "");
    setText(this.#words, words);
    this.#panes = pictures.map((picture) => this.#pane(picture));
    this.#stage.replaceChildren(...this.#panes.map(({ element }) => element));
    this.#footers.replaceChildren(...this.#panes.map(({ footer }) => footer));
    this.#modes.hidden = pictures.length < 2;
    this.#setMode(pictures.length < 2 ? "side" : this.#mode, pictures.length >= 2);
    this.#drawFooters();
    this.#place();
  }

  // The thumbnail is here at once; the picture itself takes its place when it comes.
  #pane(picture: Picture): Pane {
    const image = h("img", { alt: picture.name, draggable: "false" });
    const element = h("div", { class: "pane" }, image);
    const { signal } = this.#loading;
    let large = false;
    this.#stops.push(this.#session.thumbs.watch(picture.id, ({ url }) => {
      if (url && !large) image.src = url;
    }));
    element.classList.add("loading");
    this.#session.channel.ask("image", { id: picture.id, side: SIDE }, { signal }).then(
      ({ buffers: [buffer], mime }) => {
        if (signal.aborted || !buffer) return;
        large = true;
        const url = URL.createObjectURL(new Blob([buffer], { type: mime }));
        this.#urls.push(url);
        image.src = url;
        element.classList.remove("loading");
      },
      (reason: unknown) => {
        if (isAbort(reason)) return;
        element.classList.remove("loading");
        element.append(h("p", { class: "missing" }, reason instanceof Error ? reason.message : String(reason)));
      },
    );
    return { element, image, picture, footer: h("div", { class: "footer" }) };
  }

  #drawFooters(): void {
    this.#panes.forEach(({ element, footer, picture }, at) => {
      const two = this.#panes.length > 1;
      footer.classList.toggle("active", two && at === this.#active);
      element.classList.toggle("active", two && at === this.#active && this.#mode === "side");
      const mark = this.#host.marks()[picture.id];
      const act = (title: string, key: string, name: IconName, action: "keep" | "delete" | "relabel"): HTMLElement =>
        h("button", { type: "button", "aria-pressed": String(mark?.action === action), title: `${title} (${key})`, "data-action": action, onclick: () => this.#host.act([picture.id], action) }, icon(name), h("span", {}, title));
      const size = picture.width && picture.height ? `${picture.width} × ${picture.height}` : "";
      const focused = (footer.getRootNode() as ShadowRoot | Document).activeElement;
      const kept = focused instanceof HTMLElement && footer.contains(focused) ? focused.dataset["action"] : undefined;
      footer.replaceChildren(...[
        h("p", {}, own(picture.name, { class: "name", title: picture.name }), h("span", { class: "soft" }, [picture.folder, size, picture.bytes === null ? "" : fileSize(picture.bytes)].filter(Boolean).join(" · "))),
        h("div", { class: "chips" }, ...picture.labels.map((label): Child => own(label, { class: "chip" })), mark?.action === "relabel" && own(`→ ${mark.label ?? ""}`, { class: "chip new" })),
        h("div", { class: "acts" },
          h("button", { type: "button", "aria-pressed": String(this.#session.selection.has(picture.id)), title: "Select (Space)", "data-action": "select", onclick: () => this.#session.selection.toggle(picture.id) }, icon("select"), h("span", {}, "Select")),
          act("Keep", "k", "keep", "keep"), act("Delete", "x", "trash", "delete"), act("Relabel", "r", "label", "relabel")),
      ]);
      if (kept) footer.querySelector<HTMLElement>(`[data-action="${kept}"]`)?.focus();
    });
  }

  // ---- modes, zoom, steps

  #setMode(mode: Mode, remember = true): void {
    if (remember) this.#mode = mode;
    this.#stage.dataset["mode"] = mode;
    this.#stage.dataset["panes"] = String(this.#panes.length);
    for (const button of this.#modes.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset["mode"] === mode));
    this.#blend.hidden = mode !== "blend" || this.#panes.length < 2;
    this.#stage.style.setProperty("--blend", String(Number(this.#blend.value) / 100));
    clearInterval(this.#timer);
    // Whoever asked for less motion swaps by hand.
    if (mode === "blink" && this.#panes.length > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.#timer = setInterval(() => this.#swap(), BLINK_MILLISECONDS);
    this.#second = false;
    this.#stage.classList.remove("second");
  }

  #swap(): void {
    this.#second = !this.#second;
    this.#stage.classList.toggle("second", this.#second);
  }

  #zoom(factor: number, at?: { x: number; y: number }): void {
    this.#pose = zoomed(this.#pose, factor, at);
    this.#place();
  }

  #place(): void {
    for (const { image } of this.#panes) image.style.transform = transformOf(this.#pose);
    this.#stage.classList.toggle("zoomed", this.#pose.zoom > 1);
    setText(this.#zoomText, `${Math.round(100 * this.#pose.zoom)} %`);
  }

  async #step(by: number): Promise<void> {
    const walk = this.#walk;
    if (!walk) return;
    const next = walk.at + by;
    if (next < 0 || next >= walk.length) return;
    walk.at = next;
    await this.#session.run(async () => {
      const slide = await walk.slide(next);
      if (this.#walk !== walk || walk.at !== next) return; // went on meanwhile
      if (slide) this.#draw(slide);
      else await this.#step(by);
    });
  }

  #listenToStage(): void {
    const stage = this.#stage;
    const fromMiddle = (event: MouseEvent): { x: number; y: number } => {
      const pane = this.#panes.map(({ element }) => element.getBoundingClientRect()).find(({ left, right, top, bottom }) => event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom) ?? stage.getBoundingClientRect();
      return { x: event.clientX - pane.left - pane.width / 2, y: event.clientY - pane.top - pane.height / 2 };
    };
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.#zoom(Math.exp(-event.deltaY / WHEEL), fromMiddle(event));
    }, { passive: false });
    stage.addEventListener("dblclick", (event) => this.#zoom(this.#pose.zoom > 1 ? 0 : 3, fromMiddle(event)));
    let from: PointerEvent | null = null;
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = event;
      stage.setPointerCapture(event.pointerId);
      const at = this.#panes.findIndex(({ element }) => element.contains(event.target as Node));
      if (at >= 0 && this.#mode === "side") this.#choose(at);
    });
    stage.addEventListener("pointermove", (event) => {
      if (!from) return;
      const { width, height } = (this.#panes[0]?.element ?? stage).getBoundingClientRect();
      this.#pose = panned(this.#pose, event.clientX - from.clientX, event.clientY - from.clientY, width, height);
      from = event;
      this.#place();
    });
    for (const end of ["pointerup", "pointercancel"] as const) stage.addEventListener(end, () => { from = null; });
  }

  #choose(at: number): void {
    if (at === this.#active || at >= this.#panes.length) return;
    this.#active = at;
    this.#drawFooters();
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.#blend && event.key.startsWith("Arrow")) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement && event.target.closest(".acts, .modes")) return;
    const current = this.#panes[this.#active]?.picture;
    const two = this.#panes.length > 1;
    const compare = (mode: Mode) => (): void => { if (two) this.#setMode(mode); };
    const act = (action: "keep" | "delete" | "relabel" | "unmark") => (): void => { if (current) this.#host.act([current.id], action); };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => void this.#step(-1), ArrowRight: () => void this.#step(1), ArrowUp: () => this.#choose(0), ArrowDown: () => this.#choose(1),
      "+": () => this.#zoom(1.5), "=": () => this.#zoom(1.5), "-": () => this.#zoom(1 / 1.5), 0: () => this.#zoom(0),
      1: compare("side"), 2: compare("blend"), 3: compare("difference"), 4: compare("blink"),
      " ": () => { if (two && this.#mode === "blink") this.#swap(); else if (current) this.#session.selection.toggle(current.id); },
      k: act("keep"), x: act("delete"), Delete: act("delete"), r: act("relabel"), u: act("unmark"),
      s: () => { if (current) { this.close(); this.#host.similar(current.id); } }, "?": () => this.#host.help(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
