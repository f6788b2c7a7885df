// Seeded random choices, so that a run can be repeated with its printed seed.

export interface Random {
  /** From 0 to `below - 1`. */
  int(below: number): number;
  /** Both ends included. */
  between(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  text(alphabet: string, length: number): string;
}

/** A separate sequence for each `stream`, so that cases do not depend on the order of creation. */
export function seededRandom(seed: number, stream: number): Random {
  // Mulberry32, with the two numbers spread over the 32 bits of its state; public domain, by Tommy Ettinger
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const random: Random = {
    int: (below) => Math.floor(next() * below),
    between: (from, to) => from + random.int(to - from + 1),
    pick(from) {
      if (from.length === 0) throw new Error("nothing to pick from");
      return from[random.int(from.length)] as (typeof from)[number];
    },
    text: (alphabet, length) => Array.from({ length }, () => alphabet.charAt(random.int(alphabet.length))).join(""),
  };
  return random;
}
