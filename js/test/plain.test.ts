import assert from "node:assert/strict";
import { test } from "node:test";
import { active, cleared, complete, orderWords, same, toggled } from "../src/filters.ts";
import { BINDINGS, commandOf } from "../src/keys.ts";
import { drawn, measure, moved } from "../src/layout.ts";
import { EMPTY, type View } from "../src/messages.ts";
import { heights, shareOf, stepOf, valueAt } from "../src/ranges.ts";
import { Selection } from "../src/selection.ts";
import { counted, fileSize, formatted } from "../src/words.ts";
import { FIT, panned, zoomed } from "../src/zoom.ts";

test("facet values go in and out, and an empty facet is no filter", () => {
  const cat = toggled(EMPTY, "label", "cat");
  assert.deepEqual(cat.facets, { label: ["cat"] });
  assert.deepEqual(toggled(cat, "label", "cat").facets, {});
  assert.deepEqual(EMPTY.facets, {});
  let full = EMPTY;
  for (let at = 0; at < 120; at++) full = toggled(full, "label", String(at));
  assert.equal(full.facets["label"]?.length, 100);
});

test("states that ask for the same are the same", () => {
  assert.ok(same({ ...EMPTY, facets: { a: ["1", "2"], b: [] } }, { ...EMPTY, text: " ", facets: { a: ["2", "1"] } }));
  assert.ok(!same(EMPTY, { ...EMPTY, range: { column: "blur", low: null, high: null } }));
  assert.ok(same(complete(undefined), EMPTY));
});

test("filters are counted and cleared, the order stays", () => {
  const state = { text: "x", facets: { a: ["1"] }, range: { column: "blur", low: 1, high: null }, sort: { column: "blur", descending: true } };
  assert.equal(active(state), 3);
  assert.equal(active({ ...EMPTY, range: { column: "blur", low: null, high: null } }), 0);
  assert.deepEqual(cleared(state), { ...EMPTY, sort: state.sort });
});

test("the order has words", () => {
  const view = { columns: [{ name: "similarity" }, { name: "blur" }], orders: ["most similar first", "least similar first"] } as unknown as View;
  assert.equal(orderWords({ ...view, orders: [] }, "similarity", true), "largest first");
  assert.equal(orderWords(view, "similarity", false), "least similar first");
  assert.equal(orderWords(view, "blur", true), "largest first");
});

const press = (key: string, more: Partial<KeyboardEvent> = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test("keys lead to commands, with Ctrl and Command alike", () => {
  assert.equal(press("x"), "delete");
  assert.equal(press(" "), "select");
  assert.equal(press("?", { shiftKey: true }), "help");
  assert.equal(press("Z", { shiftKey: true }), "redo");
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("a", { metaKey: true }), "select-all");
  assert.equal(press("ArrowRight", { shiftKey: true }), "extend-right");
});

test("keys of the browser and the host are left alone", () => {
  for (const key of ["c", "x", "r", "p", "t", "s", "f"]) assert.equal(press(key, { ctrlKey: true }), undefined);
  assert.equal(press("a", { altKey: true }), undefined);
  assert.equal(press("Tab"), undefined);
});

test("no key has two meanings", () => {
  const keys = BINDINGS.flatMap(({ keys: bound }) => bound);
  assert.equal(new Set(keys).size, keys.length);
});

test("arrows walk through pictures and lines, and stop at the ends", () => {
  const pictures = (): number => 2;
  const go = (row: number, place: number, move: Parameters<typeof moved>[1]) => Object.values(moved({ row, place }, move, 10, 3, 2, pictures));
  assert.deepEqual(go(0, 0, "right"), [0, 1]);
  assert.deepEqual(go(0, 1, "right"), [1, 0]);
  assert.deepEqual(go(1, 0, "left"), [0, 1]);
  assert.deepEqual(go(0, 0, "left"), [0, 0]);
  assert.deepEqual(go(9, 1, "right"), [9, 1]);
  assert.deepEqual(go(1, 1, "down"), [4, 1]);
  assert.deepEqual(go(7, 0, "down"), [9, 0]);
  assert.deepEqual(go(9, 0, "down"), [9, 0]);
  assert.deepEqual(go(2, 0, "up"), [2, 0]);
  assert.deepEqual(go(7, 0, "pageup"), [1, 0]);
  assert.deepEqual(go(4, 0, "pageup"), [1, 0]);
  assert.deepEqual(go(1, 1, "end"), [9, 1]);
  assert.deepEqual(go(8, 1, "home"), [0, 0]);
  assert.deepEqual(Object.values(moved({ row: 3, place: 1 }, "down", 0, 3, 2, pictures)), [0, 0]);
});

