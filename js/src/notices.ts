// What went wrong, and what was done, said inside the widget.

import { h, iconButton } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Notice } from "./session.ts";

const DONE_MILLISECONDS = 9000;
const MOST = 3;

/** A place for notices; errors stay until they are closed. */
export function createNotices() {
  const element = h("div.notices");
  const timers = new Map<Element, ReturnType<typeof setTimeout>>();

  function remove(notice: Element): void {
    clearTimeout(timers.get(notice));
    timers.delete(notice);
    notice.remove();
  }

  function show({ tone, message, hint, action }: Notice): void {
    // The same error again (a retry, say) is still one error.
    for (const old of [...element.children]) if ((old as HTMLElement).dataset["message"] === message) remove(old);
    const notice = h(
      "div", { class: `notice ${tone}`, role: tone === "error" ? "alert" : "status", "data-message": message },
      h("p", {}, h("strong", {}, h("bdi", {}, message)), hint && h("bdi", {}, hint)),
      action && h("button", { onclick: () => { remove(notice); action.run(); } }, action.title),
      iconButton("Dismiss", "", icon("close"), () => remove(notice)),
    );
    element.append(notice);
    while (element.children.length > MOST) remove(element.children[0] as Element);
    if (tone === "done") timers.set(notice, setTimeout(() => !notice.matches(":focus-within") && remove(notice), DONE_MILLISECONDS));
  }

  function dispose(): void {
    for (const timer of timers.values()) clearTimeout(timer);
  }

  return { element, show, dispose };
}
