// What the function would decide for an identity: its own code, on parameters that were read before.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { type Evaluation, evaluateMappings } from "../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation } from "../../functions/authenticator/mapping/select.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

/** What mappings are evaluated with, besides themselves. */
export interface EvaluationContext {
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Usernames and groups must not begin with one of these. */
  readonly reservedPrefixes: readonly string[];
}

export interface Decision {
  /** In the order of the places. */
  readonly evaluations: readonly Evaluation[];
  /** The one that counts; `undefined` where no place holds anything. */
  readonly deciding: ReturnType<typeof decidingEvaluation>;
}

export function decide(
  { prefix, now }: EvaluationContext,
  identity: VerifiedIdentity,
  parameters: ReadonlyMap<string, StoredParameter>,
): Decision {
  const evaluations = evaluateMappings(candidates(prefix, identity), parameters, identity, now);
  return { evaluations, deciding: decidingEvaluation(evaluations) };
}
