// What the grid shows, one item per card: fetched in batches as cards come into sight.

import { LeastRecent } from "./lru.ts";
import { isAbort } from "./protocol.ts";

/** Fetch items by key; keys without an answer are left out of it. */
export type FetchItems<T> = (keys: number[], signal: AbortSignal) => Promise<Map<number, T>>;

const BATCH = 60;
const MOST = 200; // the kernel takes no more at once
const PAUSE_MILLISECONDS = 15;
const RETRY_MILLISECONDS = 3000;
const KEPT = 3000;

/** Items by key, with those in sight asked for and those scrolled past dropped from the queue. */
export class Items<T> {
  readonly #fetch: FetchItems<T>;
  readonly #arrived: (keys: number[]) => void;
  readonly #failed: (reason: unknown) => void;
  readonly #kept = new LeastRecent<number, T | null>(KEPT);
  #wanted = new Set<number>();
  #flight: { keys: Set<number>; controller: AbortController } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(fetch: FetchItems<T>, arrived: (keys: number[]) => void, failed: (reason: unknown) => void) {
    this.#fetch = fetch;
    this.#arrived = arrived;
    this.#failed = failed;
  }

  /** The item; undefined when it is not here yet, null when it is gone. */
  get(key: number): T | null | undefined {
    return this.#kept.get(key);
  }

  /** Say which keys are in sight now: others need not be fetched any more. */
  want(keys: readonly number[]): void {
    this.#wanted = new Set(keys.filter((key) => !this.#kept.has(key)));
    if (this.#flight) {
      const { keys: flying, controller } = this.#flight;
      if (keys.some((key) => flying.has(key))) for (const key of flying) this.#wanted.delete(key);
      else {
        this.#flight = null;
        controller.abort();
      }
    }
    if (this.#wanted.size > 0) this.#schedule(PAUSE_MILLISECONDS);
  }

  /** Wait for items, wherever they are; null for those that have gone. */
  async fetchMany(keys: readonly number[]): Promise<(T | null)[]> {
    const missing = [...new Set(keys)].filter((key) => this.#kept.get(key) === undefined);
    const found = new Map<number, T>();
    for (let start = 0; start < missing.length; start += MOST) {
      for (const [key, item] of await this.#fetch(missing.slice(start, start + MOST), new AbortController().signal)) found.set(key, item);
    }
    const items = keys.map((key) => found.get(key) ?? this.#kept.get(key) ?? null);
    for (const [key, item] of found) this.#kept.set(key, item);
    return items;
  }

  /** Forget everything and drop what is under way. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flight?.controller.abort();
    this.#flight = null;
    this.#wanted.clear();
    this.#kept.clear();
  }

  #schedule(pause: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#flight && this.#wanted.size > 0) void this.#send();
    }, pause);
  }

  async #send(): Promise<void> {
    const keys = [...this.#wanted].slice(0, BATCH);
    for (const key of keys) this.#wanted.delete(key);
    const flight = { keys: new Set(keys), controller: new AbortController() };
    this.#flight = flight;
    try {
      const found = await this.#fetch(keys, flight.controller.signal);
      if (this.#flight !== flight) return;
      this.#flight = null;
      for (const key of keys) this.#kept.set(key, found.get(key) ?? null);
      this.#arrived(keys);
      if (this.#wanted.size > 0) this.#schedule(0);
    } catch (reason) {
      if (this.#flight !== flight) return;
      this.#flight = null;
      if (isAbort(reason)) return;
      for (const key of keys) this.#wanted.add(key);
      this.#schedule(RETRY_MILLISECONDS);
      this.#failed(reason);
    }
  }
}
