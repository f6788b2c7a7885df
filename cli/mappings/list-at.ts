// Reads the mappings as they were at an earlier time, from the history of each parameter.

import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { rateLimited } from "../aws/rates.ts";
import { readHistory } from "../aws/read.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";

/**
 * Reads the history only of parameters that were changed since. Prints what is missing: parameters that were deleted
 * since, whose history is deleted too, and those whose version of that time is no longer kept.
 *
 * @param at milliseconds since 1970
 */
export async function parametersAt(
  at: number,
  current: ReadonlyMap<string, Stored>,
  { ssm, context, rates: { reads } }: Connection,
  io: IOStreams,
): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  const lost: string[] = [];
  const waitForTurn = rateLimited(reads, Math.max(1, reads));
  const progress = startProgress("reading histories", current.size, io, reads);
  let count = 0;
  try {
    for (const [name, stored] of current) {
      if (stored.modified <= at) found.set(name, stored);
      // Version 1 is the oldest: the parameter did not exist then.
      else if (stored.version > 1) {
        const history = await readHistory(ssm, name, io.interrupted, waitForTurn);
        const then = history.find(({ modified }) => modified <= at);
        if (then !== undefined) found.set(name, then);
        else if ((history.at(-1)?.version ?? 1) > 1) lost.push(shortName(name, context.prefix));
      }
      count += 1;
      progress.show(count);
    }
  } finally {
    progress.end();
  }
  const time = new Date(at).toISOString();
  io.tell(
    `As of ${time}. Mappings and denials that were deleted since are missing: Parameter Store keeps no history of them.\n`,
  );
  if (lost.length > 0) {
    io.tell(`Parameter Store keeps 100 versions. The one of that time is gone for ${lost.join(", ")}.\n`);
  }
  return found;
}
