// The points of a map that were chosen with the lasso, with the box or from outside.

import { h, setText } from "../dom.ts";
import type { Plot, Source } from "./bokeh.ts";
import type { Host } from "./hosts.ts";

/** Connect the selection of a plot and the host. Returns the row that tells of it. */
export function manageSelection(plot: Plot, source: Source, host: Host, stage: HTMLElement, signal: AbortSignal): HTMLElement {
  const ids = Array.from(source.data["id"] as ArrayLike<number>);
  const place = new Map(ids.map((id, index) => [id, index]));
  const none = h("button", { type: "button", hidden: true }, "Select none");
  const said = h("output", { "aria-live": "polite" });
  const named = [...plot.references()].some((model) => "click_policy" in model.properties);
  const hint = `Draw around points to select them; hold Shift to add.${named ? " Click a name at the right to hide its points." : ""}`;
  const row = h("div", { class: "controls" }, said, none, h("span", { class: "hint" }, hint));
  let quiet = false;

  const tell = (count: number): void => {
    setText(said, `${count.toLocaleString("en")} of ${ids.length.toLocaleString("en")} selected`);
    none.hidden = count === 0;
  };
  const put = (chosen: number[]): void => {
    quiet = true;
    source.selected["indices"] = chosen.map((id) => place.get(id)).filter((index) => index !== undefined);
    quiet = false;
    tell(source.selected.indices.length);
  };
  source.selected.change.connect(() => {
    if (quiet || signal.aborted) return;
    const chosen = source.selected.indices.map((index) => ids[index] ?? 0).sort((a, b) => a - b);
    tell(chosen.length);
    host.select(chosen);
  });
  const clear = (): void => {
    put([]);
    host.select([]);
  };
  none.addEventListener("click", clear, { signal });
  stage.addEventListener("keydown", (event) => event.key === "Escape" && source.selected.indices.length && clear(), { signal });
  host.onChange((what) => what === "selected" && put(host.selected()));
  put(host.selected());
  return row;
}
