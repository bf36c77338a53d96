// A plot in an element: BokehJS draws, this adds the tooltip with pictures, the row below, and the colours of the host.

import { h, own } from "../dom.ts";
import { followTheme } from "../theme.ts";
import { loadBokeh, named, type Plot, type Source, type Span } from "./bokeh.ts";
import type { Host } from "./hosts.ts";
import { manageSelection } from "./points.ts";
import { manageRange } from "./range.ts";
import { showTips } from "./tooltip.ts";
import style from "./plot.css";

const SOURCE = "fastdup_nb-points";
const RANGE = "fastdup_nb-range";
const LAYOUT_MS = 100;

// A canvas is reached by no style sheet.
const PAINTED: Record<string, string[]> = {
  "--ink": ["axis_label_text_color", "major_label_text_color", "label_text_color", "title_text_color"],
  "--line": ["axis_line_color", "major_tick_line_color", "grid_line_color"],
};

const attached = (element: HTMLElement): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => (element.isConnected ? resolve() : void requestAnimationFrame(look));
    look();
  });

function paint(plot: Plot, root: HTMLElement): void {
  const colours = getComputedStyle(root);
  for (const model of plot.references()) {
    for (const [variable, names] of Object.entries(PAINTED)) {
      const colour = colours.getPropertyValue(variable).trim();
      for (const name of names) if (name in model.properties) model[name] = colour;
    }
  }
  (plot["title"] as Record<string, unknown>)["text_color"] = colours.getPropertyValue("--ink").trim();
}

/** Draw the plot of a host into an element. */
export async function mount(element: HTMLElement, host: Host, signal: AbortSignal): Promise<void> {
  const stage = h("div", { class: "stage", tabindex: "0", role: "figure", "aria-label": host.kind === "map" ? "Embedding map" : "Histogram", "data-lm-suppress-shortcuts": "true" });
  const root = h("div", { class: "plot" }, h("style", {}, style), stage);
  const shadow = element.attachShadow({ mode: "open" });
  shadow.append(root);
  const waiting = h("p", { class: "note", role: "status" }, "Loading the plot…");
  stage.append(waiting);
  try {
    const [bokeh, item] = await Promise.all([loadBokeh(host.version, () => host.bokeh()), host.item()]);
    await attached(element);
    if (signal.aborted) return;
    const canvas = h("div", { class: "canvas" });
    stage.append(canvas);
    const { roots } = await bokeh.embed.embed_item(item as never, canvas);
    const view = roots[0];
    if (!view) throw new Error("BokehJS drew nothing.");
    waiting.remove();
    signal.addEventListener("abort", () => view.remove());
    const plot = view.model;
    const repaint = (): void => {
      paint(plot, root);
      // New colours make BokehJS measure the legend again, too early: it would lie on the toolbar.
      setTimeout(() => !signal.aborted && view.invalidate_layout?.(), LAYOUT_MS);
    };
    const lookAgain = followTheme(root, () => host.theme(), signal);
    new MutationObserver(repaint).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
    host.onChange((what) => what === "theme" && lookAgain());
    repaint();
    const source = named<Source>(plot, SOURCE);
    if (!source) return;
    for (const model of plot.references()) if ("tooltips" in model.properties) model["tooltips"] = null;
    showTips(stage, source, host, signal);
    const span = named<Span>(plot, RANGE);
    if (span) root.append(manageRange(plot, source, span, host, stage, signal));
    else if (source.data["id"]) root.append(manageSelection(plot, source, host, stage, signal));
    if (host.note) root.append(h("p", { class: "note" }, own(host.note)));
    root.dataset["ready"] = "true";
  } catch (reason) {
    if (signal.aborted) return;
    waiting.remove();
    stage.replaceChildren(h("p", { class: "note", role: "alert" }, `The plot cannot be shown. ${reason instanceof Error ? reason.message : ""}`));
  }
}
