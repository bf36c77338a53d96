// The static picture that stands beside the widget for saved notebooks: hidden while the widget itself is there.

const CELLS = ".jp-OutputArea-child, .output_area, .cell-output";

/** Hide the pictures of a class, now and when one comes later; show them again at the end. */
export function hideStill(name: string, signal: AbortSignal): void {
  if (!/^[\w-]+$/.test(name)) return;
  const hidden = new Set<HTMLElement>();
  const hide = (): void => {
    for (const still of document.querySelectorAll<HTMLElement>(`.fdnb-still-${name}`)) {
      const element = still.closest<HTMLElement>(CELLS) ?? still;
      if (element.querySelector(".fastdup-explorer, .fastdup-plot")) continue;
      element.style.setProperty("display", "none");
      hidden.add(element);
    }
  };
  const observer = new MutationObserver(hide);
  observer.observe(document.body, { childList: true, subtree: true });
  // It is displayed right after the widget: there is no need to watch the page for ever.
  const timer = setTimeout(() => observer.disconnect(), 20_000);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    observer.disconnect();
    for (const element of hidden) element.style.removeProperty("display");
  });
  hide();
}
