// Which CloudFormation stack, or whether Terraform, manages a parameter: changed here, the next deployment would change it back.

import { ListTagsForResourceCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { OWNER_TAG } from "../../functions/settings/stack.ts";
import type { Connection } from "../aws/connection.ts";
import { rateLimited } from "../aws/rates.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Change, Plan } from "./plan.ts";

/** The tag's value in examples/terraform. */
const TERRAFORM = "terraform";

interface Owner {
  /** `undefined` where none manages it. */
  readonly stack: string | undefined;
  /** False without the permission to see tags. */
  readonly isKnown: boolean;
}

export async function findOwner(ssm: SSMClient, name: string, signal: AbortSignal): Promise<Owner> {
  const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name });
  try {
    const { TagList = [] } = await ssm.send(command, { abortSignal: signal });
    return { stack: TagList.find(({ Key }) => Key === OWNER_TAG)?.Value, isKnown: true };
  } catch (error) {
    // It does not exist, or somebody has removed it since: a write will report that.
    if (error instanceof Error && error.name === "InvalidResourceId") return { stack: undefined, isKnown: true };
    if (error instanceof Error && error.name === "AccessDeniedException") return { stack: undefined, isKnown: false };
    throw error;
  }
}

/** Also how a parameter's description begins. */
export function managedBy(stack: string): string {
  return `Managed by ${stack === TERRAFORM ? "Terraform" : `the CloudFormation stack ${stack}`}`;
}

/** For a parameter that is not changed; `name` below the prefix. */
function managedSentence(name: string, stack: string): string {
  const owner = managedBy(stack).replace(/^M/, "m");
  return `${name} is ${owner} and stays as it is. Change it there, or use --force.`;
}

/** Where tags may not be seen; `which` such as `the callers`. */
function uncheckedSentence(which: string): string {
  return `Not checked whether a stack manages ${which}: no permission for ssm:ListTagsForResource.`;
}

interface Unmanaged {
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
