// What is under the pointer: a small picture and some lines of text.

import { h, own } from "../dom.ts";
import type { Model, Source } from "./bokeh.ts";
import type { Host } from "./hosts.ts";

const WAIT_MS = 60;
const GAP = 14;

/** Show the lines of `tip`, and the picture of `id`, of what the pointer is on. */
export function showTips(stage: HTMLElement, source: Source, host: Host, signal: AbortSignal): void {
  const box = h("div", { class: "tip", role: "tooltip", hidden: true });
  stage.append(box);
  const hits = new Map<string, number[]>();
  let shown = -1;
  let pointer = { x: 0, y: 0 };
  let timer: ReturnType<typeof setTimeout> | undefined;

  const place = (): void => {
    const { width, height } = stage.getBoundingClientRect();
    const left = pointer.x + GAP + box.offsetWidth > width ? pointer.x - GAP - box.offsetWidth : pointer.x + GAP;
    const top = Math.min(pointer.y + GAP, height - box.offsetHeight);
    box.style.transform = `translate(${Math.max(0, Math.round(left))}px, ${Math.max(0, Math.round(top))}px)`;
  };
  const hide = (): void => {
    clearTimeout(timer);
    shown = -1;
    box.hidden = true;
  };
  const show = (index: number): void => {
    if (index === shown) return;
    shown = index;
    const tips = source.data["tip"] as string[] | undefined;
    const [title = "", ...lines] = (tips?.[index] ?? "").split("\n");
    const text = h("div", { class: "lines" }, h("strong", {}, own(title)), ...lines.map((line) => h("span", {}, own(line))));
    const ids = source.data["id"];
    box.replaceChildren(text);
    box.hidden = false;
    place();
    clearTimeout(timer);
    if (!ids) return;
    const frame = h("div", { class: "frame" });
    box.prepend(frame);
    place();
    // Not for every point that the pointer passes on its way.
    timer = setTimeout(async () => {
      const url = await host.picture(Number(ids[index]));
      if (shown !== index) return;
      if (!url) frame.remove();
      else {
        const image = h("img", { alt: "", src: url });
        image.addEventListener("error", () => frame.remove());
        frame.append(image);
      }
      place();
    }, WAIT_MS);
  };

  let due = false;
  source.inspect.connect(([renderer]: [Model, unknown]) => {
    hits.set(renderer.id, [...source.inspected.indices]);
    if (due) return;
    due = true;
    // Every group of points tells by itself what is under the pointer.
    queueMicrotask(() => {
      due = false;
      const found = [...hits.values()].findLast((indices) => indices.length)?.at(-1);
      if (found === undefined || signal.aborted) hide();
      else show(found);
    });
  });
  stage.addEventListener(
    "pointermove",
    (event) => {
      const { left, top } = stage.getBoundingClientRect();
      pointer = { x: event.clientX - left, y: event.clientY - top };
      if (!box.hidden) place();
    },
    { signal, capture: true },
  );
  for (const name of ["pointerleave", "pointerdown"]) stage.addEventListener(name, hide, { signal, capture: name === "pointerdown" });
}
