// Parameters that a CloudFormation stack manages: changed here, the next deployment would change them back.

import { ListTagsForResourceCommand } from "@aws-sdk/client-ssm";
import type { Connection } from "../aws/connection.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { shortName } from "../mapping-file/parameter-name.ts";
import { DEFAULT_READ_RATE } from "../options.ts";
import { rateLimited } from "../parameter-store/rate-limit.ts";
import type { Change, Plan } from "./plan.ts";

/** The construct tags its parameters with the stack's name (infra/parameters/owned-parameter.ts). */
const OWNER_TAG = "iam-authenticator:managed-by";

export interface Unmanaged {
  readonly plan: Plan;
  /** What is left out of the plan. */
  readonly managed: readonly Change[];
}

/** The plan without changes of managed parameters, and a line for each of these. With `force`, all stay in the plan. */
export async function withoutManaged(
  plan: Plan,
  { ssm, context, readRate = DEFAULT_READ_RATE }: Connection,
  force: boolean,
  io: IOStreams,
): Promise<Unmanaged> {
  if (force) return { plan, managed: [] };
  const waitForTurn = rateLimited(readRate, Math.max(1, readRate));
  const managed: Change[] = [];
  for (const change of plan.changes) {
    if (change.before === undefined) continue;
    await waitForTurn(io.interrupted);
    const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: change.name });
    try {
      const { TagList = [] } = await ssm.send(command, { abortSignal: io.interrupted });
      const stack = TagList.find(({ Key }) => Key === OWNER_TAG)?.Value;
      if (stack === undefined) continue;
      managed.push(change);
      io.tell(
        `${shortName(change.name, context.prefix)} is managed by the CloudFormation stack ${stack} and stays as it is. ` +
          "Change it there, or use --force.\n",
      );
    } catch (error) {
      if (isGone(error)) continue;
      if (!(error instanceof Error) || error.name !== "AccessDeniedException") throw error;
      const which = managed.length === 0 ? "these parameters" : "the others";
      io.tell(`Not checked whether a stack manages ${which}: no permission for ssm:ListTagsForResource.\n`);
      break;
    }
  }
  return { plan: { ...plan, changes: plan.changes.filter((change) => !managed.includes(change)) }, managed };
}

/** Somebody has removed it since: the write will report that. */
function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === "InvalidResourceId";
}
