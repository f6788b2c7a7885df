// Changes a text at random, by a printed seed, and shortens a text that still breaks a rule.

export type Random = ReturnType<typeof seededRandom>;

export function seededRandom(seed: number) {
  // Mulberry32, public domain, by Tommy Ettinger.
  let state = seed;
  /** From 0 to below 1. */
  function real(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** From 0 to `below - 1`. */
  const int = (below: number) => Math.floor(real() * below);
  return {
    real,
    int,
    /** Both ends included. */
    between: (from: number, to: number) => from + int(to - from + 1),
    pick: <T>(from: readonly T[]): T => from[int(from.length)] as T,
  };
}

/**
 * What parsers of any kind stumble over: separators, escapes, numbers, prototypes, and letters that
 * look alike.
 */
const ODD = [
  ..."\0\t\n\r \"'%&+,-./:;<=>?@[\\]^_{|}~",
  ...[
    "\u00a0",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\u{1f600}",
    "\u212a",
    "\u0130",
    "ſ",
    "é",
    "e\u0301",
    "A".repeat(300),
  ],
  ...[
    "null",
    "true",
    "[]",
    "{}",
    "-0",
    "1e999",
    "9007199254740993",
    "0x10",
    "__proto__",
    "constructor",
    "toString",
  ],
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
    "*a",
    "&a",
  ],
  "!!js/function",
];

/** Applies one to eight changes. Pieces come from `others`, so that parts of valid texts meet. */
export function mutated(text: string, others: readonly string[], random: Random): string {
  let result = text;
  for (let left = random.between(1, random.between(1, 8)); left > 0; left -= 1) {
    const start = random.between(0, result.length);
    const rest = result.length - start;
    const end = start + random.between(0, random.int(10) < 7 ? Math.min(4, rest) : rest);
    result =
      result.slice(0, start) +
      replacement(result.slice(start, end), others, random) +
      result.slice(end);
  }
  return result.slice(0, 70_000);
}

function replacement(part: string, others: readonly string[], random: Random): string {
  switch (random.int(7)) {
    case 0:
      return "";
    case 1:
      return part + part;
    case 2:
      return random.pick(ODD);
    case 3:
      return part + random.pick(ODD);
    case 4:
      return random.int(2) === 0 ? part.toUpperCase() : part.toLowerCase();
    case 5: {
      const pieces = random.pick(others).split(/(?<=[^A-Za-z0-9])/);
      const at = random.int(pieces.length);
      return pieces.slice(at, at + random.between(1, 4)).join("");
    }
    default:
      return String.fromCharCode(random.int(256)) + part.slice(1);
  }
}

/** Leaves out parts of a text as long as `breaks` returns true for the rest. */
export async function minimized(
  text: string,
  breaks: (text: string) => Promise<boolean>,
): Promise<string> {
  let smallest = text;
  for (
    let size = Math.ceil(text.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < smallest.length; ) {
      const shorter = smallest.slice(0, at) + smallest.slice(at + size);
      if (await breaks(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
