// The bar of selection and marks, and the plan that is looked at before anything is applied.

import { h, setText } from "./dom.ts";
import { openDialog } from "./dialogs.ts";
import { icon, type IconName } from "./icons.ts";
import type { Plan } from "./messages.ts";
import type { Session } from "./session.ts";
import type { Command } from "./keys.ts";
import { count, counted } from "./words.ts";

const MOST_REFUSED = 200;

const button = (title: string, key: string, name: IconName, run: () => void): HTMLButtonElement =>
  h("button", { type: "button", title: `${title} (${key})`, onclick: run }, icon(name), h("span", {}, title));

export class MarksBar {
  readonly element: HTMLElement;
  readonly #session: Session;
  readonly #root: HTMLElement;
  readonly #selected = h("strong", {});
  readonly #selection: HTMLElement;
  readonly #marked = h("span", { class: "marked" });
  readonly #marks: HTMLElement;
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  readonly #apply: HTMLButtonElement;
  readonly #undoApplied: HTMLButtonElement;

  constructor(session: Session, root: HTMLElement, run: (command: Command) => void) {
    this.#session = session;
    this.#root = root;
    this.#selection = h(
      "div", { class: "part", role: "group", "aria-label": "Selection" }, this.#selected,
      button("Keep", "k", "keep", () => run("keep")), button("Delete", "x", "trash", () => run("delete")),
      button("Relabel", "r", "label", () => run("relabel")), button("Unmark", "u", "minus", () => run("unmark")), button("Clear", "Esc", "close", () => run("clear")),
    );
    this.#undo = button("Undo mark", "z", "undo", () => run("undo"));
    this.#redo = button("Redo mark", "Z", "redo", () => run("redo"));
    this.#apply = h("button", { type: "button", class: "main", title: "Review and apply (p)", onclick: () => run("apply") }, "Review and apply…");
    this.#undoApplied = button("Put files back", "undoes what was applied", "undo", () => void session.undoApplied());
    this.#marks = h("div", { class: "part", role: "group", "aria-label": "Marks" }, this.#marked, this.#undo, this.#redo, this.#undoApplied, this.#apply);
    this.element = h("section", { class: "marksbar", "aria-label": "Selection and marks" }, this.#selection, this.#marks);
    session.on("selected", () => this.#update());
    session.on("marks", () => this.#update());
    this.#update();
  }

  /** Fetch the plan, show it, and apply it once the user says so. */
  async review(): Promise<void> {
    await this.#session.run(async () => this.#confirm(await this.#session.channel.ask("plan")));
  }

  #update(): void {
    const { selection, marks, undoable } = this.#session;
    const tally = { keep: 0, delete: 0, relabel: 0 };
    for (const { action } of Object.values(marks)) tally[action]++;
    const words = ([["delete", "to delete"], ["relabel", "to relabel"], ["keep", "to keep"]] as const).filter(([action]) => tally[action] > 0);
    const any = words.length > 0;
    this.#selection.hidden = selection.size === 0;
    setText(this.#selected, `${count(selection.size)} selected`);
    this.#marked.replaceChildren(...words.map(([action, text]) => h("em", { class: `tally ${action}` }, `${count(tally[action])} ${text}`)));
    this.#undo.hidden = !undoable.mark;
    this.#redo.hidden = !undoable.redo;
    this.#apply.hidden = tally.delete + tally.relabel === 0;
    this.#undoApplied.hidden = !undoable.apply;
    this.#marks.hidden = !any && !undoable.mark && !undoable.redo && !undoable.apply;
    const hidden = this.#selection.hidden && this.#marks.hidden;
    if (hidden && this.element.contains((this.element.getRootNode() as ShadowRoot | Document).activeElement)) this.#root.querySelector<HTMLElement>(".grid [tabindex='0'], .grid")?.focus();
    this.element.hidden = hidden;
  }

  #confirm(plan: Plan): void {
    const nothing = plan.delete + plan.relabel === 0;
    const verb = [plan.delete > 0 && `Move ${counted(plan.delete, "file")} to the trash`, plan.relabel > 0 && `${plan.delete > 0 ? "relabel" : "Relabel"} ${counted(plan.relabel, "image")}`].filter(Boolean).join(", ");
    const go = h("button", { type: "button", class: plan.delete > 0 ? "danger" : "main", onclick: () => void this.#carryOut(plan, dialog) }, verb || "Apply");
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, nothing ? "Close" : "Cancel");
    const refused = plan.refused.length > 0 && h(
      "details", { class: "refused", open: nothing },
      h("summary", {}, `${counted(plan.refused.length, "image")} will not be touched`),
      h("ul", {}, ...plan.refused.slice(0, MOST_REFUSED).map(([, reason]) => h("li", {}, reason))),
    );
    const dialog = openDialog(
      this.#root, "Apply the marks", "plan",
      ...plan.text.map((line) => h("p", {}, h("bdi", {}, line))),
      refused,
      h("footer", {}, cancel, !nothing && go),
    );
    cancel.focus();
  }

  async #carryOut(plan: Plan, dialog: HTMLDialogElement): Promise<void> {
    const session = this.#session;
    for (const control of dialog.querySelectorAll("button")) control.disabled = true;
    await session.run(async () => {
      const { text, undo, left } = await session.channel.ask("apply", { token: plan.token });
      const rest = left.length > 0 ? `${counted(left.length, "image")} could not be changed: ${left[0]?.[1] ?? ""}` : "";
      session.notify({
        tone: left.length > 0 ? "error" : "done", message: [text].flat().join(" "), hint: rest,
        ...(undo && { action: { title: "Undo", run: () => void session.undoApplied() } }),
      });
    });
    dialog.close();
  }
}
