// Who becomes an administrator because a mapping goes, or comes later, that has counted before one with system:masters.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { rendersMasters } from "../changes/admin-access.ts";
import { MASTERS } from "../changes/masters.ts";
import { afterwards, type Change } from "../changes/plan.ts";
import { decide, type EvaluationContext } from "../evaluate/evaluation.ts";
import { samplePrincipalsOf } from "../evaluate/sample-principals.ts";
import { readParameter } from "../mapping-file/read-parameter.ts";
import type { Stored } from "../parameter-store/parameter.ts";

type Parameters = ReadonlyMap<string, Stored>;

export interface Uncovered {
  /** The ARN, the ARN pattern, or the parameter of an entry that has stood before. */
  readonly who: string;
  /** The parameter that gives `system:masters` to them from now on. */
  readonly parameter: string;
}

/** Asks the function's own code for sample principals of each entry that a change takes away or writes anew. */
export async function uncoveredBy(
  changes: readonly Change[],
  current: Parameters,
  context: EvaluationContext,
): Promise<ReadonlyMap<Change, readonly Uncovered[]>> {
  const after = afterwards(current, changes);
  const found = new Map<Change, readonly Uncovered[]>();
  // Most changes are of somebody behind whom nobody is an administrator: no decision is needed to see that.
  if (![...after.values()].some(({ value }) => value.includes(MASTERS))) return found;
  for (const change of changes) {
    const uncovered = await uncoveredByOne(change, current, after, context);
    if (uncovered.length > 0) found.set(change, uncovered);
  }
  return found;
}

async function uncoveredByOne(
  { name, before }: Change,
  current: Parameters,
  after: Parameters,
  context: EvaluationContext,
): Promise<Uncovered[]> {
  if (before === undefined) return [];
  const found: Uncovered[] = [];
  for (const entry of readParameter(context.prefix, name, before).entries) {
    const { arn, arnLike } = entry.mapping;
    for (const identity of samplePrincipalsOf(entry, current, context).flatMap(({ identities }) => identities)) {
      const parameter = await newWay(identity, current, after, context);
      if (parameter === undefined) continue;
      found.push({ who: arn ?? arnLike ?? name, parameter });
      break;
    }
  }
  return found;
}

/** The parameter by which this identity is an administrator after the changes, where it was none before. */
async function newWay(
  identity: VerifiedIdentity,
  current: Parameters,
  after: Parameters,
  context: EvaluationContext,
): Promise<string | undefined> {
  const names = candidates(context.prefix, identity).map(({ parameter }) => parameter);
  if (!names.some((name) => after.get(name)?.value.includes(MASTERS))) return undefined;
  if (!(await rendersMasters(identity, after, context)) || (await rendersMasters(identity, current, context))) {
    return undefined;
  }
  return decide(context, identity, after).deciding?.parameter;
}
