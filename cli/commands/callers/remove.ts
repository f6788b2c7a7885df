// `callers remove`: from then on its token is worth nothing.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import { confirm } from "../../io/confirm.ts";
import type { World } from "../../io/io-streams.ts";
import { addConnection, type ConnectionOptions } from "../../options.ts";
import { callerName, callerState, readCallers, writeCallers } from "./store.ts";

interface RemoveOptions extends ConnectionOptions {
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

export function removeCommand(world: World): Command {
  const command = newCommand(world, {
    name: "remove",
    summary: "remove a caller",
    examples: ["iam-authenticator callers remove control-plane-2026 -c prod"],
  }).argument("<name>");
  return addConnection(command)
    .option("--dry-run", "write nothing")
    .option("-y, --yes", "do not ask")
    .option("--force", "even the last one that is accepted")
    .action((name: string, options: RemoveOptions) => remove(name, options, world));
}

async function remove(name: string, options: RemoveOptions, world: World): Promise<void> {
  const connection = await connect(options, world);
  const callers = await readCallers(connection, world);
  const kept = callers.entries.filter((entry) => callerName(entry) !== name);
  if (kept.length === callers.entries.length) throw finding(`There is no caller ${name}.`);
  if (!options.force && !kept.some((entry) => callerState(entry, world.clock()) === "accepted")) {
    throw finding(`Refused: without ${name} no kube-apiserver could call. Add another first, or use --force.`);
  }
  world.print(`- ${name}\n`);
  if (options.dryRun) return;
  if (!options.yes) await confirm(`Remove the caller ${name}?`, world);
  await writeCallers(callers, kept, connection, world);
  world.tell(`Removed ${name}. The function knows within 60 s.\n`);
}
