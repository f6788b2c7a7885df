// A rule of the contract by which the two servers differ, and what has to be so for it to count.

import type { Facts, UrlFacts } from "./case.ts";

export interface Rule {
  /** Of the contract, such as `3`. */
  readonly section: string;
  readonly says: string;
  /** The decision of ours, with its code where it has one: `denied (token_malformed)`. */
  readonly ours: string;
  readonly theirs: "granted" | "granted as another" | "denied" | "throttled" | "bad request";
  /** Where the peer's source says otherwise, or nothing. */
  readonly peer: string;
  /** Judged by the case alone, never by an answer. */
  readonly holds: (facts: Facts) => boolean;
}

export interface TokenRule extends Pick<Rule, "says" | "peer"> {
  /** By default that of the token rules. */
  readonly section?: string;
  readonly code: string;
  readonly holds: (url: UrlFacts, facts: Facts) => boolean;
}

/** A rule of the token: what ours refuses by itself, and the peer grants as soon as STS takes it. */
export function tokenRule({ section = "3", says, code, peer, holds }: TokenRule): Rule {
  return {
    section,
    says,
    ours: `denied (${code})`,
    theirs: "granted",
    peer,
    holds: (facts) => facts.url !== undefined && holds(facts.url, facts),
  };
}
