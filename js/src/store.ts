// What the front end alone knows: where the user is and what is open. What Python shares lives in the model's traits.

export interface Ui {
  /** A group whose members are shown on their own: its place in the order, from 1; and what it is called. */
  group: number | null;
  groupTitle: string;
  details: boolean;
  drawer: boolean;
  narrow: boolean;
}

/** A record whose changes are told to whoever listens, once per change of what they named. */
export class Store<T extends object> {
  #value: T;
  readonly #listeners = new Set<(now: T, before: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get now(): T {
    return this.#value;
  }

  set(change: Partial<T>): void {
    const before = this.#value;
    if ((Object.keys(change) as (keyof T)[]).every((name) => Object.is(before[name], change[name]))) return;
    this.#value = { ...before, ...change };
    for (const listener of [...this.#listeners]) listener(this.#value, before);
  }

  listen(listener: (now: T, before: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
