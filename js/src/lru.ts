// A map that forgets what was not used for the longest time.

/** A map of limited weight. What is being forgotten goes through `onDrop`; what `isHeld` stays. */
export class LeastRecent<K, V> {
  readonly #entries = new Map<K, { value: V; weight: number }>();
  #weight = 0;
  readonly #limit: number;
  readonly #onDrop: (value: V, key: K) => void;
  readonly #isHeld: (key: K) => boolean;

  constructor(limit: number, onDrop: (value: V, key: K) => void = () => {}, isHeld: (key: K) => boolean = () => false) {
    this.#limit = limit;
    this.#onDrop = onDrop;
    this.#isHeld = isHeld;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    if (this.#weight <= this.#limit) return;
    for (const old of [...this.#entries.keys()]) {
      if (this.#weight <= this.#limit) break;
      if (old !== key && !this.#isHeld(old)) this.delete(old);
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
    this.#onDrop(entry.value, key);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }
}
