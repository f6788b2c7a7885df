// What stands there now, as far as a change needs to know it.

import type { Connection } from "../aws/connection.ts";
import { startProgress } from "../output/progress.ts";
import { MASTERS } from "../plan/masters.ts";
import type { Change } from "../plan/plan.ts";
import type { Stored } from "../store/parameter.ts";
import { readAll } from "../store/read.ts";
import type { World } from "../world.ts";

export async function readMappings({ ssm, site }: Connection, world: World): Promise<Map<string, Stored>> {
  const progress = startProgress("reading", undefined, world);
  try {
    return await readAll(ssm, site.prefix, world.interrupted, progress.show);
  } finally {
    progress.end();
  }
}

const DENY = /"deny"\s*:\s*true/;

/** Whether a change could take the last administrator away: only then is everything read. */
export function touchesMasters(changes: readonly Change[]): boolean {
  return changes.some(({ before, value }) => before?.value.includes(MASTERS) || DENY.test(value ?? ""));
}
