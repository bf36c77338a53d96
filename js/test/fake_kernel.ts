// A kernel of its own for tests: speaks js/PROTOCOL.md about pictures that do not exist.

import { EMPTY, type Layout, type Mark, type Model, type Picture, type Row, type Traits, type View } from "../src/messages.ts";

type Body = Record<string, unknown> & { kind: string; request: number };
type Handler = (body: Body) => [Record<string, unknown>, ArrayBuffer[]?] | Promise<[Record<string, unknown>, ArrayBuffer[]?]>;

const VIEWS: [string, string, string, Layout, number][] = [
  ["duplicates", "Duplicates", "pair", "pair", 812], ["groups", "Groups", "group", "group", 96], ["components", "Components", "component", "group", 40],
  ["outliers", "Outliers", "image", "image", 300], ["similarity", "Similarity", "image", "neighbours", 300], ["statistics", "Statistics", "image", "image", 100_000], ["labels", "Labels", "image", "image", 0],
];

export class FakeKernel implements Model {
  readonly sent: Body[] = [];
  binary = true;
  silent = false;
  readonly delay: number;
  readonly traits: Traits;
  readonly handlers: Record<string, Handler>;
  #listeners = new Map<string, Set<(...values: unknown[]) => void>>();
  #cancelled = new Set<number>();

  constructor({ view = "duplicates", delay = 0, picture = async (_id: number): Promise<ArrayBuffer> => new ArrayBuffer(8), thumb = 160, height = 640 } = {}) {
    this.delay = delay;
    const views = VIEWS.map(([name, title, noun, layout, count]): View => ({
      name, title, noun, layout, count, missing: name === "labels" ? "There are no labels: give get_label or annotations." : "",
      columns: [{ name: "similarity", title: "similarity", form: "similarity" }, { name: "blur", title: "blur", form: "number" }, { name: "bytes", title: "file size", form: "bytes" }],
      sort: { column: "similarity", descending: true }, orders: ["most similar first", "least similar first"],
    }));
    this.traits = {
      view, state: { ...EMPTY }, selected: [], marks: {}, views, labels: ["cat", "dog", "cow"], theme: "auto", height, thumb,
      title: "photos: 1,000 images", can_undo: { mark: false, redo: false, apply: false }, preview: "x",
    };
    const rowOf = (row: number): Row => {
      const layout = views.find(({ name }) => name === this.traits.view)?.layout ?? "image";
      const images = layout === "image" ? 1 : layout === "pair" ? 2 : 3 + ((row * 7) % 12);
      const more = layout === "group" && row % 3 === 0 ? 20 + row : 0;
      const value = 1 - (row % 500) / 3000;
      return {
        row, title: layout === "group" ? `group ${row}` : "", value, text: value.toFixed(4), more,
        badges: row % 5 === 0 ? [{ text: "exact copy", tone: "exact" }] : row % 7 === 3 ? [{ text: "labels differ", tone: "differ" }] : [],
        facts: layout === "group" ? [["images", String(images + more)], ["kind", "near"]] : [["size", "1.2 MB"]],
        images: Array.from({ length: images }, (_, at) => pictureOf(layout === "image" ? row : row * 2 + at, layout !== "image" && layout !== "pair" && at > 0)),
      };
    };
    this.handlers = {
      hello: ({ nonce }) => [{ nonce, binary: this.binary, version: "0", protocol: 1, images: 1000 }, [new Uint8Array([1]).buffer]],
      mode: ({ binary }) => [{ binary }],
      query: ({ view: name, state }) => {
        const total = views.find((other) => other.name === name)?.count ?? 0;
        const { text, range } = state as Traits["state"];
        const low = range?.low ?? 0, high = range?.high ?? 1;
        const all = Array.from({ length: text === "none" ? 0 : total }, (_, at) => at).filter((row) => 1 - (row % 500) / 3000 >= low && 1 - (row % 500) / 3000 <= high);
        const edges = Array.from({ length: 31 }, (_, at) => 0.83 + (at * 0.17) / 30);
        const counts = edges.slice(1).map((_, at) => Math.round(200 * Math.exp(-((at - 20) ** 2) / 60)));
        const chosen = (name_: string): string[] => (state as Traits["state"]).facets[name_] ?? [];
        return [{
          view: name, total, matching: all.length, images: all.length * 2,
          facets: [
            { name: "kind", title: "kind", values: [["exact copy", 31], ["near", 9]], more: 0, chosen: chosen("kind") },
            { name: "label", title: "label", values: Array.from({ length: 200 }, (_, at) => [at === 2 ? "<b>bold</b>" : at === 3 ? "حيوان أليف" : `label ${at}`, 900 - at * 4]), more: 9800, chosen: chosen("label") },
            { name: "folder", title: "folder", values: [["2019/summer", 400], ["2020/winter", 300], ["2021", 112]], more: 0, chosen: chosen("folder") },
          ],
          histogram: { column: "similarity", edges, counts, inside: counts.map((value, at) => ((edges[at] ?? 0) >= low && (edges[at + 1] ?? 1) <= high + 0.001 ? value : 0)) },
        }, [new Uint32Array(all).buffer]];
      },
      facet: ({ facet, text }) => [{ facet, values: [[`${text as string} 1`, 4], [`${text as string} 2`, 3]], more: 2 }],
      rows: ({ view: name, rows }) => [{ view: name, rows: (rows as number[]).map(rowOf) }],
      members: ({ view: name, row }) => [{ view: name, row, ids: Array.from({ length: 60 }, (_, at) => at), more: 0 }],
      images: ({ ids }) => [{ images: (ids as number[]).map((id) => pictureOf(id, false)) }],
      thumbs: async ({ ids }) => {
        const good = (ids as number[]).filter((id) => id % 97 !== 13);
        const failed = Object.fromEntries((ids as number[]).filter((id) => !good.includes(id)).map((id) => [id, "the file is not there"]));
        return [{ ids: good, failed }, await Promise.all(good.map(picture))];
      },
      image: async ({ id }) => [{ id, width: 320, height: 240, mime: "image/jpeg" }, [await picture(id as number)]],
      details: ({ id }) => [{
        id, path: `/data/photos/2019/summer/picture ${id as number}.jpg`, labels: ["cat"], present: true,
        facts: [["image", [["size", "640 × 480"], ["file", "81 kB"], ["format", "JPEG"]]], ["statistics", [["blur", "312.5"], ["mean", "128.1"], ["contrast", "51.2"]]]],
        why: ["similarity 0.9987 to b.jpg: the same file content, byte for byte"], neighbours: [4, 8, 15, 16, 23].map((other) => ({ id: other, similarity: 0.99 - other / 1000 })),
      }],
      similar: () => [{ count: 50 }],
      select_matching: () => [{ selected: 73 }],
      mark: ({ ids, action, label }) => {
        const marks = { ...this.traits.marks };
        for (const id of ids as number[]) marks[id] = { action, ...(label ? { label } : {}) } as Mark;
        this.put({ marks, can_undo: { mark: true, redo: false, apply: false } });
        return [{ marked: (ids as number[]).length }];
      },
      unmark: ({ ids }) => {
        const marks = { ...this.traits.marks };
        for (const id of ids as number[]) delete marks[id];
        this.put({ marks });
        return [{ marked: 0 }];
      },
      undo_mark: () => [{ text: "" }], redo_mark: () => [{ text: "" }], keep_best: () => [{ marked: 2, kept: 1 }],
      plan: () => [{ token: "t", delete: 2, relabel: 1, bytes: 12345, text: ["2 files, 1.2 MB, go to the trash.", "1 image gets another label."], refused: [[4, "c.jpg: the last image of its group stays"]] }],
      apply: () => {
        this.put({ marks: {}, can_undo: { mark: false, redo: false, apply: true } });
        return [{ text: ["2 files went to the trash."], undo: true, left: [] }];
      },
      undo: () => [{ text: ["2 files are back."] }],
    };
  }

