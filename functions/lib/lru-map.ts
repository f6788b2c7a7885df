// A map of limited size, for caches whose keys a caller can choose.

/**
 * Has at most `maxSize` entries. Keeps an entry until half as many others were set or used after
 * its last use. Two generations instead of an order: if each use moved its entry to the end of a
 * map, a denied review would take a fifth more time.
 */
export class LruMap<Key, Value> {
  readonly #half: number;
  #recent = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(maxSize: number) {
    this.#half = Math.ceil(maxSize / 2);
  }

  get(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  has(key: Key): boolean {
    return this.#recent.has(key) || this.#older.has(key);
  }

  set(key: Key, value: Value): void {
    this.#recent.set(key, value);
    if (this.#recent.size < this.#half) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  delete(key: Key): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }
}
