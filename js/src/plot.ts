// The plot widget; in a standalone page the same script draws what the page holds.

import { mount } from "./plot/chart.ts";
import { KernelHost, PageHost, type WidgetModel } from "./plot/hosts.ts";
import { hideStill } from "./still.ts";

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const closing = new AbortController();
  const box = document.createElement("div");
  box.className = "fastdup-plot";
  el.append(box);
  hideStill(model.get("preview") ?? "", closing.signal);
  void mount(box, new KernelHost(model, closing.signal), closing.signal);
  return () => {
    closing.abort();
    box.remove();
  };
}

const held = typeof document === "undefined" ? null : document.getElementById("fastdup_nb-plot-data");
const place = held && document.getElementById("fastdup_nb-plot");
if (held && place) void mount(place, new PageHost(JSON.parse(held.textContent ?? "")), new AbortController().signal);

export default { render };
