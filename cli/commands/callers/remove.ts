// `callers remove`: from then on its token is worth nothing.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import { confirm } from "../../io/confirm.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { addConnection, type ConnectionOptions } from "../../options.ts";
import { callerName, callerState, readCallers, writeCallers } from "./store.ts";

interface RemoveOptions extends ConnectionOptions {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

export function removeCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "remove",
    summary: "remove a caller",
    examples: ["iam-authenticator callers remove control-plane-2026 -c prod"],
  }).argument("<name>");
  return addConnection(command)
    .option("--dry-run", "write nothing")
    .option("-y, --yes", "do not ask")
    .option("--force", "even the last one that is accepted")
    .action((name: string, options: RemoveOptions) => remove(name, options, io));
}

async function remove(name: string, options: RemoveOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const callers = await readCallers(connection, io);
  const kept = callers.entries.filter((entry) => callerName(entry) !== name);
  if (kept.length === callers.entries.length) throw finding(`There is no caller ${name}.`);
  if (!options.force && !kept.some((entry) => callerState(entry, io.clock()) === "accepted")) {
    throw finding(`Refused: without ${name} no kube-apiserver could call. Add another first, or use --force.`);
  }
  io.print(`- ${name}\n`);
  if (options.dryRun) return;
  if (!options.yes) await confirm(`Remove the caller ${name}?`, io);
  await writeCallers(callers, kept, connection, io);
  io.tell(`Removed ${name}. The function knows within 60 s.\n`);
}
