// Requests to the kernel over the widget's custom messages, and their replies.

import type { Kind, Model, Replies } from "./messages.ts";

/** What the kernel answered instead of a result, or why there will be no answer. */
export class KernelError extends Error {
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(message);
    this.name = "KernelError";
    this.hint = hint;
  }
}

export type Answer<K extends Kind> = Replies[K] & { buffers: ArrayBuffer[] };

export interface Options {
  signal?: AbortSignal | undefined;
  buffers?: ArrayBuffer[];
}

export type Unasked = { kind: "changed"; what: string[] | string; ids?: number[] | null } | { kind: "error"; message: string; hint?: string } | { kind: "closed" };

interface Waiting {
  resolve(value: Record<string, unknown> & { buffers: ArrayBuffer[] }): void;
  reject(reason: unknown): void;
}

interface Incoming {
  kind?: unknown;
  request?: unknown;
  error?: { message?: unknown; hint?: unknown };
  data?: unknown;
}

export const isAbort = (reason: unknown): boolean => reason instanceof DOMException && reason.name === "AbortError";
const aborted = (): DOMException => new DOMException("No longer needed.", "AbortError");

// Several views, and several browsers, may share one model: each hears all replies, so numbers must not repeat.
let counter = Math.floor(Math.random() * 2 ** 30);

/** One front end's line to the kernel. */
export class Channel {
  onUnasked: (message: Unasked) => void = () => {};
  /** Told whenever the number of open requests changes, with how long the oldest has waited. */
  onWaiting: (open: number) => void = () => {};
  readonly #model: Model;
  readonly #waiting = new Map<number, Waiting>();
  #cancelled: number[] = [];
  #closed = false;
  readonly #listener = (message: unknown, buffers?: unknown): void => this.#receive(message as Incoming, buffers);

  constructor(model: Model) {
    this.#model = model;
    model.on("msg:custom", this.#listener as (...values: never[]) => void);
  }

  /** Find out whether binary buffers arrive, in both directions; agree with the kernel on base64 if not. */
  async hello(): Promise<boolean> {
    const nonce = Math.random().toString(36).slice(2, 14);
    const reply = await this.ask("hello", { nonce }, { buffers: [new Uint8Array([1]).buffer] });
    const binary = reply.binary && reply.buffers[0]?.byteLength === 1;
    if (!binary) await this.ask("mode", { binary });
    return binary;
  }

  /**
   * Send a request; the promise ends with its reply, a KernelError, or an AbortError. There is no time limit: a busy kernel
   * answers when its cell has run.
   */
  ask<K extends Kind>(kind: K, body: Record<string, unknown> = {}, options: Options = {}): Promise<Answer<K>> {
    const { signal, buffers = [] } = options;
    if (this.#closed || signal?.aborted) return Promise.reject(aborted());
    const request = ++counter;
    return new Promise<Answer<K>>((resolve, reject) => {
      const settle = (): void => {
        signal?.removeEventListener("abort", abort);
        this.#waiting.delete(request);
        this.onWaiting(this.#waiting.size);
      };
      const abort = (): void => {
        settle();
        this.#cancel(request);
        reject(aborted());
      };
      this.#waiting.set(request, {
        resolve: (value) => { settle(); resolve(value as unknown as Answer<K>); },
        reject: (reason) => { settle(); reject(reason); },
      });
      signal?.addEventListener("abort", abort);
      this.onWaiting(this.#waiting.size);
      try {
        this.#model.send({ kind, request, ...body }, undefined, buffers);
      } catch {
        this.#waiting.get(request)?.reject(new KernelError("The connection to the kernel is gone.", LOST));
      }
    });
  }

  /** Stop listening; whoever still waits is told that nothing will come. */
  close(): void {
    this.#closed = true;
    this.#model.off("msg:custom", this.#listener as (...values: never[]) => void);
    for (const { reject } of [...this.#waiting.values()]) reject(aborted());
  }

  #cancel(request: number): void {
    if (this.#closed) return;
    // Those of one moment go in one message.
    if (this.#cancelled.push(request) === 1)
      queueMicrotask(() => {
        const requests = this.#cancelled;
        this.#cancelled = [];
        try {
          if (!this.#closed) this.#model.send({ kind: "cancel", request: ++counter, requests });
        } catch {
          // Nobody is there: then nothing needs cancelling.
        }
      });
  }

  #receive(message: Incoming, buffers: unknown): void {
    if (message?.kind !== "reply") {
      if (typeof message?.kind === "string") this.onUnasked(message as Unasked);
      return;
    }
    const waiting = this.#waiting.get(message.request as number);
    if (!waiting) return; // another view's, or no longer needed
    if (message.error) waiting.reject(new KernelError(String(message.error.message), String(message.error.hint ?? "")));
    else waiting.resolve({ ...(message as Record<string, unknown>), buffers: bytes(message.data, buffers) });
  }
}

const LOST = "It is busy, or was restarted: then run the cell again.";

/** The buffers of a reply, however they travelled. */
export function bytes(data: unknown, buffers: unknown): ArrayBuffer[] {
  if (Array.isArray(data)) return data.map((text) => Uint8Array.from(atob(String(text)), (letter) => letter.charCodeAt(0)).buffer as ArrayBuffer);
  return Array.isArray(buffers) ? buffers.map(copied) : [];
}

// Hosts give DataViews, typed arrays or ArrayBuffers; a view may begin anywhere in its buffer.
function copied(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (!ArrayBuffer.isView(buffer)) return buffer;
  const { byteOffset, byteLength } = buffer;
  return buffer.buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
