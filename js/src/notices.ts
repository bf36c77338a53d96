// What went wrong, and what was done, said inside the widget.

import { h, iconButton } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Notice } from "./session.ts";

const DONE_MILLISECONDS = 9000;
const MOST = 3;

/** A place for notices; errors stay until they are closed. */
export class Notices {
  readonly element = h("div.notices");
  readonly #timers = new Map<HTMLElement, ReturnType<typeof setTimeout>>();

  show(notice: Notice): void {
    const { tone, message, hint, action } = notice;
    // The same error again (a retry, say) is still one error.
    for (const old of this.element.children) if ((old as HTMLElement).dataset["message"] === message) this.#remove(old as HTMLElement);
    const element = h(
      "div", { class: `notice ${tone}`, role: tone === "error" ? "alert" : "status", "data-message": message },
      h("p", {}, h("strong", {}, h("bdi", {}, message)), hint && h("bdi", {}, hint)),
      action && h("button", { onclick: () => { this.#remove(element); action.run(); } }, action.title),
      iconButton("Dismiss", "", icon("close"), () => this.#remove(element)),
    );
    this.element.append(element);
    while (this.element.children.length > MOST) this.#remove(this.element.children[0] as HTMLElement);
    if (tone === "done") this.#timers.set(element, setTimeout(() => !element.matches(":focus-within") && this.#remove(element), DONE_MILLISECONDS));
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #remove(element: HTMLElement): void {
    clearTimeout(this.#timers.get(element));
    this.#timers.delete(element);
    element.remove();
  }
}
