// The ARNs of one kind of principal, as texts that the automata of globs read.

import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { globAutomaton } from "./glob-automaton.ts";
import { type Budget, type Part, type Point, stepAll, walkPart } from "./walk.ts";

/** The longest name and session name that `verifyIdentity` accepts. */
const MAX_NAME = 128;
/** Characters of names and session names, in lower case: IAM compares names case-insensitively. */
export const NAME = "abcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
/** Candidates for an unused character, in order of preference. */
const OTHERS = "zxqjkvwyZXQJKVWYuhbfgpcdmlnotsrieaUHBFGPCDMLNOTSRIEA0123456789_+=,.@-";

/** By default with the characters and lengths of names. */
interface Section extends Partial<Pick<Part, "characters" | "min" | "max" | "isNamed">> {
  /** Candidates for the character that stands for all unused ones, in order of preference. */
  readonly others?: string;
  /** Usernames and groups into which the section is rendered: none of them may contain the other character. */
  readonly templates?: readonly string[];
}

/**
 * Each ARN of a principal is a track: the role's and the session's ARN of a role, the ARNs with and without the path of a
 * user. Most sections are read on both.
 */
type Track = "first" | "second" | "both";

export interface Tracks {
  /** The point before any text. */
  readonly start: readonly Point[];
  /** Reads a text that all principals of a kind share, such as `role/`. It is not a part of the points. */
  text(track: Track, text: string, from: readonly Point[]): Point[];
  /** Reads a section with a known text. */
  name(track: Track, text: string, from: readonly Point[]): Point[];
  /** Reads every section that globs distinguish. */
  section(track: Track, section: Section, from: readonly Point[]): Point[];
}

/** @param first globs of the first track */
export function newTracks(first: readonly string[], second: readonly string[], budget: Budget): Tracks {
  const globs = [...first, ...second];
  const automata = globs.map(globAutomaton);
  const used = new Set(globs.join(""));
  const readOn = (track: Track) => globs.map((_, at) => track === "both" || (track === "first") === at < first.length);

  function text(track: Track, literal: string, from: readonly Point[]): Point[] {
    const isRead = readOn(track);
    const characters = [...asciiLowerCase(literal)];
    const read = (states: readonly number[]) =>
      characters.reduce((at, one) => stepAll(automata, isRead, at, one), states);
    return from.map((point) => ({ ...point, states: read(point.states) }));
  }

  return {
    start: [{ parts: [], others: "", states: automata.map(({ start }) => start) }],
    text,
    name: (track, name, from) =>
      text(track, name, from).map((point) => ({
        ...point,
        parts: [...point.parts, name],
        others: `${point.others}-`,
      })),
    section(track, { characters = NAME, others = OTHERS, min = 1, max = MAX_NAME, isNamed, templates = [] }, from) {
      const rendered = templates.join("");
      const part = {
        characters: [...characters].filter((one) => used.has(one)).join(""),
        other: [...others].find((one) => {
          const lowerCase = one.toLowerCase();
          return characters.includes(lowerCase) && !used.has(lowerCase) && !rendered.includes(one);
        }),
        min,
        max,
        isRead: readOn(track),
        ...(isNamed !== undefined && { isNamed }),
      };
      return walkPart(automata, part, from, budget);
    },
  };
}
