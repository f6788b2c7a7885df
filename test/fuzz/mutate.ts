// Changes a text at random, and shortens a text that still breaks a rule.

/** From 0 up to 1. */
export type Random = () => number;

/** Mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick");
  return item;
}

/** What parsers of any kind stumble over: separators, escapes, numbers, prototypes, and letters that look alike. */
const ODD = [
  ..."\0\t\n\r \"'%&+,-./:;<=>?@[\\]^_{|}~",
  ...["\u00a0", "\u2028", "\ufeff", "\ud800", "\u{1f600}", "\u212a", "\u0130", "ſ", "é", "e\u0301", "A".repeat(300)],
  ...["null", "true", "[]", "{}", "-0", "1e999", "9007199254740993", "0x10", "__proto__", "constructor", "toString"],
  ...[
    "%00",
    "%2F",
    "%25",
    "%zz",
    "\\u0000",
    "\\ud800",
    "//",
    "..",
    "&&",
    "==",
    '":',
    '",',
    "!!js/function",
    "*a",
    "&a",
  ],
];

/** Applies one to eight changes. Pieces come from `others`, so that parts of valid texts meet. */
export function mutated(text: string, others: readonly string[], random: Random): string {
  let result = text;
  for (let left = 1 + Math.floor(random() * random() * 8); left > 0; left -= 1) {
    const [from, to] = [random() * (result.length + 1), random() * (result.length + 1)]
      .map(Math.floor)
      .toSorted(ascending);
    const [start = 0, end = 0] = [from, random() < 0.7 ? Math.min((from ?? 0) + 4, to ?? 0) : to];
    result = result.slice(0, start) + replacement(result.slice(start, end), others, random) + result.slice(end);
  }
  return result.slice(0, 70_000);
}

function ascending(one: number, other: number): number {
  return one - other;
}

function replacement(part: string, others: readonly string[], random: Random): string {
  switch (Math.floor(random() * 7)) {
    case 0:
      return "";
    case 1:
      return part + part;
    case 2:
      return pick(random, ODD);
    case 3:
      return part + pick(random, ODD);
    case 4:
      return random() < 0.5 ? part.toUpperCase() : part.toLowerCase();
    case 5: {
      const pieces = pick(random, others).split(/(?<=[^A-Za-z0-9])/);
      const at = Math.floor(random() * pieces.length);
      return pieces.slice(at, at + 1 + Math.floor(random() * 4)).join("");
    }
    default:
      return String.fromCharCode(Math.floor(random() * 256)) + part.slice(1);
  }
}

/** Leaves out parts of a text as long as `breaks` returns true for the rest. */
export async function minimized(text: string, breaks: (text: string) => Promise<boolean>): Promise<string> {
  let smallest = text;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      const shorter = smallest.slice(0, at) + smallest.slice(at + size);
      if (await breaks(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
