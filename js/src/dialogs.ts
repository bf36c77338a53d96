// The explorer's dialogs: in the widget's own shadow root, above the whole page while open.

import { type Child, focusedBeside, h, iconButton, newId, on } from "./dom.ts";
import { icon } from "./icons.ts";
import { HELP } from "./keys.ts";

/** A dialog with a heading and a close button; whoever had the focus gets it back. */
export function openDialog(root: HTMLElement, title: string, className: string, ...children: Child[]): HTMLDialogElement {
  const id = newId("dialog");
  const back = focusedBeside(root);
  const close = iconButton("Close", "Esc", icon("close"), () => dialog.close());
  const dialog = h("dialog", { class: `dialog ${className}`, "aria-labelledby": id }, h("header", {}, h("h2", { id }, title), close), ...children);
  on(dialog, "close", () => {
    dialog.remove();
    if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
  });
  on(dialog, "click", (event) => event.target === dialog && dialog.close());
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

export function openHelp(root: HTMLElement): void {
  const groups = HELP.split("\n\n").map((group) => {
    const [title, ...lines] = group.split("\n");
    return h("section", {}, h("h3", {}, title), h("dl", {}, ...lines.flatMap((line) => {
      const at = line.lastIndexOf(": ");
      return [h("dt", {}, ...line.slice(0, at).split("  ").map((key) => h("kbd", {}, key))), h("dd", {}, line.slice(at + 2))];
    })));
  });
  openDialog(root, "Keyboard", "help", h("div.helpgroups", { tabindex: "0", role: "region", "aria-label": "Keys" }, ...groups));
}

/** Ask for a label; the known ones are offered. */
export function askLabel(root: HTMLElement, count: string, known: readonly string[], first: string): Promise<string | null> {
  return new Promise((resolve) => {
    const list = newId("labels");
    const input = h("input", { type: "text", name: "label", maxlength: "200", required: true, list, autocomplete: "off", spellcheck: "false", value: first });
    const form = h(
      "form", { method: "dialog" },
      h("label.field", {}, `New label of ${count}`, input),
      h("datalist", { id: list }, ...known.map((label) => h("option", { value: label }))),
      h("footer", {}, h("button", { onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: "main" }, "Relabel")),
    );
    let answer: string | null = null;
    on(form, "submit", () => { answer = input.value.trim() || null; });
    const dialog = openDialog(root, "Relabel", "narrowdialog", form);
    on(dialog, "close", () => resolve(answer));
    input.focus();
    input.select();
  });
}
