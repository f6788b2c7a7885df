// `mappings deny`: shuts somebody out, whatever any mapping says.

import type { Command } from "commander";
import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import { connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { usage } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { isFor, listItems } from "../../mapping-file/list-value.ts";
import { shortName } from "../../mapping-file/parameter-name.ts";
import { valueText } from "../../mapping-file/to-parameters.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, type WriteOptions } from "../../options.ts";
import { readSome } from "../../parameter-store/read.ts";
import { executePlan } from "../../plan/execute.ts";
import { planChanges } from "../../plan/plan.ts";
import { readForGuard } from "../../plan/read-for-guard.ts";
import { DENY_HELP, findDenyTarget } from "./deny-target.ts";

interface DenyOptions extends ConnectionOptions, WriteOptions {
  readonly session?: string;
  readonly until?: string;
  readonly description?: string;
}

export function denyCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "deny",
    summary: "deny somebody access, whatever the mappings say",
    details:
      "Denials count before mappings. To take one back, use mappings allow. If <who> is denied already, the end of the " +
      `denial changes to --until, or to no end without it.\n\n${DENY_HELP}`,
    examples: [
      "iam-authenticator mappings deny -c prod arn:aws:iam::111122223333:user/mallory",
      "iam-authenticator mappings deny -c prod sso/111122223333/ClusterAdmin \\",
      "    --session jane@example.com --until 2099-12-31T00:00:00Z --description 'on leave'",
    ],
  }).argument("<who>");
  return addWrite(addReading(addConnection(command)))
    .option("--session <name>", "only this session of a role or permission set")
    .option("--until <time>", "end of the denial, such as 2026-12-31T00:00:00Z")
    .option("--description <text>")
    .action((who: string, options: DenyOptions) => deny(who, options, io));
}

async function deny(who: string, options: DenyOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { prefix, partition, now } = connection.context;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const name = shortName(parameter, prefix);
  const before = await readSome(connection.ssm, [parameter], io.interrupted);
  const items = listItems(name, before.get(parameter), "deny", (item) => isFor(item, arnLike), partition);
  const index = items.findIndex((item) => isFor(item, arnLike));
  const old = items[index];
  const description = options.description ?? (isObject(old) ? old["description"] : undefined);
  const wanted = {
    arnLike: isObject(old) ? old["arnLike"] : arnLike,
    ...(options.until !== undefined && { notAfter: options.until }),
    ...(description !== undefined && { description }),
  };
  const check = checkDenyEntry(wanted, { partition });
  if (!check.valid) throw usage(`${arnLike}: ${check.problem.replace(/^notAfter/, "--until")}. Nothing was written.`);
  if (isExpired(options.until, now)) throw usage(`--until ${options.until} is over already.`);
  const value = valueText(name, index < 0 ? [...items, check.entry] : items.with(index, check.entry));
  const plan = planChanges(before, new Map([[parameter, value]]), false);
  const current = await readForGuard(plan.changes, before, connection, options, io);
  await executePlan(plan, current, connection, options, io);
}
