// What a judgement of changes returns: the marks, which need consent, and the phases in which the
// changes are written.

import type { PlacedEntry } from "./entry-arns.ts";
import type { Looks } from "./looks.ts";

/** The kinds of marks, as nouns for one and for several. */
export const MARKED = {
  administrator: ["new administrator", "new administrators"],
  known: ["change of an administrator", "changes of administrators"],
  name: ["name that needs care", "names that need care"],
  wide: ["grant to more than one principal", "grants to more than one principal"],
  denied: ["grant to a denied principal", "grants to denied principals"],
  unsettled: ["grant below a mapping that changes", "grants below mappings that change"],
  broader: ["principal with a broader mapping", "principals with a broader mapping"],
  end: ["end dropped", "ends dropped"],
  pin: ["pin dropped", "pins dropped"],
  place: ["pattern with another place", "patterns with another place"],
  denial: ["denial lifted", "denials lifted"],
  invalid: ["invalid value changed", "invalid values changed"],
  unread: ["effect unknown", "effects unknown"],
  server: ["server that receives users' tokens", "servers that receive users' tokens"],
} as const;

/** What a change gives that needs the consent of the user. */
export interface Mark {
  /** The name of the parameter that is written. */
  readonly parameter: string;
  /** The entry before or after the change; `undefined` for an invalid value. */
  readonly entry?: PlacedEntry;
  readonly kind: keyof typeof MARKED;
  /** The entries that may give access after the write: the user consents to these. */
  readonly gives: readonly PlacedEntry[];
  /** A sentence without period that starts with an entry. */
  readonly text: string;
  /** The person whose denial is lifted, if it is for one. */
  readonly person?: string;
}

/** The writes that are next. */
export interface Phase {
  /**
   * The writes in their order. A value may be one before the wanted one: a list with both removed
   * and new denials, an ended mapping. Empty if each remaining change would leave no administrator.
   */
  readonly writes: readonly PhaseWrite[];
  /**
   * Parameters that were written in the last 35 s, and whose earlier values the function may still
   * use.
   */
  readonly waitsFor: readonly string[];
  /**
   * The earliest start of the first write, in milliseconds since 1970. It is not in the future if
   * `waitsFor` is empty.
   */
  readonly from: number;
}

export interface PhaseWrite {
  readonly name: string;
  /** `undefined` removes the parameter. */
  readonly value: string | undefined;
  /** What its judgement depends on. */
  readonly uses: Looks;
}
