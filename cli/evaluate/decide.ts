// What the function would decide for an identity, by the function's own code, over parameters that were read before.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { type Evaluation, evaluateMappings } from "../../functions/authenticator/mapping/evaluate.ts";
import { decidingEvaluation } from "../../functions/authenticator/mapping/select.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "./context.ts";

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
  const evaluations = evaluateMappings(prefix, identity, parameters, now);
  return { evaluations, deciding: decidingEvaluation(evaluations) };
}
