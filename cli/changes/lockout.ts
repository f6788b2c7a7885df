// Refuses a plan after which no administrator remains.

import { hasAdministrator } from "../access/administrators.ts";
import { afterwards, type States, type Wanted } from "../access/plan-state.ts";
import { finding } from "../errors.ts";
import type { EvaluationContext } from "../function-settings.ts";

/** Throws if the changes remove the last administrator. */
export function guardLockout(changes: readonly Wanted[], current: States, context: EvaluationContext): void {
  if (!hasAdministrator(current, context) || hasAdministrator(afterwards(current, changes), context)) return;
  throw finding(
    "Refused: no administrator would surely remain: a principal in system:masters or access:cluster-admin, whose mapping " +
      "has not ended, and to which no denial and no separate mapping of a permission set's role may apply.",
    "If there is another way into the cluster, use --force.",
  );
}
