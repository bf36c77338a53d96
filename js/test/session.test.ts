import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EMPTY } from "../src/messages.ts";
import { createSession } from "../src/session.ts";
import { FakeKernel } from "./fake_kernel.ts";

async function started(view = "duplicates") {
  const kernel = new FakeKernel({ view });
  const session = createSession(kernel);
  await session.connect();
  return { kernel, session, queries: () => kernel.sent.filter(({ kind }) => kind === "query") };
}

test("opening shakes hands and asks once", async () => {
  const { kernel, session, queries } = await started();
  assert.equal(kernel.sent[0]?.kind, "hello");
  assert.equal(queries().length, 1);
  assert.equal(session.result.order.length, 812);
  session.dispose();
  assert.equal(kernel.listening, 0);
});

test("view and state change together, and are asked for once", async () => {
  const { kernel, session, queries } = await started();
  session.show("groups");
  await sleep(20);
  assert.equal(kernel.traits.view, "groups");
  assert.deepEqual(queries().map(({ view }) => view), ["duplicates", "groups"]);
  session.dispose();
});

test("a view that is missing is not opened", async () => {
  const { kernel, session } = await started();
  session.show("labels");
  assert.equal(kernel.traits.view, "duplicates");
  session.dispose();
});

test("Python filters: the front end follows, once", async () => {
  const { kernel, session, queries } = await started();
  kernel.put({ view: "outliers", state: { ...EMPTY, range: { column: "similarity", low: 0.95, high: null } } });
  await sleep(20);
  assert.equal(queries().length, 2);
  assert.ok(session.result.order.length < 300);
  session.dispose();
});

test("of two questions in a row only the last one's answer is taken", async () => {
  const { session } = await started();
  session.change({ ...EMPTY, text: "none" });
  session.change({ ...EMPTY, text: "" });
  await sleep(20);
  assert.equal(session.result.order.length, 812);
  session.dispose();
});

test("the selection goes to Python a moment later, and comes from there at once", async () => {
  const { kernel, session } = await started();
  session.selection.toggle(4);
  session.selection.toggle(2);
  session.selection.toggle(4);
  assert.deepEqual(kernel.traits.selected, []);
  await sleep(90);
  assert.deepEqual(kernel.traits.selected, [2]);
  kernel.put({ selected: [9, 8] });
  assert.deepEqual(session.selection.list(), [9, 8]);
  session.dispose();
});

test("a selection made just before the widget goes is not lost", async () => {
  const { kernel, session } = await started();
  session.selection.toggle(4);
  session.dispose();
  assert.deepEqual(kernel.traits.selected, [4]);
});

test("after a change in the kernel rows and thumbnails are asked for again", async () => {
  const { kernel, session, queries } = await started();
  await session.rows.fetchMany([0, 1]);
  kernel.emit("msg:custom", { kind: "changed", what: ["rows", "images"], ids: [3] }, []);
  await sleep(20);
  assert.equal(queries().length, 2);
  assert.equal(session.rows.get(0), undefined);
  assert.equal(session.staying, true);
  session.dispose();
});

test("errors of the kernel are shown in the widget", async () => {
  const { kernel, session } = await started();
  const said: string[] = [];
  session.notify = ({ message, hint }) => said.push(`${message} ${hint ?? ""}`);
  kernel.emit("msg:custom", { kind: "error", message: "get_label failed on a.jpg", hint: "See g.log." }, []);
  kernel.handlers["similar"] = () => { throw new Error("no index"); };
  await session.similar(3);
  assert.deepEqual(said, ["get_label failed on a.jpg See g.log.", "Error: no index "]);
  session.dispose();
});

test("a kernel that went away is noticed, and found again", async () => {
  const { kernel, session, queries } = await started();
  kernel.emit("msg:custom", { kind: "closed" }, []);
  assert.equal(session.lost, true);
  await session.connect(false);
  assert.equal(session.lost, false);
  assert.equal(queries().length, 2);
  session.dispose();
});

test("without binary buffers the first rows are asked for again, as text", async () => {
  const kernel = new FakeKernel();
  kernel.binary = false;
  const session = createSession(kernel);
  await session.connect();
  assert.equal(session.result.order.length, 812);
  assert.equal((await session.rows.fetchMany([3]))[0]?.row, 3);
  session.dispose();
});

test("rows that are out of sight are not fetched any more", async () => {
  const { kernel, session } = await started();
  session.rows.want([1, 2, 3]);
  session.rows.want([700, 701]);
  await sleep(40);
  assert.deepEqual(kernel.sent.filter(({ kind }) => kind === "rows").map(({ rows }) => rows), [[700, 701]]);
  assert.equal(session.rows.get(700)?.row, 700);
  session.dispose();
});
