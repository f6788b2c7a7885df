// Proves that the walk finds every combination of globs, by comparing it with every text of a small alphabet.

import assert from "node:assert/strict";
import fc from "fast-check";
import { globAutomaton } from "../../../cli/access/glob-automaton.ts";
import { newBudget, walkPart } from "../../../cli/access/walk.ts";
import { matchesSections } from "../../../functions/authenticator/mapping/arn-like.ts";

/** No glob uses `c`: it stands for every other character. */
const ALPHABET = ["a", "b", "c"];
const MAX = 6;

const TEXTS = textsUpTo(MAX);

function textsUpTo(length: number): string[] {
  if (length === 0) return [""];
  const shorter = textsUpTo(length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => ALPHABET.map((one) => text + one))];
}

const glob = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 6 }).map((parts) => parts.join(""));
const globs = fc.array(glob, { minLength: 1, maxLength: 5 });
const lengths = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 3, max: MAX }));
const names = fc.uniqueArray(fc.constantFrom(...TEXTS.filter(({ length }) => length < 3)), { maxLength: 6 });

function combination(patterns: readonly string[], text: string): string {
  return patterns.map((pattern) => (matchesSections([pattern], [text]) ? "1" : "0")).join("");
}

/** Throws if a combination is missing or false, or a text is named, too short or too long. */
export function proveGlobs(runs: number): void {
  fc.assert(
    fc.property(globs, lengths, names, (patterns, [min, max], named) => {
      const automata = patterns.map(globAutomaton);
      const isNamed = (text: string) => named.includes(text);
      const points = walkPart(
        automata,
        { characters: "ab", other: "c", min, max, isRead: patterns.map(() => true), isNamed },
        [{ parts: [], others: "", states: automata.map(({ start }) => start) }],
        newBudget(),
      );
      const found = new Set<string>();
      for (const { parts, states, others } of points) {
        const [text = ""] = parts;
        assert.ok(text.length >= min && text.length <= max && !isNamed(text), `the text ${text}`);
        const accepted = automata.map((automaton, index) => (automaton.accepts(states[index] ?? 0) ? "1" : "0"));
        assert.equal(accepted.join(""), combination(patterns, text), `${patterns} on ${text}`);
        found.add(`${accepted.join("")}${others}`);
      }
      const all = TEXTS.filter((text) => text.length >= min && text.length <= max && !isNamed(text));
      const expected = new Set(all.map((text) => `${combination(patterns, text)}${text.includes("c") ? "+" : "-"}`));
      assert.deepEqual([...found].sort(), [...expected].sort(), `${patterns}, ${min} to ${max}, without ${named}`);
    }),
    { numRuns: runs },
  );
}
