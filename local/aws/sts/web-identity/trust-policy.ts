// Evaluates whether a role's trust policy allows a web identity to assume it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

import { providerName } from "../../../../functions/issuer/trust-policy.ts";
import { type OneOrMore, providerArn, type TrustPolicy, type TrustStatement } from "../../../roles.ts";
import type { WebIdentity } from "./identity-token.ts";

const ACTION = "sts:AssumeRoleWithWebIdentity";

type Operator = (actual: string | undefined, wanted: readonly string[]) => boolean;

/** A negated operator also matches if the key is missing. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: (actual, wanted) => actual !== undefined && wanted.includes(actual),
  StringNotEquals: (actual, wanted) => actual === undefined || !wanted.includes(actual),
  StringLike: (actual, wanted) => actual !== undefined && wanted.some((pattern) => isLike(actual, pattern)),
  StringNotLike: (actual, wanted) => actual === undefined || !wanted.some((pattern) => isLike(actual, pattern)),
};

/** Throws for unsupported operators, since ignoring them would change who is trusted. */
export function checkTrustPolicy({ Statement }: TrustPolicy): void {
  for (const operator of Statement.flatMap(({ Condition = {} }) => Object.keys(Condition))) {
    if (!Object.hasOwn(OPERATORS, operator)) {
      throw new Error(`the local STS does not support the condition operator ${operator} in a trust policy`);
    }
  }
}

/** At least one statement allows, and none denies. */
export function trusts({ Statement }: TrustPolicy, identity: WebIdentity): boolean {
  const effects = Statement.filter((statement) => applies(statement, identity)).map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

function applies({ Principal, Action, Condition = {} }: TrustStatement, identity: WebIdentity): boolean {
  if (!list(Principal.Federated).includes(providerArn(identity.provider))) return false;
  if (!list(Action).some((action) => isLike(ACTION.toLowerCase(), action.toLowerCase()))) return false;
  const name = providerName(identity.provider.issuer);
  // condition keys are case-insensitive
  const context = new Map([
    [`${name}:sub`.toLowerCase(), identity.subject],
    [`${name}:aud`.toLowerCase(), identity.audience],
  ]);
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => OPERATORS[operator]?.(context.get(key.toLowerCase()), list(values))),
  );
}

function list(values: OneOrMore): readonly string[] {
  return typeof values === "string" ? [values] : values;
}

/** `*` matches any characters, `?` exactly one. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
