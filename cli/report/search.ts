// Reads the mappings of a cluster, and searches its log for their logins.

import { withAwsClock } from "../aws/calls.ts";
import { connect } from "../aws/connection.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { readMappings } from "../changes/read-mappings.ts";
import type { OneOf } from "../clusters.ts";
import { silentExit } from "../errors.ts";
import { itemsOf } from "../mappings/items.ts";
import { type ReviewsOptions, withLog } from "../reviews/options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { PastTime } from "../times.ts";
import { readLogins } from "./logins.ts";

export interface SearchOptions extends Omit<ReviewsOptions, "rate"> {
  /** Instead of `since`. */
  readonly unused?: PastTime;
}

export type Search = Awaited<ReturnType<typeof search>>;

export async function search(options: OneOf<SearchOptions>, io: IOStreams) {
  const connection = await connect(options, io);
  const { prefix, partition } = connection.context;
  const parameters = await readMappings(connection, io);
  await requireParameters(parameters, connection, io);
  const items = [...parameters.values()]
    .flatMap((stored) => itemsOf(stored, prefix, partition))
    .filter(({ entry }) => entry?.kind !== "deny");
  const { unused: since = options.since } = options;
  // The log has AWS's times, as the parameters have.
  const timed = withAwsClock(io);
  // The rate applies only to FilterLogEvents.
  const logins = await withLog({ ...options, since, rate: 1 }, timed, (log) => readLogins(log, items, timed));
  // The reader of standard output has closed it.
  if (logins === undefined) throw silentExit();
  return { options, connection, parameters, items, logins };
}
