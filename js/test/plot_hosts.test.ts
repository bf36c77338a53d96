// The two places a plot lives in: what is asked of a kernel, and what a page holds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelHost, PageHost, type WidgetModel } from "../src/plot/hosts.ts";

type Hear = (message: unknown, buffers?: DataView[]) => void;

/** A kernel that answers at once; `binary` tells whether its buffers arrive. */
function kernel(binary: boolean, failing = false) {
  const sent: Record<string, unknown>[] = [];
  const listeners = new Map<string, Hear>();
  const traits: Record<string, unknown> = { kind: "map", note: "", bokeh_version: "3.9.2", range: null, selected: [4], readout: "all" };
  const bytes = new TextEncoder().encode('{"a":1}');
  const model = {
    get: (name: string) => traits[name],
    set: (name: string, value: unknown) => void (traits[name] = value),
    save_changes: () => void sent.push({ kind: "save" }),
    on: (name: string, hear: Hear) => void listeners.set(name, hear),
    off: (name: string) => void listeners.delete(name),
    send: (content: Record<string, unknown>) => {
      sent.push(content);
      const reply: Record<string, unknown> = { kind: "reply", request: content["request"], parts: 1 };
      if (failing) reply["error"] = { message: "It is gone.", hint: "Run again." };
      const plain = content["binary"] === false;
      if (plain) reply["data"] = [btoa(String.fromCharCode(...bytes))];
      queueMicrotask(() => listeners.get("msg:custom")?.(reply, binary && !plain && !failing ? [new DataView(bytes.buffer)] : []));
    },
  };
  return { model: model as unknown as WidgetModel, sent, traits, listeners };
}

test("a kernel sends what is to be drawn as bytes", async () => {
  const { model, sent } = kernel(true);
  const host = new KernelHost(model, new AbortController().signal);
  assert.deepEqual(await host.item(), { a: 1 });
  assert.deepEqual(sent.map(({ kind, binary }) => [kind, binary]), [["item", true]]);
});

test("where buffers do not arrive it is asked again for text, once", async () => {
  const { model, sent } = kernel(false);
  const host = new KernelHost(model, new AbortController().signal);
  assert.deepEqual(await host.item(), { a: 1 });
  assert.equal(await host.bokeh(), '{"a":1}');
  assert.deepEqual(sent.map(({ kind, binary }) => [kind, binary]), [["item", true], ["item", false], ["bokeh", false]]);
});

test("a picture is asked for once", async () => {
  const { model, sent } = kernel(true);
  const host = new KernelHost(model, new AbortController().signal);
  const [one, same] = await Promise.all([host.picture(3), host.picture(3)]);
  assert.match(one ?? "", /^blob:/);
  assert.equal(one, same);
  assert.deepEqual(sent.map(({ ids }) => ids), [[3]]);
});

test("an error says what to do; a picture that fails is none", async () => {
  const host = new KernelHost(kernel(true, true).model, new AbortController().signal);
  await assert.rejects(host.item(), /It is gone\. Run again\./);
  assert.equal(await host.picture(3), null);
});

test("at the end nobody listens and nothing waits", async () => {
  const { model, listeners } = kernel(true);
  const end = new AbortController();
  const host = new KernelHost(model, end.signal);
  host.onChange(() => {});
  const late = host.item();
  end.abort();
  await assert.rejects(late, /closed/);
  assert.equal(listeners.size, 0);
});

test("choices go to the kernel", () => {
  const { model, sent, traits } = kernel(true);
  const host = new KernelHost(model, new AbortController().signal);
  host.chooseRange([1, 2]);
  host.select([7]);
  assert.deepEqual([traits["range"], traits["selected"], sent.length], [[1, 2], [7], 2]);
  assert.deepEqual([host.range(), host.selected(), host.readout()], [[1, 2], [7], "all"]);
});

test("a page has the pictures it holds and no others", async () => {
  const host = new PageHost({ version: "3.9.2", kind: "map", theme: "dark", item: {}, pictures: { "3": "AAAA" } });
  assert.equal(await host.picture(3), "data:image/jpeg;base64,AAAA");
  assert.equal(await host.picture(4), null);
  assert.equal(host.readout(), null);
});
