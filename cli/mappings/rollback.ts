// `mappings rollback`: writes an earlier version of a mapping again, as a new one.

import type { Command } from "commander";
import { connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readHistory, readSome } from "../aws/read.ts";
import { requireCluster } from "../changes/existing-cluster.ts";
import { type Change, planChanges } from "../changes/plan.ts";
import { executePlan } from "../changes/propose.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import {
  addConnection,
  addReading,
  addWrite,
  type ConnectionOptions,
  readWhole,
  type WriteOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { type EntryKey, hasKey, listItems } from "./file/list-value.ts";
import { readParameter } from "./file/read-parameter.ts";
import { valueText } from "./file/to-parameters.ts";
import { versionBefore } from "./history.ts";
import { findTarget, TARGET_HELP } from "./target.ts";

interface RollbackOptions extends ConnectionOptions, WriteOptions {
  readonly session?: string;
  readonly to?: number;
}

export function rollbackCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details: `Of a list, a pattern's ARN, or --session, brings back that entry alone; the list's name brings back the whole list.\n\n${TARGET_HELP}`,
    examples: [
      "iam-authenticator mappings rollback -c prod arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator mappings rollback -c prod role/111122223333/developers --to 3 --yes",
    ],
  }).argument("<who>");
  return addWrite(addReading(addConnection(command)))
    .option("--session <name>", "of a permission set: only the mapping of this session")
    .option("--to <version>", "default: the version before the newest", readWhole)
    .action((who: string, options: RollbackOptions) => rollback(who, options, io));
}

async function rollback(who: string, options: RollbackOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { ssm, context } = connection;
  const { parameter, key } = findTarget(connection, who, options.session);
  const name = shortName(parameter, context.prefix);
  const before = await readSome(ssm, [parameter], io.interrupted);
  await requireCluster(before, connection, options, io);
  const target = versionBefore(await readHistory(ssm, parameter, io.interrupted), options.to);
  if (target === undefined)
    throw finding(`${name} has no ${options.to ? `version ${options.to}` : "earlier version"}.`);
  const plan =
    (key.arnLike ?? key.session) === undefined
      ? planChanges(before, new Map([[parameter, wholeValue(context, name, target)]]), false)
      : { changes: entryChanges(name, key, before.get(parameter), target), unchanged: 0, extra: [] };
  await executePlan(plan, before, connection, options, io);
}

function wholeValue({ prefix, partition }: EvaluationContext, name: string, target: Stored): string {
  const { problems } = readParameter(prefix, target.name, target, partition);
  if (problems.length > 0) throw finding(`Version ${target.version} of ${name} is invalid: ${problems.join("; ")}.`);
  return target.value;
}

/** One entry as it was then, or none where it was not there; the others stay as they are now. */
function entryChanges(name: string, key: EntryKey, before: Stored | undefined, target: Stored): Change[] {
  const isIt = (item: unknown) => hasKey(item, key);
  const kind = key.session === undefined ? "pattern" : "sso-session";
  const now = listItems(name, before, kind, isIt);
  const then = listItems(`version ${target.version} of ${name}`, target, kind, (item) => !isIt(item)).find(isIt);
  if (then === undefined && !now.some(isIt)) {
    throw finding(`Neither ${name} nor its version ${target.version} has ${key.session ?? key.arnLike}.`);
  }
  const index = now.findIndex(isIt);
  const others = now.filter((item) => !isIt(item));
  const items = then === undefined ? others : index < 0 ? [...others, then] : now.with(index, then);
  const parameter = target.name;
  const value = valueText(name, items);
  if (value === before?.value) return [];
  return [{ action: before === undefined ? "add" : "change", name: parameter, before, value }];
}
