// What a run remembers between its calls to AWS.

export interface Memo {
  /** Milliseconds by which AWS's clock is ahead of this machine's. */
  clockOffset: number;
  /** The last call that AWS answered, such as `SSM GetParameters`. */
  lastAnswered: string | undefined;
  /**
   * Returns the value that belongs to the owner under this key, and creates it at the first call.
   * The owner is the memo for what all clusters share, or another object of the run, such as the
   * configuration of a client.
   */
  readonly once: <T>(owner: object, key: string, create: () => T) => T;
}

/** Creates the memo of a run. */
export function createMemo(): Memo {
  const created = new Map<object, Map<string, unknown>>();
  return {
    clockOffset: 0,
    lastAnswered: undefined,
    once<T>(owner: object, key: string, create: () => T): T {
      const ofOwner = created.get(owner) ?? new Map<string, unknown>();
      created.set(owner, ofOwner);
      if (!ofOwner.has(key)) ofOwner.set(key, create());
      return ofOwner.get(key) as T;
    },
  };
}
