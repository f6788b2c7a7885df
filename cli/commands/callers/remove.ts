// `callers remove`: its token is refused from then on.

import type { Command } from "commander";
import { callersParameter } from "../../../functions/authenticator/caller/bearer.ts";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import { confirm } from "../../io/confirm.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { addConnection, type ConnectionOptions } from "../../options.ts";
import { changeCallers } from "./change.ts";
import { callerName, callerState, checkNeighbours, type Entries, readCallers, stackOfCallers } from "./store.ts";

interface RemoveOptions extends ConnectionOptions {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

export function removeCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "remove",
    summary: "remove a caller: its token is refused from then on",
    examples: ["iam-authenticator callers remove control-plane-2026 -c prod"],
  }).argument("<name>", "as callers list shows it");
  return addConnection(command)
    .option("--dry-run", "show what would be removed, and write nothing")
    .option("-y, --yes", "do not ask")
    .option("--force", "even if no caller is accepted afterwards, or a stack manages the callers")
    .action((name: string, options: RemoveOptions) => remove(name, options, io));
}

async function remove(name: string, options: RemoveOptions, io: IOStreams): Promise<void> {
  const { force = false } = options;
  const connection = await connect(options, io);
  const isNamed = (entry: unknown) => callerName(entry) === name;
  const without = (entries: Entries, isAgain: boolean): Entries => {
    const kept = entries.filter((entry) => !isNamed(entry));
    if (kept.length === entries.length) {
      if (isAgain) return entries;
      throw finding(`There is no caller ${name}. See them with: callers list.`);
    }
    checkNeighbours(entries, isNamed, callersParameter(connection.context.prefix));
    if (!force && !kept.some((entry) => callerState(entry, io.clock()) === "accepted")) {
      throw finding(`Refused: without ${name} no kube-apiserver could call. Add another caller first, or use --force.`);
    }
    return kept;
  };
  const stack = await stackOfCallers(connection, force, io);
  without((await readCallers(connection, io.interrupted)).entries, false);
  io.print(`- ${name}\n`);
  if (options.dryRun) return;
  if (!options.yes) await confirm(`Remove the caller ${name}?`, io);
  await changeCallers(connection, stack, io.interrupted, without);
  io.tell(`Removed ${name}. The function refuses it within 60 s.\n`);
}
