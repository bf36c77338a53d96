import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createLeastRecent } from "../src/lru.ts";
import { createThumbnails, type Fetched } from "../src/thumbs.ts";

/** A kernel that answers when told to, and records what it was asked. */
function fake(limit = 1e6) {
  const asked: { ids: number[]; signal: AbortSignal; side: number; answer(reply?: Partial<Fetched>): void; fail(): void }[] = [];
  const alive = new Set<string>();
  let made = 0;
  const thumbs = createThumbnails(
    (ids, side, signal) => new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      asked.push({
        ids, side, signal, fail: () => reject(new Error("no")),
        answer: (reply = {}) => resolve({ ids, failed: {}, buffers: ids.map((id) => new Uint8Array(100).fill(id).buffer as ArrayBuffer), ...reply }),
      });
    }),
    160, limit,
    { create: (blob) => { const url = `blob:${++made}:${blob.size}`; alive.add(url); return url; }, revoke: (url) => alive.delete(url) },
  );
  return { thumbs, asked, alive };
}

test("those wanted in one moment are asked for in one message", async () => {
  const { thumbs, asked } = fake();
  for (let id = 0; id < 10; id++) thumbs.watch(id, () => {});
  assert.equal(asked.length, 0);
  await sleep(40);
  assert.deepEqual(asked.map(({ ids }) => ids), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  thumbs.dispose();
});

test("each watcher gets its own image, also when the answer has another order", async () => {
  const { thumbs, asked } = fake();
  const got = new Map<number, string>();
  for (const id of [7, 8, 9]) thumbs.watch(id, ({ url, failed }) => got.set(id, url || failed));
  await sleep(40);
  const one = (size: number): ArrayBuffer => new ArrayBuffer(size);
  asked[0]?.answer({ ids: [9, 7], buffers: [one(900), one(700)], failed: { 8: "broken" } });
  await sleep(5);
  assert.match(got.get(7) ?? "", /:700$/);
  assert.match(got.get(9) ?? "", /:900$/);
  assert.equal(got.get(8), "broken");
  thumbs.dispose();
});

test("an answer with ids that were not asked for changes nothing", async () => {
  const { thumbs, asked } = fake();
  const got: string[] = [];
  thumbs.watch(1, ({ url }) => got.push(url));
  await sleep(40);
  asked[0]?.answer({ ids: [2, 1], buffers: [new ArrayBuffer(22), new ArrayBuffer(11)] });
  await sleep(5);
  assert.equal(got.length, 1);
  assert.match(got[0] ?? "", /:11$/);
  thumbs.dispose();
});

test("what is scrolled past before it is sent is never asked for", async () => {
  const { thumbs, asked } = fake();
  const stops = Array.from({ length: 100 }, (_, id) => thumbs.watch(id, () => {}));
  for (const stop of stops) stop();
  thumbs.watch(500, () => {});
  await sleep(40);
  assert.deepEqual(asked.map(({ ids }) => ids), [[500]]);
  thumbs.dispose();
});

test("a request all of whose images are scrolled past is cancelled; one that is still wanted is not", async () => {
  const { thumbs, asked } = fake();
  const stops = [1, 2, 3].map((id) => thumbs.watch(id, () => {}));
  await sleep(40);
  stops[0]?.();
  stops[1]?.();
  assert.equal(asked[0]?.signal.aborted, false);
  stops[2]?.();
  assert.equal(asked[0]?.signal.aborted, true);
  thumbs.dispose();
});

test("at most two requests are under way, so that the rest can still be dropped", async () => {
  const { thumbs, asked } = fake();
  for (let id = 0; id < 200; id++) thumbs.watch(id, () => {});
  await sleep(40);
  assert.equal(asked.length, 2);
  asked[0]?.answer();
  await sleep(20);
  assert.equal(asked.length, 3);
  thumbs.dispose();
});

test("old thumbnails are revoked, those on show are not", async () => {
  const { thumbs, asked, alive } = fake(1000);
  const stop = thumbs.watch(0, () => {});
  for (let id = 1; id < 30; id++) thumbs.watch(id, () => {})();
  thumbs.watch(40, () => {});
  await sleep(40);
  asked[0]?.answer();
  await sleep(5);
  for (let id = 100; id < 140; id++) {
    const drop = thumbs.watch(id, () => {});
    await sleep(25);
    asked[asked.length - 1]?.answer();
    await sleep(1);
    drop();
  }
  assert.ok(alive.size <= 11, `${alive.size} are alive`);
  let again = "";
  thumbs.watch(0, ({ url }) => { again = url; });
  assert.ok(alive.has(again));
  stop();
  thumbs.dispose();
  assert.equal(alive.size, 0);
});

test("images that changed are asked for again while on show", async () => {
  const { thumbs, asked, alive } = fake();
  const got: string[] = [];
  thumbs.watch(5, ({ url }) => got.push(url));
  await sleep(40);
  asked[0]?.answer();
  await sleep(5);
  thumbs.forget([5]);
  await sleep(40);
  assert.equal(asked.length, 2);
  asked[1]?.answer();
  await sleep(5);
  assert.equal(got.length, 2);
  assert.notEqual(got[0], got[1]);
  assert.equal(alive.size, 1);
  thumbs.dispose();
});

test("a late answer to an old size is not shown", async () => {
  const { thumbs, asked, alive } = fake();
  const got: string[] = [];
  thumbs.watch(5, ({ url }) => got.push(url));
  await sleep(40);
  thumbs.resize(320);
  asked[0]?.answer();
  await sleep(40);
  assert.equal(got.length, 0);
  assert.equal(alive.size, 0);
  assert.equal(asked[1]?.side, 320);
  thumbs.dispose();
});

test("the least recently used goes first, and nothing that is held", () => {
  const dropped: number[] = [];
  const kept = createLeastRecent<number, string>(3, (_, key) => dropped.push(key), (key) => key === 1);
  for (const key of [1, 2, 3]) kept.set(key, String(key));
  kept.get(2);
  kept.set(4, "4");
  assert.deepEqual(dropped, [3]);
  kept.set(5, "5");
  assert.deepEqual(dropped, [3, 2]);
  assert.equal(kept.get(1), "1");
});
