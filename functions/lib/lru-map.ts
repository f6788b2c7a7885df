// A map of limited size, for caches whose keys a caller can choose.

/** When it is full, a new entry replaces the least recently used one. */
export class LruMap<Key, Value> extends Map<Key, Value> {
  readonly #maxSize: number;

  constructor(maxSize: number) {
    super();
    this.#maxSize = maxSize;
  }

  override get(key: Key): Value | undefined {
    const value = super.get(key);
    // A map iterates in the order of insertion, so the first entry is the least recently used one.
    if (value !== undefined) this.set(key, value);
    return value;
  }

  override set(key: Key, value: Value): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#maxSize) super.delete(this.keys().next().value as Key);
    return this;
  }
}
