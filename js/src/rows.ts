// What the grid shows, one item per card: fetched in batches as cards come into sight.

import { createLeastRecent } from "./lru.ts";
import { isAbort } from "./protocol.ts";

/** Fetch items by key; keys without an answer are left out of it. */
export type FetchItems<T> = (keys: number[], signal: AbortSignal) => Promise<Map<number, T>>;

const BATCH = 60;
const MOST = 200; // the kernel takes no more at once
const PAUSE_MILLISECONDS = 15;
const RETRY_MILLISECONDS = 3000;
const KEPT = 3000;

/** Items by key, with those in sight asked for and those scrolled past dropped from the queue. */
export function createItems<T>(fetch: FetchItems<T>, arrived: (keys: number[]) => void, failed: (reason: unknown) => void) {
  const kept = createLeastRecent<number, T | null>(KEPT);
  let wanted = new Set<number>();
  let current: { keys: Set<number>; controller: AbortController } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The item; undefined when it is not here yet, null when it is gone. */
  function get(key: number): T | null | undefined {
    return kept.get(key);
  }

  /** Say which keys are in sight now: others need not be fetched any more. */
  function want(keys: readonly number[]): void {
    wanted = new Set(keys.filter((key) => !kept.has(key)));
    if (current) {
      const { keys: flying, controller } = current;
      if (keys.some((key) => flying.has(key))) for (const key of flying) wanted.delete(key);
      else {
        current = null;
        controller.abort();
      }
    }
    if (wanted.size > 0) schedule(PAUSE_MILLISECONDS);
  }

  /** Wait for items, wherever they are; null for those that have gone. */
  async function fetchMany(keys: readonly number[]): Promise<(T | null)[]> {
    const missing = [...new Set(keys)].filter((key) => kept.get(key) === undefined);
    const found = new Map<number, T>();
    for (let start = 0; start < missing.length; start += MOST) {
      for (const [key, item] of await fetch(missing.slice(start, start + MOST), new AbortController().signal)) found.set(key, item);
    }
    const items = keys.map((key) => found.get(key) ?? kept.get(key) ?? null);
    for (const [key, item] of found) kept.set(key, item);
    return items;
  }

  /** Forget everything and drop what is under way. */
  function clear(): void {
    clearTimeout(timer);
    timer = undefined;
    current?.controller.abort();
    current = null;
    wanted.clear();
    kept.clear();
  }

  function schedule(pause: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!current && wanted.size > 0) void send();
    }, pause);
  }

  async function send(): Promise<void> {
    const keys = [...wanted].slice(0, BATCH);
    for (const key of keys) wanted.delete(key);
    const flight = { keys: new Set(keys), controller: new AbortController() };
    current = flight;
    try {
      const found = await fetch(keys, flight.controller.signal);
      if (current !== flight) return;
      current = null;
      for (const key of keys) kept.set(key, found.get(key) ?? null);
      arrived(keys);
      if (wanted.size > 0) schedule(0);
    } catch (reason) {
      if (current !== flight) return;
      current = null;
      if (isAbort(reason)) return;
      for (const key of keys) wanted.add(key);
      schedule(RETRY_MILLISECONDS);
      failed(reason);
    }
  }

  return {
    get, want, fetchMany, clear,
  };
}

export type Items<T> = ReturnType<typeof createItems<T>>;
