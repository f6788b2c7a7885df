// Classifies pairs of responses: agreements, differences by rule, and unexplained differences.

import { isDeepStrictEqual } from "node:util";
import type { Facts } from "./case.ts";
import type { Outcome } from "./outcome.ts";
import { asOurs, FORM_RULES } from "./review-rules.ts";
import { RULES, type Rule } from "./rule.ts";

export function startComparison() {
  /** Number of pairs with the same decision, by decision. */
  const agreed = new Map<string, number>();
  /** Number of pairs by the first rule that explains them. */
  const byRule = new Map<Rule, number>();
  /** Rules that were the only explanation of a pair. */
  const needed = new Set<Rule>();
  const byForm = new Map<string, number>();
  /** Descriptions of differences without a rule, and of our grants against a rule. */
  const unexplained: string[] = [];

  function add(facts: Facts, ours: Outcome, theirs: Outcome): void {
    const holding = RULES.filter(({ holds }) => holds(facts));
    const broken = holding.find(({ ours: demanded }) => ours.decision === "granted" && demanded !== "granted");
    if (broken !== undefined) unexplained.push(`${describe(facts, ours, theirs)}\n  granted against: ${broken.says}`);

    const theirDecision = decisionBeside(ours, theirs);
    if (facts.good && theirDecision !== "granted") unexplained.push(`${describe(facts, ours, theirs)}\n  is good`);
    if (theirDecision === ours.decision) {
      increase(agreed, ours.decision);
      for (const [rule, shows] of Object.entries(FORM_RULES)) if (shows(ours, theirs)) increase(byForm, rule);
      return;
    }
    const code = ours.code === undefined ? "" : ` (${ours.code})`;
    const [rule, ...others] = holding.filter((rule) => {
      return rule.ours === `${ours.decision}${code}` && rule.theirs === theirDecision;
    });
    if (rule === undefined) {
      unexplained.push(describe(facts, ours, theirs));
      return;
    }
    increase(byRule, rule);
    if (others.length === 0) needed.add(rule);
  }

  return { agreed, byRule, needed, byForm, unexplained, add };
}

/** The peer's decision; `granted as another`: both grant, but different users. */
export function decisionBeside(ours: Outcome, theirs: Outcome): string {
  if (ours.user === undefined || theirs.user === undefined) return theirs.decision;
  return isDeepStrictEqual(ours.user, asOurs(theirs.user)) ? "granted" : "granted as another";
}

function increase<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function describe({ kind, identity, url, token, sts }: Facts, ours: Outcome, theirs: Outcome): string {
  return [
    `${kind}; signed by: ${identity.name}`,
    `  ours: ${JSON.stringify(ours)}`,
    `  the peer's: ${JSON.stringify(theirs)}`,
    `  token: ${JSON.stringify(url?.text ?? token).slice(0, 900)}`,
    `  STS: ${JSON.stringify(sts).slice(0, 600)}`,
  ].join("\n");
}