  get<K extends keyof Traits>(name: K): Traits[K] { return this.traits[name]; }
  set<K extends keyof Traits>(name: K, value: Traits[K]): void { this.put({ [name]: value } as Partial<Traits>); }
  save_changes(): void {}
  on(name: string, callback: (...values: never[]) => void): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    listeners.add(callback as (...values: unknown[]) => void);
    this.#listeners.set(name, listeners);
  }
  off(name: string, callback?: (...values: never[]) => void): void {
    this.#listeners.get(name)?.delete(callback as (...values: unknown[]) => void);
  }
  /** How many still listen: none, once everything is cleaned up. */
  get listening(): number { return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0); }

  /** Change traits as the kernel would. */
  put(change: Partial<Traits>): void {
    Object.assign(this.traits, change);
    for (const name of Object.keys(change)) this.emit(`change:${name}`);
  }
  emit(name: string, ...values: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(...values);
  }

  send(content: unknown, _callbacks?: unknown, _buffers?: ArrayBuffer[]): void {
    const body = content as Body;
    this.sent.push(body);
    if (body.kind === "cancel") {
      for (const request of body["requests"] as number[]) this.#cancelled.add(request);
      return;
    }
    if (!this.silent) setTimeout(() => void this.#answer(body), this.delay);
  }

  async #answer(body: Body): Promise<void> {
    if (this.#cancelled.has(body.request)) return;
    const { kind, request } = body;
    try {
      const [reply, buffers = []] = await (this.handlers[kind] as Handler)(body);
      if (this.binary) this.emit("msg:custom", { kind: "reply", request, ...reply }, buffers.map((buffer) => new DataView(buffer)));
      else this.emit("msg:custom", { kind: "reply", request, ...reply, data: buffers.map((buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))) }, []);
    } catch (reason) {
      this.emit("msg:custom", { kind: "reply", request, error: { message: String(reason), hint: "" } }, []);
    }
  }
}

function pictureOf(id: number, scored: boolean): Picture {
  return {
    id, name: id % 11 === 5 ? `<img src=x onerror=alert(1)> ${id}.jpg` : id % 13 === 4 ? `صورة العائلة ${id}.jpg` : `IMG_20190${id}.jpg`, folder: "2019/summer", labels: id % 3 === 0 ? ["cat"] : id % 7 === 1 ? ["a very long label indeed"] : [],
    width: 640, height: 480, bytes: 81_234 + id * 100, value: scored ? 0.93 : null, text: scored ? "0.9312" : "",
  };
}
