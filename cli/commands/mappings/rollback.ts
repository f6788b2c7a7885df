// `mappings rollback`: writes an earlier version of a mapping again, as a new one.

import type { Command } from "commander";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { finding } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { readParameter } from "../../mapping-file/read-parameter.ts";
import {
  addConnection,
  addReading,
  addWrite,
  type ConnectionOptions,
  readWhole,
  type WriteOptions,
} from "../../options.ts";
import { readHistory, readSome } from "../../parameter-store/read.ts";
import { executePlan } from "../../plan/execute.ts";
import { planChanges } from "../../plan/plan.ts";
import { readForGuard } from "../../plan/read-for-guard.ts";
import { versionBefore } from "./history.ts";
import { findTarget, TARGET_HELP } from "./target.ts";

interface RollbackOptions extends ConnectionOptions, WriteOptions {
  readonly to?: number;
}

export function rollbackCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "rollback",
    summary: "write an earlier version of a mapping again",
    details: TARGET_HELP,
    examples: [
      "iam-authenticator mappings rollback -c prod arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator mappings rollback -c prod role/111122223333/developers --to 3 --yes",
    ],
  }).argument("<who>");
  return addWrite(addReading(addConnection(command)))
    .option("--to <version>", "default: the version before the newest", readWhole)
    .action((who: string, options: RollbackOptions) => rollback(who, options, io));
}

async function rollback(who: string, options: RollbackOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { ssm, context } = connection;
  const { parameter } = findTarget(connection, who);
  const target = versionBefore(await readHistory(ssm, parameter, io.interrupted), options.to);
  if (target === undefined)
    throw finding(`${parameter} has no ${options.to ? `version ${options.to}` : "earlier version"}.`);
  const { problems } = readParameter(context.prefix, parameter, target);
  if (problems.length > 0)
    throw finding(`Version ${target.version} of ${parameter} is invalid: ${problems.join("; ")}.`);
  const before = await readSome(ssm, [parameter], io.interrupted);
  const plan = planChanges(before, new Map([[parameter, target.value]]), false);
  const current = await readForGuard(plan.changes, before, connection, options, io);
  await executePlan(plan, current, connection, options, io);
}
