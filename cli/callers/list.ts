// `callers list`: lists the callers that the function accepts, with their state.

import type { Command } from "commander";
import { isObject } from "../../functions/lib/json.ts";
import { connect } from "../aws/connection.ts";
import { destinationOf } from "../changes/destination.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { describe } from "../command.ts";
import { CONNECTION, type ConnectionOptions, type ListOutputOptions, listOutput, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";
import { callerName, callerState, readCallers } from "./callers.ts";

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator callers list --cluster prod"],
  });
  return withOptions(command, CONNECTION, listOutput()).action((options: ConnectionOptions & ListOutputOptions) =>
    list(options, io),
  );
}

async function list(options: ConnectionOptions & ListOutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { entries, known } = await readCallers(connection, io.interrupted);
  await requireParameters(known, connection, io);
  if (entries.length === 0) io.log(`No callers in ${await destinationOf(connection, new Map(), io)}.\n`);
  const items = entries.map((entry) => {
    const { sha256, arn, principalId, notAfter } = isObject(entry) ? entry : {};
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return {
      name: callerName(entry),
      state: callerState(entry, io.clock()),
      notAfter: text(notAfter),
      sha256: text(sha256),
      arn: text(arn),
      principalId: text(principalId),
    };
  });
  const headers = ["name", "state", "until", "sha-256 or arn"];
  const row =
    (length?: number) =>
    ({
      name,
      state,
      notAfter = "",
      sha256 = "",
      arn = sha256.slice(0, length),
      principalId,
    }: (typeof items)[number]) => {
      return [name, state, notAfter, principalId === undefined ? arn : `${arn} (${principalId})`];
    };
  await printList({ items, headers, row: row(12), wide: { headers, row: row() }, name: callerName }, options, io);
}
