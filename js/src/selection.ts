// Which images are selected, in the order they were.

/** A set of image ids that tells when it changes. */
export class Selection {
  onChange: (byUser: boolean) => void = () => {};
  #ids = new Set<number>();

  get size(): number {
    return this.#ids.size;
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }

  list(): number[] {
    return [...this.#ids];
  }

  /** Take what Python says; silent when it is what is already selected. */
  take(ids: readonly number[]): void {
    const mine = this.list();
    if (mine.length === ids.length && mine.every((id, at) => id === ids[at])) return;
    this.#ids = new Set(ids);
    this.onChange(false);
  }

  toggle(id: number): void {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.onChange(true);
  }

  /** Put images in; take them all out when all were in and `orRemove` is asked for. */
  add(ids: readonly number[], orRemove = false): void {
    if (ids.length === 0) return;
    const remove = orRemove && ids.every((id) => this.#ids.has(id));
    for (const id of ids) {
      if (remove) this.#ids.delete(id);
      else this.#ids.add(id);
    }
    this.onChange(true);
  }

  clear(): void {
    if (this.#ids.size === 0) return;
    this.#ids.clear();
    this.onChange(true);
  }
}
