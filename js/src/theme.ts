// Light or dark, as the host is; and told when it changes.

import type { Theme } from "./messages.ts";

const luminance = (colour: string): number | null => {
  const parts = colour.match(/[\d.]+/g)?.map(Number);
  if (!parts || parts.length < 3 || parts[3] === 0) return null;
  const [red = 0, green = 0, blue = 0] = parts;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
};

/** Whether the host around the widget is dark: by what it says of itself, else by the page's colour, else by the system. */
export function hostIsDark(page: Document = document): boolean {
  const { documentElement: root, body } = page;
  const jupyter = body?.dataset["jpThemeLight"];
  if (jupyter) return jupyter === "false";
  const code = body?.dataset["vscodeThemeKind"] ?? body?.className ?? "";
  if (/vscode-(dark|high-contrast)(?!-light)/.test(code)) return true;
  if (/vscode-(light|high-contrast-light)/.test(code)) return false;
  for (const element of [root, body]) {
    const said = element?.getAttribute("theme") ?? element?.getAttribute("data-theme") ?? element?.getAttribute("data-mode");
    if (said === "dark" || said === "light") return said === "dark";
    if (element?.classList.contains("dark") || element?.classList.contains("dark-theme")) return true;
  }
  const view = page.defaultView;
  for (const element of [body, root]) {
    const light = element && view && luminance(view.getComputedStyle(element).backgroundColor);
    if (typeof light === "number") return light < 0.5;
  }
  return view?.matchMedia("(prefers-color-scheme: dark)").matches ?? false;
}

/** Keep `data-theme` of an element as asked for, or as the host is. Returns how to look again. */
export function followTheme(element: HTMLElement, asked: () => Theme, signal: AbortSignal): () => void {
  const apply = (): void => {
    const theme = asked();
    element.dataset["theme"] = theme === "auto" ? (hostIsDark() ? "dark" : "light") : theme;
  };
  const observer = new MutationObserver(apply);
  for (const node of [document.documentElement, document.body]) if (node) observer.observe(node, { attributes: true });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", apply, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
  apply();
  return apply;
}
