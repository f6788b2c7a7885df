// Walks the product of many automata breadth-first: finds a shortest text for each reachable combination of states.

import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { type Automaton, setAutomaton } from "./glob-automaton.ts";

/** Thrown if a comparison needs more states than its budget has. */
export class TooManyStates extends Error {}

/** The number of states that a comparison may still visit. */
export interface Budget {
  left: number;
}

/** By default, more states than most comparisons need: ten globs of the form `*word*` need about 24,000. */
export function newBudget(states = 200_000): Budget {
  return { left: states };
}

/** A point of the walk: the parts of the text so far, and the state of each automaton. */
export interface Point {
  readonly parts: readonly string[];
  readonly states: readonly number[];
  /** For each part, `+` if it contains the other character, else `-`. */
  readonly others: string;
}

export interface Part {
  readonly characters: string;
  /** A character that no glob or name uses, which stands for all others; `undefined` if none is left. */
  readonly other: string | undefined;
  /** In characters. */
  readonly min: number;
  readonly max: number;
  /** By index of the automaton: whether it reads this part. */
  readonly isRead: readonly boolean[];
  /** Whether the text is a named principal, which is compared separately. */
  readonly isNamed?: (text: string) => boolean;
}

/**
 * Every combination of states that a part can reach from each point in `from`, with a shortest text that is not named.
 * Texts with the other character are a separate combination: rendered names differ for all texts that it stands for, or
 * for none.
 */
export function walkPart(automata: readonly Automaton[], part: Part, from: readonly Point[], budget: Budget): Point[] {
  const { isNamed = () => false } = part;
  const avoided = new Set<string>();
  // Avoid only names that were reached: there may be 10,000, and a shortest text is rarely one of them.
  for (;;) {
    const points = walkAvoiding(automata, part, from, setAutomaton(avoided), budget);
    const named = points.map(({ parts }) => parts.at(-1) ?? "").filter(isNamed);
    if (named.length === 0) return points;
    for (const name of named) avoided.add(name);
  }
}

interface Reached {
  /** The point where the part starts. */
  readonly from: Point;
  readonly states: readonly number[];
  readonly text: string;
  readonly hasOther: boolean;
  readonly avoided: number;
}

function walkAvoiding(
  automata: readonly Automaton[],
  { characters, other, min, max, isRead }: Part,
  from: readonly Point[],
  avoided: Automaton,
  budget: Budget,
): Point[] {
  const alphabet = [...(other ?? ""), ...characters].map((one) => ({ one, lowerCase: asciiLowerCase(one) }));
  const found = new Map<string, Reached>();
  let layer = new Map<string, Reached>();
  for (const point of from) {
    const start = { from: point, states: point.states, text: "", hasOther: false, avoided: avoided.start };
    layer.set(keyOf(start), start);
  }
  for (let length = 0; layer.size > 0; length += 1) {
    if (length >= min) for (const [key, reached] of layer) found.set(key, reached);
    if (length === max) break;
    const longer: typeof layer = new Map();
    for (const reached of layer.values()) {
      for (const { one, lowerCase } of alphabet) {
        const next: Reached = {
          from: reached.from,
          states: stepAll(automata, isRead, reached.states, lowerCase),
          text: reached.text + one,
          hasOther: reached.hasOther || one === other,
          avoided: avoided.step(reached.avoided, lowerCase),
        };
        const key = keyOf(next);
        if (longer.has(key) || found.has(key)) continue;
        longer.set(key, next);
        budget.left -= 1;
        if (budget.left < 0) throw new TooManyStates();
      }
    }
    layer = longer;
  }
  const points = new Map<string, Point>();
  for (const reached of found.values()) {
    if (avoided.accepts(reached.avoided)) continue;
    const key = keyOf({ ...reached, avoided: 0 });
    const { from: point, states, text, hasOther } = reached;
    if (points.has(key)) continue;
    points.set(key, { parts: [...point.parts, text], states, others: `${point.others}${hasOther ? "+" : "-"}` });
  }
  return [...points.values()];
}

/** `character` in lower case. */
export function stepAll(
  automata: readonly Automaton[],
  isRead: readonly boolean[],
  states: readonly number[],
  character: string,
): number[] {
  const next = states.slice();
  for (let index = 0; index < next.length; index += 1) {
    if (isRead[index]) next[index] = automata[index]?.step(next[index] ?? 0, character) ?? 0;
  }
  return next;
}

/** One character per number: a walk spends most of its time here. */
function keyOf({ from, states, hasOther, avoided }: Reached): string {
  return `${String.fromCharCode(...states, avoided)}${hasOther ? "+" : "-"}${from.others}`;
}
