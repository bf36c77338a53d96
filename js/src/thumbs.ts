// Thumbnails: asked for in batches, kept as blob URLs, forgotten when others need the room.

import { isAbort } from "./protocol.ts";
import { createLeastRecent } from "./lru.ts";

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
export function createThumbnails(fetch: Fetch, side: number, limit = BYTES, urls: Urls = { create: (blob) => URL.createObjectURL(blob), revoke: (url) => URL.revokeObjectURL(url) }) {
  const onShow = new Map<number, Set<Shown>>();
  let wanted = new Set<number>();
  const flights = new Set<Flight>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let era = 0;
  let disposed = false;
  let pixels = side;
  const kept = createLeastRecent<number, Thumbnail>(limit, ({ url }) => url && urls.revoke(url), (id) => onShow.has(id));

  /** Call `shown` with the thumbnail of an image, at once if it is here, else when it comes. Returns how to stop. */
  function watch(id: number, shown: Shown): () => void {
    const watchers = onShow.get(id) ?? new Set();
    watchers.add(shown);
    onShow.set(id, watchers);
    const here = kept.get(id);
    if (here) shown(here);
    else if (!inFlight(id)) {
      wanted.add(id);
      schedule();
    }
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      watchers.delete(shown);
      // A later watcher of the same image may have its own set by now.
      if (watchers.size === 0 && onShow.get(id) === watchers) unwatch(id);
    };
  }

  /** Forget thumbnails (all, when no ids are given) and ask again for those on show. */
  function forget(ids?: readonly number[] | null): void {
    era++;
    for (const id of ids ?? [...onShow.keys()]) kept.drop(id);
    if (!ids) kept.clear();
    for (const flight of flights) flight.controller.abort();
    flights.clear();
    for (const id of onShow.keys()) if (!kept.has(id)) wanted.add(id);
    schedule();
  }

  /** Change the size asked for; what is on show stays until the new size has come. */
  function resize(side: number): void {
    if (side === pixels) return;
    pixels = side;
    forget();
  }

  function dispose(): void {
    disposed = true;
    clearTimeout(timer);
    for (const flight of flights) flight.controller.abort();
    flights.clear();
    onShow.clear();
    kept.clear();
  }

  function unwatch(id: number): void {
    onShow.delete(id);
    wanted.delete(id);
    for (const flight of flights)
      if (flight.ids.has(id) && ![...flight.ids].some((other) => onShow.has(other))) {
        flights.delete(flight);
        flight.controller.abort();
        schedule();
      }
  }

  function inFlight(id: number): boolean {
    for (const flight of flights) if (flight.ids.has(id)) return true;
    return false;
  }

  function schedule(pause = PAUSE_MILLISECONDS): void {
    if (disposed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      send();
    }, pause);
  }

  function send(): void {
    while (wanted.size > 0 && flights.size < FLIGHTS) {
      const ids = [...wanted].slice(0, BATCH);
      for (const id of ids) wanted.delete(id);
      const flight: Flight = { ids: new Set(ids), controller: new AbortController() };
      flights.add(flight);
      void carry(flight, ids, era);
    }
  }

  async function carry(flight: Flight, ids: number[], generation: number): Promise<void> {
    try {
      const fetched = await fetch(ids, pixels, flight.controller.signal);
      if (disposed || generation !== era) return;
      flights.delete(flight);
      take(ids, fetched);
      schedule(0);
    } catch (reason) {
      if (disposed || !flights.delete(flight)) return;
      if (isAbort(reason)) return;
      // Not the images' fault: those still on show are asked for again later.
      for (const id of ids) if (onShow.has(id)) wanted.add(id);
      schedule(RETRY_MILLISECONDS);
    }
  }

  function take(asked: number[], { ids, failed, buffers }: Fetched): void {
    const known = new Set(asked);
    ids.forEach((id, at) => {
      const buffer = buffers[at];
      if (!known.has(id) || !buffer) return;
      known.delete(id);
      keep(id, { url: urls.create(new Blob([buffer], { type: "image/jpeg" })), failed: "" }, buffer.byteLength);
    });
    for (const id of known) keep(id, { url: "", failed: failed[id] ?? "The kernel sent no picture." }, FAILED_BYTES);
  }

  function keep(id: number, thumbnail: Thumbnail, weight: number): void {
    kept.set(id, thumbnail, weight);
    for (const shown of [...(onShow.get(id) ?? [])]) shown(thumbnail);
  }

  return {
    watch, forget, resize, dispose,
  };
}

export type Thumbnails = ReturnType<typeof createThumbnails>;
