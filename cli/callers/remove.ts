// `callers remove`: removes a caller, so that the function rejects its token.

import type { Command } from "commander";
import { Absent, carryOut, planClusters } from "../changes/clusters.ts";
import { describe } from "../command.ts";
import { EXIT, finding } from "../errors.ts";
import { type ClustersOptions, CONFIRM, CONNECTIONS, type WriteOptions, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { callerName, callerState, checkNeighbours, type Entries, planCallers, readCallers } from "./callers.ts";

type RemoveOptions = ClustersOptions & WriteOptions;

export function removeCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: "With several clusters, the command goes on if one cluster fails, and prints how to repeat it.",
    examples: ["iam-authenticator callers remove control-plane-2026 -c prod"],
  }).argument("<name>", "name of the caller, as callers list shows it");
  return withOptions(command, CONNECTIONS, CONFIRM)
    .option("--force", "skip the lockout check and the stack check")
    .action((name: string, options: RemoveOptions) => remove(name, options, io));
}

async function remove(name: string, options: RemoveOptions, io: IOStreams): Promise<void> {
  const isNamed = (entry: unknown) => callerName(entry) === name;
  const planned = await planClusters(options, io, async (connection, _, own) => {
    const callers = await readCallers(connection, own.interrupted);
    const remaining = callers.entries.filter((entry) => !isNamed(entry));
    if (remaining.length === callers.entries.length)
      throw new Absent(EXIT.finding, `Caller ${name} not found. To see all callers, run callers list.`);
    checkNeighbours(callers.entries, callers.parameter, isNamed);
    const check = (left: Entries) => {
      checkNeighbours(left, callers.parameter);
      // One that ends within an hour leaves no time to give kube-apiserver another file.
      if (options.force || left.some((entry) => callerState(entry, connection.context.now + 3_600_000) === "accepted"))
        return;
      throw finding("Refused: no caller would remain accepted for an hour. Add another one first, or use --force.");
    };
    check(remaining);
    const effect = () => [`The function rejects ${name} within 60 s.`];
    return { plan: planCallers(callers, remaining, check), known: callers.known, connection, effect };
  });
  // A revoked token must not stay valid in one Region because another cannot be reached.
  await carryOut(planned, options, io, { done: "Removed", goesOn: true });
}
