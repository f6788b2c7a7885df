// Builds deterministic automata for globs of ARN sections, lazily while they are walked.

/** The state from which no text can match. */
const DEAD = 0;

export interface Automaton {
  readonly start: number;
  /** `character` in lower case. */
  step(state: number, character: string): number;
  accepts(state: number): boolean;
}

/**
 * A state is the set of positions in the pattern that the text can have reached. Positions before the last `*` in the
 * set are dropped: that `*` accepts everything that they accept. This keeps the number of states near the pattern's
 * length.
 *
 * @param pattern in lower case, with `*` for any run and `?` for one character, as in
 *   `functions/authenticator/mapping/arn-like.ts`
 */
export function globAutomaton(pattern: string): Automaton {
  const states: (readonly number[])[] = [[]];
  const numbers = new Map<string, number>([["", DEAD]]);
  const next: Map<string, number>[] = [new Map()];

  function stateOf(positions: Iterable<number>): number {
    const closed = new Set<number>();
    for (const position of positions) {
      closed.add(position);
      for (let after = position; pattern[after] === "*"; after += 1) closed.add(after + 1);
    }
    const stars = [...closed].filter((position) => pattern[position] === "*");
    const last = Math.max(0, ...stars);
    const kept = [...closed].filter((position) => position >= last).sort((a, b) => a - b);
    const key = kept.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    states.push(kept);
    next.push(new Map());
    numbers.set(key, states.length - 1);
    return states.length - 1;
  }

  return {
    start: stateOf([0]),
    step(state, character) {
      const steps = next[state];
      const known = steps?.get(character);
      if (known !== undefined) return known;
      const reached = (states[state] ?? []).flatMap((position) => {
        const own = pattern[position];
        if (own === "*") return [position];
        return own === "?" || own === character ? [position + 1] : [];
      });
      const made = stateOf(reached);
      steps?.set(character, made);
      return made;
    },
    accepts: (state) => states[state]?.at(-1) === pattern.length,
  };
}

/** Accepts exactly these texts, which must be in lower case. */
export function setAutomaton(texts: Iterable<string>): Automaton {
  const steps: Map<string, number>[] = [new Map(), new Map()];
  const accepted = new Set<number>();
  for (const text of texts) {
    let state = 1;
    for (const character of text) {
      const following = steps[state]?.get(character) ?? steps.push(new Map()) - 1;
      steps[state]?.set(character, following);
      state = following;
    }
    accepted.add(state);
  }
  return {
    start: 1,
    step: (state, character) => steps[state]?.get(character) ?? DEAD,
    accepts: (state) => accepted.has(state),
  };
}
