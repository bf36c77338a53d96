import assert from "node:assert/strict";
import { test } from "node:test";
import { areaHeight, areaTop, columnsFor, follow, fullHeight, linesAt, positionAt, reveal, TALLEST } from "../src/virtual.ts";

const few = { lines: 100, line: 200, window: 600 };
const many = { lines: 250_000, line: 260, window: 600 };
const last = fullHeight(many) - many.window;

test("few lines: the area is as high as all of them, and positions are its own", () => {
  assert.equal(areaHeight(few), 20_000);
  for (const top of [0, 1, 777, 19_400]) assert.equal(positionAt(few, top), top);
  assert.equal(follow(few, 0, 0, 5000), 5000);
});

test("very many lines: the area stays below what browsers bear", () => {
  assert.equal(areaHeight(many), TALLEST);
  assert.ok(fullHeight(many) > 33_554_432);
});

test("both ends are reached exactly", () => {
  assert.equal(positionAt(many, 0), 0);
  assert.equal(positionAt(many, TALLEST - many.window), last);
  assert.equal(areaTop(many, last), TALLEST - many.window);
  assert.deepEqual(linesAt(many, last, 0)[1], many.lines);
});

test("areaTop and positionAt are each other's inverse, and grow", () => {
  let before = -1;
  for (let position = 0; position <= last; position += last / 997) {
    const top = areaTop(many, position);
    assert.ok(top > before);
    assert.ok(Math.abs(positionAt(many, top) - position) < 1e-3);
    before = top;
  }
});

test("a small move goes pixel for pixel wherever it starts, a large one where the area says", () => {
  const position = 30_000_000, top = areaTop(many, position);
  assert.equal(follow(many, position, top, top + 100), position + 100);
  assert.equal(follow(many, position, top, top - 100), position - 100);
  assert.equal(follow(many, position, top, top + 100_000), positionAt(many, top + 100_000));
});

test("wheeling from the very start to the very end skips no line", () => {
  const scale = { lines: 30_000, line: 260, window: 600 };
  let position = 0, top = 0, seen = 0;
  for (let notch = 0; notch < 90_000 && seen < scale.lines; notch++) {
    const [first, end] = linesAt(scale, position, 0);
    assert.ok(first <= seen, `line ${seen} was never in the window`);
    seen = Math.max(seen, end);
    const moved = Math.min(top + 480, areaHeight(scale) - scale.window);
    position = follow(scale, position, top, moved);
    top = notch % 7 === 0 ? areaTop(scale, position) : moved; // it comes to rest now and then
  }
  assert.equal(seen, scale.lines);
});

test("lines: those in the window and some ahead, never outside", () => {
  assert.deepEqual(linesAt(few, 0, 2), [0, 5]);
  assert.deepEqual(linesAt(few, 400, 1), [1, 6]);
  assert.deepEqual(linesAt(few, 19_400, 2), [95, 100]);
  assert.deepEqual(linesAt({ lines: 0, line: 200, window: 600 }, 0, 2), [0, 0]);
});

test("reveal moves as little as it must", () => {
  assert.equal(reveal(few, 1000, 6), 1000);
  assert.equal(reveal(few, 1000, 2), 400);
  assert.equal(reveal(few, 0, 10), 1600);
  assert.equal(reveal(few, 0, 99), 19_400);
});

test("columns fill the width", () => {
  assert.deepEqual(columnsFor(1000, 160, 10), { columns: 5, width: 192 });
  assert.deepEqual(columnsFor(100, 160, 10), { columns: 1, width: 100 });
});
