// `callers list`: lists the callers that the function accepts, with their state.

import type { Command } from "commander";
import { isObject } from "../../functions/lib/json.ts";
import { connect } from "../aws/connection.ts";
import { destinationOf } from "../changes/destination.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { inEachCluster, throwWorst } from "../clusters.ts";
import { describe } from "../command.ts";
import {
  type ClustersOptions,
  CONNECTIONS,
  isSeveral,
  type ListOutputOptions,
  listOutput,
  withOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import { callerName, callerState, readCallers } from "./callers.ts";

type ListOptions = ClustersOptions & ListOutputOptions;

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator callers list --cluster prod"],
  });
  return withOptions(command, CONNECTIONS, listOutput()).action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  const isNamed = isSeveral(options);
  const { results, failures } = await inEachCluster(options, io, async (one, own) => {
    const connection = await connect(one, own);
    const { entries, known } = await readCallers(connection, own.interrupted);
    await requireParameters(known, connection, own);
    if (entries.length === 0) own.log(`No callers in ${await destinationOf(connection, new Map(), own)}.\n`);
    return entries.map((entry) => {
      const { sha256, arn, principalId, notAfter } = isObject(entry) ? entry : {};
      const text = (value: unknown) => (typeof value === "string" ? value : undefined);
      return {
        name: callerName(entry),
        state: callerState(entry, connection.context.now),
        notAfter: text(notAfter),
        sha256: text(sha256),
        arn: text(arn),
        principalId: text(principalId),
      };
    });
  });
  const items = results.flatMap(({ cluster, value }) => value.map((one) => ({ ...(isNamed && { cluster }), ...one })));
  const headers = [...(isNamed ? ["cluster"] : []), "name", "state", "until", "sha-256 or arn"];
  const row =
    (length?: number) =>
    ({
      cluster,
      name,
      state,
      notAfter = "",
      sha256 = "",
      arn = sha256.slice(0, length),
      principalId,
    }: (typeof items)[number]) => {
      const proof = principalId === undefined ? arn : `${arn} (${principalId})`;
      return [...(cluster === undefined ? [] : [cluster]), name, state, notAfter, proof];
    };
  if (results.length > 0)
    await printList({ items, headers, row: row(12), wide: { headers, row: row() }, name: callerName }, options, io);
  throwWorst(failures);
}
