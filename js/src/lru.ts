// A map that forgets what was not used for the longest time.

/** A map of limited weight. What is being forgotten goes through `onDrop`; what `isHeld` stays. */
export function createLeastRecent<K, V>(limit: number, onDrop: (value: V, key: K) => void = () => {}, isHeld: (key: K) => boolean = () => false) {
  const entries = new Map<K, { value: V; weight: number }>();
  let total = 0;

  const has = (key: K): boolean => entries.has(key);

  function get(key: K): V | undefined {
    const entry = entries.get(key);
    if (!entry) return undefined;
    entries.delete(key);
    entries.set(key, entry);
    return entry.value;
  }

  function set(key: K, value: V, weight = 1): void {
    drop(key);
    entries.set(key, { value, weight });
    total += weight;
    if (total <= limit) return;
    for (const old of [...entries.keys()]) {
      if (total <= limit) break;
      if (old !== key && !isHeld(old)) drop(old);
    }
  }

  function drop(key: K): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    total -= entry.weight;
    onDrop(entry.value, key);
  }

  function clear(): void {
    for (const key of [...entries.keys()]) drop(key);
  }

  return { has, get, set, drop, clear };
}