test("cards fit the width, whatever it is", () => {
  for (const layout of ["pair", "group", "image", "neighbours"] as const)
    for (const width of [100, 260, 400, 420, 900, 1600, 4000])
      for (const thumb of [48, 160, 512]) {
        const { columns, card, tile, shown, gap, line, picture } = measure(layout, width, thumb);
        const room = Math.max(width, 120);
        assert.ok(columns * card + (columns - 1) * gap <= room, `${layout} ${width} ${thumb}`);
        assert.ok(shown * tile + (shown - 1) * 8 <= card, `${layout} ${width} ${thumb}: pictures`);
        assert.ok(tile > 20 && line > picture);
      }
});

test("the last place tells how many more there are", () => {
  assert.deepEqual(drawn(3, 0, 4), { pictures: 3, more: 0 });
  assert.deepEqual(drawn(4, 0, 4), { pictures: 4, more: 0 });
  assert.deepEqual(drawn(5, 0, 4), { pictures: 3, more: 2 });
  assert.deepEqual(drawn(4, 20, 4), { pictures: 3, more: 21 });
  assert.deepEqual(drawn(2, 9, 1), { pictures: 1, more: 10 });
});

test("a handle's place and value are each other's inverse; whole numbers stay whole", () => {
  const ends = { low: 10, high: 510 };
  assert.equal(shareOf(260, ends), 0.5);
  assert.equal(valueAt(0.5, ends, "number"), 260);
  assert.equal(valueAt(0.3331, ends, "whole"), 177);
  assert.equal(valueAt(-1, ends, "number"), 10);
  assert.equal(valueAt(2, ends, "number"), 510);
  assert.equal(shareOf(5, { low: 5, high: 5 }), 0);
  assert.equal(stepOf({ low: 0, high: 10 }, "whole"), 1);
  assert.deepEqual(heights([0, 25, 100]), [0, 0.5, 1]);
});

test("zooming keeps what is under the cursor; panning stays with the picture", () => {
  const at = { x: 100, y: -40 };
  const near = zoomed(FIT, 2, at);
  assert.deepEqual([(at.x - near.x) / near.zoom, (at.y - near.y) / near.zoom], [100, -40]);
  assert.deepEqual(zoomed(near, 0.01, at), FIT);
  assert.deepEqual(panned(FIT, 50, 50, 400, 300), FIT);
  assert.equal(panned(near, 1e6, 0, 400, 300).x, 400);
  assert.equal(zoomed(FIT, 1e9).zoom, 32);
});

test("the selection keeps its order and says what changed, once", () => {
  const selection = new Selection();
  let told = 0;
  selection.onChange = () => { told++; };
  selection.add([3, 1, 2]);
  selection.add([1, 3], true);
  assert.deepEqual(selection.list(), [2]);
  selection.take([2]);
  assert.equal(told, 2);
  selection.clear();
  selection.clear();
  assert.equal(told, 3);
});

test("numbers read well", () => {
  assert.equal(fileSize(999), "999 B");
  assert.equal(fileSize(81_234), "81 kB");
  assert.equal(fileSize(1_250_000), "1.3 MB");
  assert.equal(fileSize(999_999), "1 MB");
  assert.equal(formatted(0.99871, "similarity"), "0.9987");
  assert.equal(formatted(0.00001234, "number"), "0.00001234");
  assert.equal(counted(1, "family"), "1 family");
  assert.equal(counted(2000, "family"), "2,000 families");
  assert.equal(counted(2, "match"), "2 matches");
});
