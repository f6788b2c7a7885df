// A rule of the contract that explains a difference between the servers, with its condition.

import type { Facts, UrlFacts } from "./case.ts";

export interface Rule {
  /** Section of the contract, such as `3`. */
  readonly section: string;
  readonly says: string;
  /** Our decision with its code, if any: `denied (token_malformed)`. */
  readonly ours: string;
  readonly theirs: "granted" | "granted as another" | "denied" | "throttled" | "bad request";
  /** The peer's source and behavior. */
  readonly peer: string;
  /** Depends only on the case, never on a response. */
  readonly holds: (facts: Facts) => boolean;
}

export interface TokenRule extends Pick<Rule, "says" | "peer"> {
  /** Default: the section of token rules. */
  readonly section?: string;
  readonly code: string;
  readonly holds: (url: UrlFacts, facts: Facts) => boolean;
}

/** A token rule: our server denies it before STS, the peer grants it if STS accepts it. */
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
