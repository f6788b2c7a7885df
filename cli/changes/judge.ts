// Evaluates a plan: what needs consent, what lint reports, and whether an administrator remains.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { hasAdministrator } from "../access/administrators.ts";
import type { Mark } from "../access/marks.ts";
import { marksOf } from "../access/phases.ts";
import { afterwards } from "../access/plan-state.ts";
import type { Stored } from "../aws/parameter.ts";
import { finding } from "../errors.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { lint } from "../lint/lint.ts";
import type { Change } from "./plan.ts";

type Parameters = ReadonlyMap<string, Stored>;

export interface Judgement {
  /** By parameter. */
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  /** By parameter: lint's warnings for the values that are written. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

/** False for callers and issuer keys: they grant no identity access. */
export function isJudged({ name }: Pick<Change, "name">, { prefix }: EvaluationContext): boolean {
  return readName(prefix, name) !== undefined;
}

/** @param unread phrases for what could not be read */
export async function judge(
  changes: readonly Change[],
  current: Parameters,
  unread: readonly string[],
  context: EvaluationContext,
): Promise<Judgement> {
  const judged = changes.filter((change) => isJudged(change, context));
  const [first] = judged;
  const unknown =
    unread.length === 0 ? [] : [{ parameter: first?.name ?? "", kind: "unread", text: unreadText(unread) } as const];
  const marks = first === undefined ? [] : [...marksOf(judged, current, context), ...unknown];
  return {
    marks: Map.groupBy(marks, ({ parameter }) => parameter),
    warnings: await warningsIn(judged, context),
  };
}

function unreadText(unread: readonly string[]): string {
  return `this may grant more access than the plan shows: there is no permission to read ${unread.join(", ")}`;
}

/** Checks each value separately. Rules over several mappings belong to `mappings lint`. */
async function warningsIn(changes: readonly Change[], context: EvaluationContext): Promise<Map<string, string[]>> {
  const found = await lint(afterwards(new Map(), changes), context);
  const shown = found.filter(({ level, where }) => level !== "info" && where !== "");
  const byName = Map.groupBy(shown, ({ where }) => `${context.prefix}/${where}`);
  return new Map([...byName].map(([name, findings]) => [name, findings.map(({ message }) => message)]));
}

/** Throws if the changes remove the last administrator. */
export function guardLockout(changes: readonly Change[], current: Parameters, context: EvaluationContext): void {
  const judged = changes.filter((change) => isJudged(change, context));
  if (!hasAdministrator(current, context) || hasAdministrator(afterwards(current, judged), context)) return;
  throw finding(
    "Refused: no administrator would surely remain: a principal in system:masters or access:cluster-admin, whose mapping " +
      "has not ended, and to which no denial and no separate mapping of a permission set's role may apply.",
    "If there is another way into the cluster, use --force.",
  );
}
