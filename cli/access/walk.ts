// Breadth-first walk through the product of many automata: one shortest text for each combination that can be reached.

import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { type Automaton, setAutomaton } from "./glob-automaton.ts";

/** Beyond this many states the answer is "cannot tell". Ten globs of the form `*word*` need about 24,000. */
const MAX_STATES = 200_000;

/** Thrown where a comparison needs more than `MAX_STATES` states. */
export class TooManyStates extends Error {}

/** States that one comparison has left. */
export interface Budget {
  left: number;
}

export function newBudget(states: number = MAX_STATES): Budget {
  return { left: states };
}

/** A point of the walk: the parts of the text so far, and the state of each automaton. */
export interface Point {
  readonly parts: readonly string[];
  readonly states: readonly number[];
  /** For each part, `+` where the other character is in it, else `-`. */
  readonly others: string;
}

export interface Part {
  readonly characters: string;
  /** A character that no glob and no name uses, where one is left: it stands for all the others. */
  readonly other: string | undefined;
  /** Lengths in characters. */
  readonly min: number;
  readonly max: number;
  /** By the number of the automaton: whether it reads this part. */
  readonly isRead: readonly boolean[];
  /** Texts that are principals of their own, and are looked at by name. */
  readonly isNamed?: (text: string) => boolean;
}

/**
 * Every combination of states that a part can lead to, from each of `from`, each with a shortest text that is not
 * named. A text with the other character in it is a combination of its own: names that are made from it differ for
 * every text that it stands for, or for none.
 */
export function walkPart(automata: readonly Automaton[], part: Part, from: readonly Point[], budget: Budget): Point[] {
  const { isNamed = () => false } = part;
  const avoided = new Set<string>();
  // Names are avoided only once one is met: there may be 10,000, and shortest texts hardly ever are one.
  for (;;) {
    const points = walkAvoiding(automata, part, from, setAutomaton(avoided), budget);
    const named = points.map(({ parts }) => parts.at(-1) ?? "").filter(isNamed);
    if (named.length === 0) return points;
    for (const name of named) avoided.add(name);
  }
}

interface Reached {
  /** Where the part begins. */
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

function stepAll(
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

/** A character for each number: this is where a walk spends its time. */
function keyOf({ from, states, hasOther, avoided }: Reached): string {
  return `${String.fromCharCode(...states, avoided)}${hasOther ? "+" : "-"}${from.others}`;
}

/** Text that is the same in every principal of a kind, such as `role/`. It is not a part. */
export function walkText(
  automata: readonly Automaton[],
  text: string,
  isRead: readonly boolean[],
  from: readonly Point[],
): Point[] {
  const characters = [...asciiLowerCase(text)];
  return from.map((point) => ({
    ...point,
    states: point.states.map((state, index) =>
      isRead[index] ? characters.reduce((at, one) => automata[index]?.step(at, one) ?? at, state) : state,
    ),
  }));
}

/** A part whose text is known. */
export function walkName(
  automata: readonly Automaton[],
  text: string,
  isRead: readonly boolean[],
  from: readonly Point[],
): Point[] {
  return walkText(automata, text, isRead, from).map((point) => ({
    ...point,
    parts: [...point.parts, text],
    others: `${point.others}-`,
  }));
}
