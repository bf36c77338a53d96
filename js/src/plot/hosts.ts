// Where a plot lives: under a kernel, or in a page of its own.

import { createLeastRecent } from "../lru.ts";

/** What a plot needs from the place it is shown in. */
export interface Host {
  version: string;
  kind: string;
  /** What to know about the plot; empty where the page says it. */
  note: string;
  theme(): "auto" | "light" | "dark";
  bokeh(): Promise<string>;
  item(): Promise<unknown>;
  /** The `src` of a small picture; null when there is none. */
  picture(id: number): Promise<string | null>;
  /** The chosen range; null for everything. */
  range(): [number, number] | null;
  chooseRange(range: [number, number] | null): void;
  selected(): number[];
  select(ids: number[]): void;
  /** What the kernel says about the choice; null where nobody can count but the page itself. */
  readout(): string | null;
  /** Call when the range, the selection, the readout or the theme was changed from outside. */
  onChange(listener: (what: "range" | "selected" | "readout" | "theme") => void): void;
}

interface Traits {
  kind: string;
  note: string;
  bokeh_version: string;
  theme: "auto" | "light" | "dark";
  range: [number, number] | null;
  selected: number[];
  readout: string;
  /** The picture beside the widget for saved notebooks. */
  preview: string;
}

export interface WidgetModel {
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
  save_changes(): void;
  send(content: unknown): void;
  on(name: string, callback: (...values: never[]) => void): void;
  off(name: string, callback: (...values: never[]) => void): void;
}

interface Reply {
  kind: string;
  request: number;
  data?: string[];
  error?: { message: string; hint: string };
  [member: string]: unknown;
}

interface Answer {
  reply: Reply;
  parts: Uint8Array<ArrayBuffer>[];
}

const ANSWER_MS = 60_000;
const MAX_PICTURES = 400;
const SIDE = 160;

const decode = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** A kernel that answers requests. */
export class KernelHost implements Host {
  readonly version: string;
  readonly kind: string;
  readonly note: string;
  private readonly model: WidgetModel;
  private readonly waiting = new Map<number, { resolve(answer: Answer): void; reject(reason: Error): void }>();
  private readonly pictures = createLeastRecent<number, Promise<string | null>>(MAX_PICTURES, (picture) => {
    void picture.then((url) => url && URL.revokeObjectURL(url));
  });
  private readonly signal: AbortSignal;
  private requests = 0;
  private plain = false;

  constructor(model: WidgetModel, signal: AbortSignal) {
    this.model = model;
    this.signal = signal;
    this.version = model.get("bokeh_version");
    this.kind = model.get("kind");
    this.note = model.get("note");
    const hear = (message: Reply, buffers: readonly DataView[] = []): void => {
      if (message?.kind !== "reply") return;
      const request = this.waiting.get(message.request);
      this.waiting.delete(message.request);
      if (message.error) request?.reject(new Error([message.error.message, message.error.hint].join(" ").trim()));
      else request?.resolve({ reply: message, parts: message.data?.map(decode) ?? buffers.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)) });
    };
    model.on("msg:custom", hear as never);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", hear as never);
      this.pictures.clear();
      for (const { reject } of this.waiting.values()) reject(new Error("The plot was closed."));
    });
  }

  private ask(kind: string, members: Record<string, unknown> = {}): Promise<Answer> {
    const request = ++this.requests;
    return new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("The kernel does not answer. Run the cell again.")), ANSWER_MS);
      this.waiting.set(request, {
        resolve: (answer) => (clearTimeout(late), resolve(answer)),
        reject: (reason) => (clearTimeout(late), reject(reason)),
      });
      this.model.send({ kind, request, binary: !this.plain, ...members });
    });
  }

  /** Ask for bytes; where buffers do not arrive, ask again for text. */
  private async bytes(kind: string, members: Record<string, unknown> = {}): Promise<Answer> {
    const answer = await this.ask(kind, members);
    if (answer.parts.length || !answer.reply["parts"] || this.plain) return answer;
    this.plain = true;
    return this.ask(kind, members);
  }

  async bokeh(): Promise<string> {
    const { parts } = await this.bytes("bokeh");
    return parts.map((part) => new TextDecoder().decode(part)).join("\n");
  }

  async item(): Promise<unknown> {
    const { parts } = await this.bytes("item");
    return JSON.parse(new TextDecoder().decode(parts[0]));
  }

  picture(id: number): Promise<string | null> {
    const known = this.pictures.get(id);
    if (known) return known;
    const coming = this.bytes("thumbs", { ids: [id], side: SIDE }).then(
      ({ parts }) => (parts[0] ? URL.createObjectURL(new Blob([parts[0]], { type: "image/jpeg" })) : null),
      () => null,
    );
    this.pictures.set(id, coming);
    return coming;
  }

  theme(): "auto" | "light" | "dark" {
    return this.model.get("theme");
  }

  range(): [number, number] | null {
    return this.model.get("range") ?? null;
  }

  chooseRange(range: [number, number] | null): void {
    this.model.set("range", range);
    this.model.save_changes();
  }

  selected(): number[] {
    return this.model.get("selected") ?? [];
  }

  select(ids: number[]): void {
    this.model.set("selected", ids);
    this.model.save_changes();
  }

  readout(): string | null {
    return this.model.get("readout") ?? "";
  }

  onChange(listener: (what: "range" | "selected" | "readout" | "theme") => void): void {
    for (const what of ["range", "selected", "readout", "theme"] as const) {
      const hear = (): void => listener(what);
      this.model.on(`change:${what}`, hear);
      this.signal.addEventListener("abort", () => this.model.off(`change:${what}`, hear));
    }
  }
}

interface PageData {
  version: string;
  kind: string;
  theme: "auto" | "light" | "dark";
  item: unknown;
  pictures: Record<string, string>;
}

/** A page that carries everything with it. */
export class PageHost implements Host {
  readonly note = "";
  private chosen: [number, number] | null = null;
  private ids: number[] = [];

  private readonly data: PageData;

  constructor(data: PageData) {
    this.data = data;
  }

  get version(): string {
    return this.data.version;
  }

  get kind(): string {
    return this.data.kind;
  }

  bokeh(): Promise<string> {
    return Promise.reject(new Error("The page holds no BokehJS."));
  }

  item(): Promise<unknown> {
    return Promise.resolve(this.data.item);
  }

  picture(id: number): Promise<string | null> {
    const found = this.data.pictures[id];
    return Promise.resolve(found ? `data:image/jpeg;base64,${found}` : null);
  }

  theme(): "auto" | "light" | "dark" {
    return this.data.theme;
  }

  range(): [number, number] | null {
    return this.chosen;
  }

  chooseRange(range: [number, number] | null): void {
    this.chosen = range;
  }

  selected(): number[] {
    return this.ids;
  }

  select(ids: number[]): void {
    this.ids = ids;
  }

  readout(): null {
    return null;
  }

  onChange(): void {}
}
