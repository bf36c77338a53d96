// The bar of selection and marks, and the plan that is looked at before anything is applied.

import { focusedBeside, h, setText } from "./dom.ts";
import { openDialog } from "./dialogs.ts";
import { icon, type IconName } from "./icons.ts";
import type { Plan } from "./messages.ts";
import type { Session } from "./session.ts";
import type { Command } from "./keys.ts";
import { count, counted } from "./words.ts";

const MOST_REFUSED = 200;

const button = (title: string, key: string, name: IconName, run: () => void): HTMLButtonElement =>
  h("button", { title: `${title} (${key})`, onclick: run }, icon(name), h("span", {}, title));

export function createMarksBar(session: Session, root: HTMLElement, run: (command: Command) => void) {
  const selected = h("strong");
  const marked = h("span.marked");
  const selectionPart: HTMLElement = h(
    "div.part", { role: "group", "aria-label": "Selection" }, selected,
    button("Keep", "k", "keep", () => run("keep")), button("Delete", "x", "trash", () => run("delete")),
    button("Relabel", "r", "label", () => run("relabel")), button("Unmark", "u", "minus", () => run("unmark")), button("Clear", "Esc", "close", () => run("clear")),
  );
  const undoButton: HTMLButtonElement = button("Undo mark", "z", "undo", () => run("undo"));
  const redo: HTMLButtonElement = button("Redo mark", "Z", "redo", () => run("redo"));
  const apply: HTMLButtonElement = h("button.main", { title: "Review and apply (p)", onclick: () => run("apply") }, "Review and apply…");
  const undoApplied: HTMLButtonElement = button("Put files back", "undoes what was applied", "undo", () => void session.undoApplied());
  const marksPart: HTMLElement = h("div.part", { role: "group", "aria-label": "Marks" }, marked, undoButton, redo, undoApplied, apply);
  const element: HTMLElement = h("section.marksbar", { "aria-label": "Selection and marks" }, selectionPart, marksPart);
  session.on("selected", () => update());
  session.on("marks", () => update());
  update();

  /** Fetch the plan, show it, and apply it once the user says so. */
  async function review(): Promise<void> {
    await session.run(async () => confirm(await session.channel.ask("plan")));
  }

  function update(): void {
    const { selection, marks, undoable } = session;
    const tally = { keep: 0, delete: 0, relabel: 0 };
    for (const { action } of Object.values(marks)) tally[action]++;
    const words = ([["delete", "to delete"], ["relabel", "to relabel"], ["keep", "to keep"]] as const).filter(([action]) => tally[action] > 0);
    const any = words.length > 0;
    selectionPart.hidden = selection.size === 0;
    setText(selected, `${count(selection.size)} selected`);
    marked.replaceChildren(...words.map(([action, text]) => h("em", { class: `tally ${action}` }, `${count(tally[action])} ${text}`)));
    undoButton.hidden = !undoable.mark;
    redo.hidden = !undoable.redo;
    apply.hidden = tally.delete + tally.relabel === 0;
    undoApplied.hidden = !undoable.apply;
    marksPart.hidden = !any && !undoable.mark && !undoable.redo && !undoable.apply;
    const hidden = selectionPart.hidden && marksPart.hidden;
    if (hidden && element.contains(focusedBeside(element))) root.querySelector<HTMLElement>(".grid [tabindex='0'], .grid")?.focus();
    element.hidden = hidden;
  }

  function confirm(plan: Plan): void {
    const nothing = plan.delete + plan.relabel === 0;
    const verb = [plan.delete > 0 && `Move ${counted(plan.delete, "file")} to the trash`, plan.relabel > 0 && `${plan.delete > 0 ? "relabel" : "Relabel"} ${counted(plan.relabel, "image")}`].filter(Boolean).join(", ");
    const go = h("button", { class: plan.delete > 0 ? "danger" : "main", onclick: () => void carryOut(plan, dialog) }, verb || "Apply");
    const cancel = h("button", { onclick: () => dialog.close() }, nothing ? "Close" : "Cancel");
    const refused = plan.refused.length > 0 && h(
      "details.refused", { open: nothing },
      h("summary", {}, `${counted(plan.refused.length, "image")} will not be touched`),
      h("ul", {}, ...plan.refused.slice(0, MOST_REFUSED).map(([, reason]) => h("li", {}, reason))),
    );
    const dialog = openDialog(
      root, "Apply the marks", "plan",
      ...plan.text.map((line) => h("p", {}, h("bdi", {}, line))),
      refused,
      h("footer", {}, cancel, !nothing && go),
    );
    cancel.focus();
  }

  async function carryOut(plan: Plan, dialog: HTMLDialogElement): Promise<void> {
    for (const control of dialog.querySelectorAll("button")) control.disabled = true;
    await session.run(async () => {
      const { text, undo, left } = await session.channel.ask("apply", { token: plan.token });
      const rest = left.length > 0 ? `${counted(left.length, "image")} could not be changed: ${left[0]?.[1] ?? ""}` : "";
      session.notify({
        // How to take it back from Python need not be said beside the button that does it.
        tone: left.length > 0 ? "error" : "done", message: text.filter((line) => !undo || !line.includes("undo(")).join(" "), hint: rest,
        ...(undo && { action: { title: "Undo", run: () => void session.undoApplied() } }),
      });
    });
    dialog.close();
  }

  return { element, review };
}

export type MarksBar = ReturnType<typeof createMarksBar>;
