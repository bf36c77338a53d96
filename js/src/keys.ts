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

// One line for each command: its keys as `describe` spells them. Letters are the typed ones, whatever the keyboard's layout.
const TABLE = `left ArrowLeft
right ArrowRight
up ArrowUp
down ArrowDown
pageup PageUp
pagedown PageDown
home Home
end End
extend-left Shift+ArrowLeft
extend-right Shift+ArrowRight
extend-up Shift+ArrowUp
extend-down Shift+ArrowDown
select Space
select-row a
select-all Mod+a
clear Escape
open Enter
compare c
similar s
details i
members o
back Backspace
keep k
delete x Delete
relabel r
unmark u
best b
undo z Mod+z
redo Z Mod+Z Mod+y
apply p
find /
filters f
view v
larger + =
smaller -
theme t
help ?`;

export const BINDINGS: Binding[] = TABLE.split("\n").map((line) => {
  const [command, ...keys] = line.split(" ");
  return { command: command as Command, keys };
});

const COMMANDS = new Map(BINDINGS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)));

/** Spell a key press: `Mod+` for Ctrl or Command, `Shift+` where the key itself does not tell. */
export function describe({ key, ctrlKey, metaKey, altKey, shiftKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  return `${altKey ? "Alt+" : ""}${ctrlKey || metaKey ? "Mod+" : ""}${shiftKey && key.length > 1 ? "Shift+" : ""}${key === " " ? "Space" : key}`;
}

export const commandOf = (event: Parameters<typeof describe>[0]): Command | undefined => COMMANDS.get(describe(event));

/** The page that explains the keys: groups, each a heading and lines of `keys: what they do`; keys stand apart by two spaces. */
export const HELP = `Move
←  →  ↑  ↓: from image to image
PgUp  PgDn: a page
Home  End: first, last
Enter: look closer
c: compare two: of the pair, or selected
s: more like this
i: details
o: all images of a group
Backspace: back from there

Select
Space: this image
Shift ←  →: and its neighbours
a: all images of the row
Ctrl a: all that match
Esc: nothing

Mark the selection, or this image
k: keep
x: delete
r: relabel
u: no mark
b: keep the largest of the row, mark the rest
z  Z: undo, redo a mark
p: review and apply

Find
/: text
f: filters
v: views
+  −: size of the pictures
t: light, dark
?: this page

Looking closer
←  →: previous, next
↑  ↓: which of the two
1  2  3  4: side by side, blend, difference, blink
+  −  0: zoom, fit
Space: select
k  x  r  u: mark
Esc: close`;
