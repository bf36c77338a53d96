// The keyboard: which key does what, where. One table serves both the keys and the page that explains them.

export type Command =
  | "left" | "right" | "up" | "down" | "pageup" | "pagedown" | "home" | "end"
  | "extend-left" | "extend-right" | "extend-up" | "extend-down"
  | "select" | "select-row" | "select-all" | "clear"
  | "open" | "compare" | "similar" | "details" | "members" | "back"
  | "keep" | "delete" | "relabel" | "unmark" | "best" | "undo" | "redo" | "apply"
  | "find" | "filters" | "view" | "larger" | "smaller" | "theme" | "help";

export interface Binding {
  keys: string[];
  command: Command;
}

const bind = (command: Command, ...keys: string[]): Binding => ({ keys, command });

/** Keys as `describe` spells them. Letters are the typed ones, whatever the keyboard's layout. */
export const BINDINGS: Binding[] = [
  bind("left", "ArrowLeft"), bind("right", "ArrowRight"), bind("up", "ArrowUp"), bind("down", "ArrowDown"),
  bind("pageup", "PageUp"), bind("pagedown", "PageDown"), bind("home", "Home"), bind("end", "End"),
  bind("extend-left", "Shift+ArrowLeft"), bind("extend-right", "Shift+ArrowRight"), bind("extend-up", "Shift+ArrowUp"), bind("extend-down", "Shift+ArrowDown"),
  bind("select", " "), bind("select-row", "a"), bind("select-all", "Mod+a"), bind("clear", "Escape"),
  bind("open", "Enter"), bind("compare", "c"), bind("similar", "s"), bind("details", "i"), bind("members", "o"), bind("back", "Backspace"),
  bind("keep", "k"), bind("delete", "x", "Delete"), bind("relabel", "r"), bind("unmark", "u"), bind("best", "b"),
  bind("undo", "z", "Mod+z"), bind("redo", "Z", "Mod+Z", "Mod+y"), bind("apply", "p"),
  bind("find", "/"), bind("filters", "f"), bind("view", "v"), bind("larger", "+", "="), bind("smaller", "-"), bind("theme", "t"), bind("help", "?"),
];

const COMMANDS = new Map(BINDINGS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)));

/** Spell a key press: `Mod+` for Ctrl or Command, `Shift+` where the key itself does not tell. */
export function describe({ key, ctrlKey, metaKey, altKey, shiftKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const named = key.length > 1;
  return `${altKey ? "Alt+" : ""}${ctrlKey || metaKey ? "Mod+" : ""}${shiftKey && named ? "Shift+" : ""}${key}`;
}

export const commandOf = (event: Parameters<typeof describe>[0]): Command | undefined => COMMANDS.get(describe(event));

/** The page that explains the keys: groups of lines, each with its keys and what they do. */
export const HELP: [string, [string[], string][]][] = [
  ["Move", [
    [["←", "→", "↑", "↓"], "from image to image"],
    [["PgUp", "PgDn"], "a page"],
    [["Home", "End"], "first, last"],
    [["Enter"], "look closer"],
    [["c"], "compare two: of the pair, or selected"],
    [["s"], "more like this"],
    [["i"], "details"],
    [["o"], "all images of a group"],
    [["Backspace"], "back from there"],
  ]],
  ["Select", [
    [["Space"], "this image"],
    [["Shift ←", "→"], "and its neighbours"],
    [["a"], "all images of the row"],
    [["Ctrl a"], "all that match"],
    [["Esc"], "nothing"],
  ]],
  ["Mark the selection, or this image", [
    [["k"], "keep"],
    [["x"], "delete"],
    [["r"], "relabel"],
    [["u"], "no mark"],
    [["b"], "keep the largest of the row, mark the rest"],
    [["z", "Z"], "undo, redo a mark"],
    [["p"], "review and apply"],
  ]],
  ["Find", [
    [["/"], "text"],
    [["f"], "filters"],
    [["v"], "views"],
    [["+", "−"], "size of the pictures"],
    [["t"], "light, dark"],
    [["?"], "this page"],
  ]],
  ["Looking closer", [
    [["←", "→"], "previous, next"],
    [["↑", "↓"], "which of the two"],
    [["1", "2", "3", "4"], "side by side, blend, difference, blink"],
    [["+", "−", "0"], "zoom, fit"],
    [["Space"], "select"],
    [["k", "x", "r", "u"], "mark"],
    [["Esc"], "close"],
  ]],
];
