// The rules that explain differences between the servers. Their texts are in test/e2e/README.md.

import { readFileSync } from "node:fs";
import { ANSWER_RULES } from "./answer-rules.ts";
import type { Conditions, Facts } from "./case.ts";
import { IDENTITY_RULES, MAPPING_RULES } from "./identity-rules.ts";
import { REVIEW_RULES } from "./review-rules.ts";
import { TOKEN_RULES } from "./token-rules.ts";

export interface Rule {
  /** The number of its subject, and the rule. */
  readonly says: string;
  /** Our decision with its code, if any: `denied (token_malformed)`. */
  readonly ours: string;
  readonly theirs: string;
  readonly holds: (facts: Facts) => boolean;
}

export const CONDITIONS: Conditions = {
  ...REVIEW_RULES,
  ...TOKEN_RULES,
  ...ANSWER_RULES,
  ...IDENTITY_RULES,
  ...MAPPING_RULES,
};

const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
/** The rows of both tables: the number of cases, our decision, the peer's, the rule, the peer's source. */
const rows = page.matchAll(/^\| \d+ \| ([^|]+) \| ([^|]+) \| (\d[\d, ]*: [^|]+) \| [^|]+ \|$/gm);
export const LISTED = [...rows].map(([, ours = "", theirs = "", says = ""]) => ({
  ours: ours.replace(/`(\w+)`/, "($1)"),
  theirs,
  says,
}));

/** In the order of the page. */
export const RULES: readonly Rule[] = LISTED.flatMap((rule) => {
  const holds = CONDITIONS[rule.says];
  return holds === undefined ? [] : [{ ...rule, holds }];
});
