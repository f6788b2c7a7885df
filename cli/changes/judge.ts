// Evaluates a plan: what needs consent, what lint reports, and whether an administrator remains.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { hasAdministrator } from "../access/administrators.ts";
import type { Mark } from "../access/marks.ts";
import { afterwards } from "../access/plan-state.ts";
import type { Stored } from "../aws/parameter.ts";
import { finding } from "../errors.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { lint } from "../lint/lint.ts";
import type { Change } from "./plan.ts";

export interface Judgement {
  /** By parameter. */
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  /** By parameter: lint's warnings for the values that are written. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

/** Checks each value separately. Rules over several mappings belong to `mappings lint`. */
export async function judgePlan(
  changes: readonly Change[],
  marks: readonly Mark[],
  context: EvaluationContext,
): Promise<Judgement> {
  // Callers and issuer keys have no rules of lint.
  const mappings = changes.filter(({ name }) => readName(context.prefix, name) !== undefined);
  const found = await lint(afterwards(new Map(), mappings), context);
  const shown = found.filter(({ level, where }) => level !== "info" && where !== "");
  const byName = Map.groupBy(shown, ({ where }) => `${context.prefix}/${where}`);
  return {
    marks: Map.groupBy(marks, ({ parameter }) => parameter),
    warnings: new Map([...byName].map(([name, findings]) => [name, findings.map(({ message }) => message)])),
  };
}

/** Throws if the changes remove the last administrator. */
export function guardLockout(
  changes: readonly Change[],
  current: ReadonlyMap<string, Stored>,
  context: EvaluationContext,
): void {
  if (!hasAdministrator(current, context) || hasAdministrator(afterwards(current, changes), context)) return;
  throw finding(
    "Refused: no administrator would surely remain: a principal in system:masters or access:cluster-admin, whose mapping " +
      "has not ended, and to which no denial and no separate mapping of a permission set's role may apply.",
    "If there is another way into the cluster, use --force.",
  );
}
