// The explorer widget: puts the parts together in a shadow root, for as long as it is on the page.

import { createActions, type Actions } from "./actions.ts";
import { createDetails } from "./details.ts";
import { h, on, setText } from "./dom.ts";
import { createGrid, type Grid } from "./grid.ts";
import { commandOf } from "./keys.ts";
import { createLightbox, type Lightbox } from "./lightbox.ts";
import { createMarksBar } from "./marksbar.ts";
import type { Model } from "./messages.ts";
import { createNotices } from "./notices.ts";
import { createSession } from "./session.ts";
import { createSidebar } from "./sidebar.ts";
import { membersOf, rowsOf } from "./source.ts";
import { hideStill } from "./still.ts";
import style from "./style.css";
import { followTheme } from "./theme.ts";
import { createToolbar } from "./toolbar.ts";
import { count, counted, plural } from "./words.ts";

const NARROW = 800; // style.css says it, too

interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** Draw an explorer into an element; returns how to take it away. */
function render({ model, el, signal }: RenderProps): () => void {
  const ended = new AbortController();
  const host = h("div.fastdup-explorer", { "data-lm-suppress-shortcuts": "true" });
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  shadow.adoptedStyleSheets = [sheet];
  // The host element is the page's: what the page says of it (a font, a margin) must not reach the inside.
  host.style.cssText = "display: block; all: initial; display: block;";

  const session = createSession(model);
  const notices = createNotices();
  session.notify = (notice) => notices.show(notice);
  const root = h("div.explorer");
  const empty = h("div.empty");
  const heading = h("p.widgettitle");
  const lost = h("div.notice.error", { role: "alert" },
    h("p", {}, h("strong", {}, "The kernel does not answer. "), "It is busy, or was restarted: then run the cell again."),
    h("button", { onclick: () => void session.connect(false) }, "Try again"));
  lost.hidden = true;

  const grid: Grid = createGrid({
    thumbnails: session.thumbnails,
    thumb: () => session.thumb,
    isSelected: (id) => session.selection.has(id),
    mark: (id) => session.marks[id],
    focused: (place) => actions.focused(place),
    picked: (place, event) => actions.picked(place, event),
    wished: (wish, place) => actions.wished(wish, place),
  }, "Images");
  const lightbox: Lightbox = createLightbox(session, root, {
    marks: () => session.marks,
    act: (ids, action) => void actions.markImages(ids, action),
    help: () => actions.run("help"),
    similar: (id) => void session.similar(id),
  });
  const details = createDetails(session, { close: () => actions.run("details"), open: (ids, at) => void actions.openImages(ids, at) });
  const sidebar = createSidebar(session);
  const toolbar = createToolbar(session, (command) => actions.run(command));
  const marks = createMarksBar(session, root, (command) => actions.run(command));
  const actions: Actions = createActions({ session, root, grid, toolbar, sidebar, details, lightbox, marks });

  const main = h("section.main", { "aria-label": "Images" }, toolbar.element, lost, h("div.middle", {}, grid.element, empty, details.element, notices.element), marks.element);
  root.append(heading, h("div.body", {}, sidebar.element, h("div.shade", { onclick: () => actions.run("filters") }), main));
  shadow.append(root);

  // ---- what follows from what

  const look = followTheme(root, () => session.theme, ended.signal);
  const size = (): void => { root.style.height = `${session.height}px`; };
  const drawTitle = (): void => { setText(heading, session.title); heading.hidden = !session.title; };
  const drawEmpty = (): void => {
    const { view, result, ready } = session;
    const nothing = ready && session.ui.now.group === null && result.order.length === 0;
    empty.hidden = !nothing;
    if (!nothing) return;
    const filtered = result.total > 0;
    empty.replaceChildren(
      h("p", {}, view.missing || (filtered ? `None of the ${counted(result.total, view.noun)} matches.` : `There are no ${plural(view.noun)} here.`)),
      filtered ? h("button", { onclick: () => actions.clearFilters() }, "Clear all filters") : "",
    );
  };
  const drawGrid = (stay: boolean): void => {
    const label = `${session.view.title}, ${count(session.result.order.length)} ${plural(session.view.noun)}`;
    grid.show(rowsOf(session), label, stay);
    drawEmpty();
    actions.focused(grid.place);
  };
  session.on("result", () => drawGrid(session.staying));
  session.on("items", () => { grid.refreshItems(); actions.focused(grid.place); });
  session.on("selected", () => grid.refreshTiles());
  session.on("marks", () => grid.refreshTiles());
  session.on("thumb", () => grid.remeasure());
  session.on("look", () => { look(); size(); });
  session.on("views", () => { drawTitle(); drawEmpty(); });
  session.on("lost", () => { lost.hidden = !session.lost; });
  session.ui.listen((now, before) => {
    root.toggleAttribute("data-drawer", now.drawer && now.narrow);
    root.toggleAttribute("data-details", now.details);
    details.element.hidden = !now.details;
    if (now.group !== before.group && now.group === null && session.ready) drawGrid(true);
    else if (now.group !== before.group) grid.show(membersOf(session, actions.members), `All images of ${now.groupTitle}`);
    drawEmpty();
  });
  const widths = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0) session.ui.set({ narrow: entry.contentRect.width < NARROW });
  });
  widths.observe(root);

  // The host's own shortcuts must not act on keys pressed here, whatever the key.
  on(host, "keydown", (event) => { event.stopPropagation(); }, { signal: ended.signal });
  for (const name of ["keyup", "keypress", "paste", "copy", "cut"] as const) on(host, name, (event) => event.stopPropagation(), { signal: ended.signal });
  on(root, "keydown", (event) => {
    const command = commandOf(event);
    if (command && !event.defaultPrevented && actions.listensTo(event, command)) {
      event.preventDefault();
      actions.run(command);
    }
  }, { signal: ended.signal });
  on(root, "wheel", (event) => event.stopPropagation(), { passive: true, signal: ended.signal });

  size();
  drawTitle();
  drawEmpty();
  el.append(host);
  hideStill(session.preview, ended.signal);
  void session.connect();

  const dispose = (): void => {
    if (ended.signal.aborted) return;
    ended.abort();
    widths.disconnect();
    lightbox.dispose();
    details.dispose();
    sidebar.dispose();
    toolbar.dispose();
    notices.dispose();
    grid.dispose();
    session.dispose();
    host.remove();
  };
  signal?.addEventListener("abort", dispose);
  return dispose;
}

export default { render };
