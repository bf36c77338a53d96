// Looking closer: one picture large, or two compared. Opens above the whole page.

import { type Child, focusedBeside, h, iconButton, newId, on, own, setText } from "./dom.ts";
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

export function createLightbox(session: Session, root: HTMLElement, host: LightboxHost) {
  let raised: HTMLDialogElement | null = null;
  let tour: Walk | null = null;
  let current: Mode = "side";
  let pose: Pose = FIT;
  let panes: Pane[] = [];
  let active = 0;
  let loading = new AbortController();
  let urls: string[] = [];
  let stops: (() => void)[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let second = false;
  const stage = h("div.stage");
  const footers = h("div.footers");
  const numberText = h("span.soft");
  const aboutText = h("b");
  const zoomText = h("output", { "aria-label": "Zoom" });
  const blend = h("input", { type: "range", min: "0", max: "100", value: "50", "aria-label": "Blend: how much of the second picture" });
  const modes: HTMLElement = h("div.modes", { role: "group", "aria-label": "Compare" }, ...MODES.map(([mode, title], at) =>
    h("button", { "data-mode": mode, title: `${title} (${at + 1})`, onclick: () => setMode(mode) }, title)));
  on(blend, "input", () => stage.style.setProperty("--blend", String(Number(blend.value) / 100)));
  listenToStage();
  session.on("marks", () => drawFooters());
  session.on("selected", () => drawFooters());

  async function open(walk: Walk): Promise<void> {
    const slide = await walk.slide(walk.at);
    if (!slide) return;
    tour = walk;
    if (!raised) raise();
    draw(slide);
  }

  function close(): void {
    raised?.close();
  }

  function dispose(): void {
    close();
    clear();
  }

  // ---- the frame
  function raise(): void {
    const id = newId("lightbox");
    const back = focusedBeside(root);
    const tool = (title: string, key: string, name: IconName, run: () => void): HTMLElement => iconButton(title, key, icon(name), run);
    const dialog = h(
      "dialog.lightbox", { "aria-labelledby": id },
      h("header", {},
        h("h2", { id }, numberText, " ", aboutText), modes, blend,
        h("div.zoomtools", {},
          tool("Smaller", "−", "minus", () => zoom(1 / 1.5)), zoomText, tool("Larger", "+", "plus", () => zoom(1.5)),
          h("span.step", {}, tool("Previous", "←", "left", () => void step(-1)), tool("Next", "→", "right", () => void step(1))), tool("Close", "Esc", "close", () => dialog.close()))),
      stage, footers,
    );
    on(dialog, "keydown", (event) => pressed(event));
    on(dialog, "close", () => {
      dialog.remove();
      raised = null;
      clear();
      const walk = tour;
      tour = null;
      if (walk && walk.at >= 0) walk.went(walk.at);
      else if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
    });
    raised = dialog;
    root.append(dialog);
    dialog.showModal();
    dialog.querySelector<HTMLElement>(".zoomtools > button:last-child")?.focus();
  }

  function clear(): void {
    loading.abort();
    clearInterval(timer);
    for (const stop of stops) stop();
    for (const url of urls) URL.revokeObjectURL(url);
    stops = [];
    urls = [];
    panes = [];
    stage.replaceChildren();
    footers.replaceChildren();
  }

  function draw({ pictures, words }: Slide): void {
    clear();
    loading = new AbortController();
    pose = FIT;
    active = Math.min(active, pictures.length - 1);
    const steps = raised?.querySelector<HTMLElement>(".step");
    if (steps) steps.hidden = tour?.length === 1;
    setText(numberText, tour && tour.length > 1 ? `${count(tour.at + 1)} / ${count(tour.length)}` : "");
    setText(aboutText, words);
    panes = pictures.map((picture) => makePane(picture));
    stage.replaceChildren(...panes.map(({ element }) => element));
    footers.replaceChildren(...panes.map(({ footer }) => footer));
    modes.hidden = pictures.length < 2;
    setMode(pictures.length < 2 ? "side" : current, pictures.length >= 2);
    drawFooters();
    place();
  }

  // The thumbnail is here at once; the picture itself takes its place when it comes.
  function makePane(picture: Picture): Pane {
    const image = h("img", { alt: picture.name, draggable: "false" });
    const element = h("div.pane", {}, image);
    const { signal } = loading;
    let large = false;
    stops.push(session.thumbnails.watch(picture.id, ({ url }) => {
      if (url && !large) image.src = url;
    }));
    element.classList.add("loading");
    session.channel.ask("image", { id: picture.id, side: SIDE }, { signal }).then(
      ({ buffers: [buffer], mime }) => {
        if (signal.aborted || !buffer) return;
        large = true;
        const url = URL.createObjectURL(new Blob([buffer], { type: mime }));
        urls.push(url);
        image.src = url;
        element.classList.remove("loading");
      },
      (reason: unknown) => {
        if (isAbort(reason)) return;
        element.classList.remove("loading");
        element.append(h("p.missing", {}, reason instanceof Error ? reason.message : String(reason)));
      },
    );
    return { element, image, picture, footer: h("div.footer") };
  }

  function drawFooters(): void {
    panes.forEach(({ element, footer, picture }, at) => {
      const two = panes.length > 1;
      footer.classList.toggle("active", two && at === active);
      element.classList.toggle("active", two && at === active && current === "side");
      const mark = host.marks()[picture.id];
      const act = (title: string, key: string, name: IconName, action: "keep" | "delete" | "relabel"): HTMLElement =>
        h("button", { "aria-pressed": String(mark?.action === action), title: `${title} (${key})`, "data-action": action, onclick: () => host.act([picture.id], action) }, icon(name), h("span", {}, title));
      const size = picture.width && picture.height ? `${picture.width} × ${picture.height}` : "";
      const focused = focusedBeside(footer);
      const kept = focused instanceof HTMLElement && footer.contains(focused) ? focused.dataset["action"] : undefined;
      footer.replaceChildren(...[
        h("p", {}, own(picture.name, { class: "name", title: picture.name }), h("span.soft", {}, [picture.folder, size, picture.bytes === null ? "" : fileSize(picture.bytes)].filter(Boolean).join(" · "))),
        h("div.chips", {}, ...picture.labels.map((label): Child => own(label, { class: "chip" })), mark?.action === "relabel" && own(`→ ${mark.label ?? ""}`, { class: "chip new" })),
        h("div.acts", {},
          h("button", { "aria-pressed": String(session.selection.has(picture.id)), title: "Select (Space)", "data-action": "select", onclick: () => session.selection.toggle(picture.id) }, icon("select"), h("span", {}, "Select")),
          act("Keep", "k", "keep", "keep"), act("Delete", "x", "trash", "delete"), act("Relabel", "r", "label", "relabel")),
      ]);
      if (kept) footer.querySelector<HTMLElement>(`[data-action="${kept}"]`)?.focus();
    });
  }

  // ---- modes, zoom, steps
  function setMode(mode: Mode, remember = true): void {
    if (remember) current = mode;
    stage.dataset["mode"] = mode;
    stage.dataset["panes"] = String(panes.length);
    for (const button of modes.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset["mode"] === mode));
    blend.hidden = mode !== "blend" || panes.length < 2;
    stage.style.setProperty("--blend", String(Number(blend.value) / 100));
    clearInterval(timer);
    // Whoever asked for less motion swaps by hand.
    if (mode === "blink" && panes.length > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches) timer = setInterval(() => swap(), BLINK_MILLISECONDS);
    second = false;
    stage.classList.remove("second");
  }

  function swap(): void {
    second = !second;
    stage.classList.toggle("second", second);
  }

  function zoom(factor: number, at?: { x: number; y: number }): void {
    pose = zoomed(pose, factor, at);
    place();
  }

  function place(): void {
    for (const { image } of panes) image.style.transform = transformOf(pose);
    stage.classList.toggle("zoomed", pose.zoom > 1);
    setText(zoomText, `${Math.round(100 * pose.zoom)} %`);
  }

  async function step(by: number): Promise<void> {
    const walk = tour;
    if (!walk) return;
    const next = walk.at + by;
    if (next < 0 || next >= walk.length) return;
    walk.at = next;
    await session.run(async () => {
      const slide = await walk.slide(next);
      if (tour !== walk || walk.at !== next) return; // went on meanwhile
      if (slide) draw(slide);
      else await step(by);
    });
  }

  function listenToStage(): void {
    const fromMiddle = (event: MouseEvent): { x: number; y: number } => {
      const pane = panes.map(({ element }) => element.getBoundingClientRect()).find(({ left, right, top, bottom }) => event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom) ?? stage.getBoundingClientRect();
      return { x: event.clientX - pane.left - pane.width / 2, y: event.clientY - pane.top - pane.height / 2 };
    };
    on(stage, "wheel", (event) => {
      event.preventDefault();
      event.stopPropagation();
      zoom(Math.exp(-event.deltaY / WHEEL), fromMiddle(event));
    }, { passive: false });
    on(stage, "dblclick", (event) => zoom(pose.zoom > 1 ? 0 : 3, fromMiddle(event)));
    let from: PointerEvent | null = null;
    on(stage, "pointerdown", (event) => {
      if (event.button !== 0) return;
      from = event;
      stage.setPointerCapture(event.pointerId);
      const at = panes.findIndex(({ element }) => element.contains(event.target as Node));
      if (at >= 0 && current === "side") choose(at);
    });
    on(stage, "pointermove", (event) => {
      if (!from) return;
      const { width, height } = (panes[0]?.element ?? stage).getBoundingClientRect();
      pose = panned(pose, event.clientX - from.clientX, event.clientY - from.clientY, width, height);
      from = event;
      place();
    });
    for (const end of ["pointerup", "pointercancel"] as const) on(stage, end, () => { from = null; });
  }

  function choose(at: number): void {
    if (at === active || at >= panes.length) return;
    active = at;
    drawFooters();
  }

  function pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === blend && event.key.startsWith("Arrow")) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement && event.target.closest(".acts, .modes")) return;
    const picture = panes[active]?.picture;
    const two = panes.length > 1;
    const compare = (mode: Mode) => (): void => { if (two) setMode(mode); };
    const act = (action: "keep" | "delete" | "relabel" | "unmark") => (): void => { if (picture) host.act([picture.id], action); };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => void step(-1), ArrowRight: () => void step(1), ArrowUp: () => choose(0), ArrowDown: () => choose(1),
      "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: () => zoom(0),
      1: compare("side"), 2: compare("blend"), 3: compare("difference"), 4: compare("blink"),
      " ": () => { if (two && current === "blink") swap(); else if (picture) session.selection.toggle(picture.id); },
      k: act("keep"), x: act("delete"), Delete: act("delete"), r: act("relabel"), u: act("unmark"),
      s: () => { if (picture) { close(); host.similar(picture.id); } }, "?": () => host.help(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  return {
    get isOpen(): boolean {
      return raised !== null;
    },
    open, close, dispose,
  };
}

export type Lightbox = ReturnType<typeof createLightbox>;
