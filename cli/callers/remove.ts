// `callers remove`: removes a caller, so that the function rejects its token.

import type { Command } from "commander";
import { connect } from "../aws/connection.ts";
import { executePlan } from "../changes/execute-plans.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { CONFIRM, CONNECTION, type ConnectionOptions, type WriteOptions, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { callerName, callerState, checkNeighbours, type Entries, planCallers, readCallers } from "./callers.ts";

type RemoveOptions = ConnectionOptions & WriteOptions;

export function removeCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator callers remove control-plane-2026 -c prod"],
  }).argument("<name>", "name of the caller, as callers list shows it");
  return withOptions(command, CONNECTION, CONFIRM)
    .option("--force", "skip the lockout check and the stack check")
    .action((name: string, options: RemoveOptions) => remove(name, options, io));
}

async function remove(name: string, options: RemoveOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const callers = await readCallers(connection, io.interrupted);
  const isNamed = (entry: unknown) => callerName(entry) === name;
  const remaining = callers.entries.filter((entry) => !isNamed(entry));
  if (remaining.length === callers.entries.length)
    throw finding(`Caller ${name} not found. To see all callers, run callers list.`);
  checkNeighbours(callers.entries, callers.parameter, isNamed);
  const check = (left: Entries) => {
    checkNeighbours(left, callers.parameter);
    if (options.force || left.some((entry) => callerState(entry, io.clock()) === "accepted")) return;
    throw finding("Refused: no accepted caller would remain. Add another caller first, or use --force.");
  };
  check(remaining);
  const plan = planCallers(callers, remaining, check);
  const effect = () => [`The function rejects ${name} within 60 s.`];
  await executePlan({ plan, known: callers.known, connection, effect }, options, io);
}
