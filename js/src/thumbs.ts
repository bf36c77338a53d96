// Thumbnails: asked for in batches, kept as blob URLs, forgotten when others need the room.

import { isAbort } from "./protocol.ts";
import { LeastRecent } from "./lru.ts";

export interface Thumbnail {
  url: string;
  /** Why there is no picture; then the url is empty. */
  failed: string;
}

export interface Fetched {
  ids: number[];
  failed: Record<string, string>;
  buffers: ArrayBuffer[];
}

export type Fetch = (ids: number[], side: number, signal: AbortSignal) => Promise<Fetched>;
export type Shown = (thumbnail: Thumbnail) => void;

interface Urls {
  create(blob: Blob): string;
  revoke(url: string): void;
}

const BATCH = 24; // small enough that a kernel which works one by one shows the first soon
const FLIGHTS = 2; // what is not sent yet can still be dropped for nothing
const PAUSE_MILLISECONDS = 20;
const RETRY_MILLISECONDS = 3000;
const BYTES = 48e6;
const FAILED_BYTES = 200;

interface Flight {
  ids: Set<number>;
  controller: AbortController;
}

/** The thumbnails of one explorer. Whoever shows one says so, and says when it no longer does. */
export class Thumbnails {
  readonly #fetch: Fetch;
  readonly #urls: Urls;
  #side: number;
  readonly #watchers = new Map<number, Set<Shown>>();
  readonly #kept: LeastRecent<number, Thumbnail>;
  #wanted = new Set<number>();
  readonly #flights = new Set<Flight>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;
  #disposed = false;

  constructor(fetch: Fetch, side: number, limit = BYTES, urls: Urls = { create: (blob) => URL.createObjectURL(blob), revoke: (url) => URL.revokeObjectURL(url) }) {
    this.#fetch = fetch;
    this.#side = side;
    this.#urls = urls;
    this.#kept = new LeastRecent(limit, ({ url }) => url && urls.revoke(url), (id) => this.#watchers.has(id));
  }

  /** Call `shown` with the thumbnail of an image, at once if it is here, else when it comes. Returns how to stop. */
  watch(id: number, shown: Shown): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    watchers.add(shown);
    this.#watchers.set(id, watchers);
    const here = this.#kept.get(id);
    if (here) shown(here);
    else if (!this.#inFlight(id)) {
      this.#wanted.add(id);
      this.#schedule();
    }
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      watchers.delete(shown);
      // A later watcher of the same image may have its own set by now.
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#unwatch(id);
    };
  }

  /** Forget thumbnails (all, when no ids are given) and ask again for those on show. */
  forget(ids?: readonly number[] | null): void {
    this.#generation++;
    for (const id of ids ?? [...this.#watchers.keys()]) this.#kept.delete(id);
    if (!ids) this.#kept.clear();
    for (const flight of this.#flights) flight.controller.abort();
    this.#flights.clear();
    for (const id of this.#watchers.keys()) if (!this.#kept.has(id)) this.#wanted.add(id);
    this.#schedule();
  }

  /** Change the size asked for; what is on show stays until the new size has come. */
  resize(side: number): void {
    if (side === this.#side) return;
    this.#side = side;
    this.forget();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const flight of this.#flights) flight.controller.abort();
    this.#flights.clear();
    this.#watchers.clear();
    this.#kept.clear();
  }

  #unwatch(id: number): void {
    this.#watchers.delete(id);
    this.#wanted.delete(id);
    for (const flight of this.#flights)
      if (flight.ids.has(id) && ![...flight.ids].some((other) => this.#watchers.has(other))) {
        this.#flights.delete(flight);
        flight.controller.abort();
        this.#schedule();
      }
  }

  #inFlight(id: number): boolean {
    for (const flight of this.#flights) if (flight.ids.has(id)) return true;
    return false;
  }

  #schedule(pause = PAUSE_MILLISECONDS): void {
    if (this.#disposed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, pause);
  }

  #send(): void {
    while (this.#wanted.size > 0 && this.#flights.size < FLIGHTS) {
      const ids = [...this.#wanted].slice(0, BATCH);
      for (const id of ids) this.#wanted.delete(id);
      const flight: Flight = { ids: new Set(ids), controller: new AbortController() };
      this.#flights.add(flight);
      void this.#carry(flight, ids, this.#generation);
    }
  }

  async #carry(flight: Flight, ids: number[], generation: number): Promise<void> {
    try {
      const fetched = await this.#fetch(ids, this.#side, flight.controller.signal);
      if (this.#disposed || generation !== this.#generation) return;
      this.#flights.delete(flight);
      this.#take(ids, fetched);
      this.#schedule(0);
    } catch (reason) {
      if (this.#disposed || !this.#flights.delete(flight)) return;
      if (isAbort(reason)) return;
      // Not the images' fault: those still on show are asked for again later.
      for (const id of ids) if (this.#watchers.has(id)) this.#wanted.add(id);
      this.#schedule(RETRY_MILLISECONDS);
    }
  }

  #take(asked: number[], { ids, failed, buffers }: Fetched): void {
    const known = new Set(asked);
    ids.forEach((id, at) => {
      const buffer = buffers[at];
      if (!known.has(id) || !buffer) return;
      known.delete(id);
      this.#keep(id, { url: this.#urls.create(new Blob([buffer], { type: "image/jpeg" })), failed: "" }, buffer.byteLength);
    });
    for (const id of known) this.#keep(id, { url: "", failed: failed[id] ?? "The kernel sent no picture." }, FAILED_BYTES);
  }

  #keep(id: number, thumbnail: Thumbnail, weight: number): void {
    this.#kept.set(id, thumbnail, weight);
    for (const shown of [...(this.#watchers.get(id) ?? [])]) shown(thumbnail);
  }
}
