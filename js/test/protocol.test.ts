import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bytes, Channel, isAbort, KernelError } from "../src/protocol.ts";
import { FakeKernel } from "./fake_kernel.ts";

test("an answer finds its question, whatever the order", async () => {
  const kernel = new FakeKernel();
  const channel = new Channel(kernel);
  let later: (() => void) | undefined;
  kernel.handlers["members"] = ({ row }) => new Promise((resolve) => {
    const answer = (): void => resolve([{ view: "", row, ids: [row], more: 0 }]);
    if (row === 1) later = answer;
    else { answer(); later?.(); }
  });
  const [one, two] = await Promise.all([channel.ask("members", { row: 1 }), channel.ask("members", { row: 2 })]);
  assert.deepEqual([one.ids, two.ids], [[1], [2]]);
  channel.close();
});

test("two views of one widget do not take each other's answers", async () => {
  const kernel = new FakeKernel();
  const one = new Channel(kernel), other = new Channel(kernel);
  const asked = await Promise.all([one.ask("facet", { facet: "label", text: "a" }), other.ask("facet", { facet: "label", text: "b" })]);
  assert.deepEqual(asked.map(({ values }) => values[0]?.[0]), ["a 1", "b 1"]);
  assert.equal(new Set(kernel.sent.map(({ request }) => request)).size, kernel.sent.length);
  one.close();
  other.close();
  assert.equal(kernel.listening, 0);
});

test("an error reply becomes an error with its hint", async () => {
  const kernel = new FakeKernel();
  const channel = new Channel(kernel);
  kernel.silent = true;
  const asked = channel.ask("plan");
  kernel.emit("msg:custom", { kind: "reply", request: kernel.sent[0]?.request, error: { message: "No marks.", hint: "Press x." } }, []);
  await assert.rejects(asked, (reason: KernelError) => reason instanceof KernelError && reason.message === "No marks." && reason.hint === "Press x.");
  channel.close();
});

test("aborted requests are cancelled in the kernel, several in one message", async () => {
  const kernel = new FakeKernel();
  kernel.silent = true;
  const channel = new Channel(kernel);
  const controller = new AbortController();
  const asked = [1, 2].map((id) => channel.ask("details", { id }, { signal: controller.signal }));
  controller.abort();
  for (const one of asked) await assert.rejects(one, isAbort);
  await sleep(0);
  const cancels = kernel.sent.filter(({ kind }) => kind === "cancel");
  assert.equal(cancels.length, 1);
  assert.deepEqual(cancels[0]?.["requests"], kernel.sent.slice(0, 2).map(({ request }) => request));
  channel.close();
});

test("closing ends what waits", async () => {
  const kernel = new FakeKernel();
  kernel.silent = true;
  const channel = new Channel(kernel);
  const asked = channel.ask("plan");
  channel.close();
  await assert.rejects(asked, isAbort);
  await assert.rejects(channel.ask("plan"), isAbort);
});

test("without binary buffers the same bytes come as base64", async () => {
  for (const binary of [true, false]) {
    const kernel = new FakeKernel({ picture: async () => new Uint8Array([255, 216, 7]).buffer as ArrayBuffer });
    kernel.binary = binary;
    const channel = new Channel(kernel);
    await channel.hello();
    assert.equal(kernel.sent.some(({ kind, binary: said }) => kind === "mode" && said === false), !binary);
    const { buffers } = await channel.ask("image", { id: 1, side: 256 });
    assert.deepEqual([...new Uint8Array(buffers[0] as ArrayBuffer)], [255, 216, 7]);
    channel.close();
  }
});

test("a view into a larger buffer gives its own bytes only", () => {
  const large = new Uint8Array([9, 9, 1, 2, 3, 9]).buffer;
  assert.deepEqual([...new Uint8Array(bytes(undefined, [new DataView(large, 2, 3)])[0] as ArrayBuffer)], [1, 2, 3]);
});

test("malformed messages from the kernel are ignored", () => {
  const kernel = new FakeKernel();
  const channel = new Channel(kernel);
  for (const message of [null, undefined, 7, "reply", { kind: "reply" }, { kind: "reply", request: "x" }, { kind: 3 }]) kernel.emit("msg:custom", message, []);
  channel.close();
});
