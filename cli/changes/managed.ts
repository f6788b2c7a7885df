// A plan without what a CloudFormation stack manages.

import type { Connection } from "../aws/connection.ts";
import { findOwner, managedSentence, uncheckedSentence } from "../aws/owner.ts";
import { shortName } from "../aws/parameter-name.ts";
import { rateLimited } from "../aws/rate-limit.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Change, Plan } from "./plan.ts";

export interface Unmanaged {
  readonly plan: Plan;
  /** What is left out of the plan. */
  readonly managed: readonly Change[];
}

/** The plan without changes of managed parameters, and a line for each of these. With `force`, all stay in the plan. */
export async function withoutManaged(
  plan: Plan,
  { ssm, context, rates: { reads } }: Connection,
  force: boolean,
  io: IOStreams,
): Promise<Unmanaged> {
  if (force) return { plan, managed: [] };
  const waitForTurn = rateLimited(reads, Math.max(1, reads));
  const managed: Change[] = [];
  for (const change of plan.changes) {
    if (change.before === undefined) continue;
    await waitForTurn(io.interrupted);
    const { stack, isKnown } = await findOwner(ssm, change.name, io.interrupted);
    if (!isKnown) {
      io.tell(`${uncheckedSentence(managed.length === 0 ? "these parameters" : "the others")}\n`);
      break;
    }
    if (stack === undefined) continue;
    managed.push(change);
    io.tell(`${managedSentence(shortName(change.name, context.prefix), stack)}\n`);
  }
  return { plan: { ...plan, changes: plan.changes.filter((change) => !managed.includes(change)) }, managed };
}
