// Skips parameters that a CloudFormation stack or Terraform manages: its next deployment would revert the change.

import { ListTagsForResourceCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { OWNER_TAG } from "../../functions/settings/stack.ts";
import type { Connection } from "../aws/connection.ts";
import { limitsOf } from "../aws/rates.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Change, Plan } from "./plan.ts";

/** The tag's value in examples/terraform. */
const TERRAFORM = "terraform";

/** `stack` is `undefined` for an unmanaged parameter. `isKnown` is false without the permission to list tags. */
export async function findOwner(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly stack: string | undefined; readonly isKnown: boolean }> {
  const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name });
  try {
    const { TagList = [] } = await ssm.send(command, { abortSignal: signal });
    return { stack: TagList.find(({ Key }) => Key === OWNER_TAG)?.Value, isKnown: true };
  } catch (error) {
    // The parameter does not exist, or was deleted since the plan: the write reports that.
    if (error instanceof Error && error.name === "InvalidResourceId") return { stack: undefined, isKnown: true };
    if (error instanceof Error && error.name === "AccessDeniedException") return { stack: undefined, isKnown: false };
    throw error;
  }
}

/** A parameter's description also starts with this. */
export function managedBy(stack: string): string {
  return `Managed by ${stack === TERRAFORM ? "Terraform" : `the CloudFormation stack ${stack}`}`;
}

/**
 * Removes changes of managed parameters from the plan, prints a line for each, and returns them as `managed`. `force`
 * keeps all.
 */
export async function withoutManaged(
  plan: Plan,
  { ssm, context, rates }: Connection,
  force: boolean,
  io: IOStreams,
): Promise<{ readonly plan: Plan; readonly managed: readonly Change[] }> {
  if (force) return { plan, managed: [] };
  const waitForTurn = limitsOf(rates).read;
  const managed: Change[] = [];
  for (const change of plan.changes) {
    if (change.before === undefined) continue;
    await waitForTurn(io.interrupted);
    const { stack, isKnown } = await findOwner(ssm, change.name, io.interrupted);
    if (!isKnown) {
      const which = managed.length === 0 ? "these parameters" : "the other parameters";
      io.log(`Cannot check whether a stack manages ${which}: no permission for ssm:ListTagsForResource.\n`);
      break;
    }
    if (stack === undefined) continue;
    managed.push(change);
    const owner = managedBy(stack).replace(/^M/, "m");
    const name = shortName(change.name, context.prefix);
    io.log(`${name} is ${owner} and was not changed. Change it there, or use --force.\n`);
  }
  return { plan: { ...plan, changes: plan.changes.filter((change) => !managed.includes(change)) }, managed };
}
