// `mappings deny`: denies an identity, with precedence over all mappings.

import type { Command } from "commander";
import { checkDenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../functions/lib/json.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { grantsToFederated, parametersForFederated } from "../access/arn-overlap.ts";
import { type Connection, connect } from "../aws/connection.ts";
import { readSome } from "../aws/read.ts";
import { afterwards, type Change, planChanges } from "../changes/plan.ts";
import { executePlan } from "../changes/propose.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { accountOf } from "./file/entry.ts";
import { isFor, listItems } from "./file/list-value.ts";
import { valueText } from "./file/to-parameters.ts";
import { DENY_HELP, findDenyTarget } from "./target.ts";

interface DenyOptions extends ConnectionOptions, WriteOptions {
  readonly session?: string;
  readonly until?: string;
  readonly description?: string;
}

export function denyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Denials take precedence over mappings. To remove one, use mappings allow. If <who> is already denied, this sets the " +
      `end of the denial to --until, or removes the end without --until.\n\n${DENY_HELP}`,
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
  if (isExpired(options.until, now)) throw usage(`--until ${options.until} is in the past.`);
  const value = valueText(name, index < 0 ? [...items, check.entry] : items.with(index, check.entry));
  const plan = planChanges(before, new Map([[parameter, value]]), false);
  await warnOfFederatedUsers(arnLike, plan.changes, connection, io);
  await executePlan(plan, before, connection, options, io);
}

/** Must not stop a denial: if the mappings cannot be read, the warning reports that. */
async function warnOfFederatedUsers(
  arnLike: string,
  changes: readonly Change[],
  { ssm, context }: Connection,
  io: IOStreams,
): Promise<void> {
  if (!/^arn:[^:]*:iam:[^:]*:[^:]*:user\//i.test(arnLike)) return;
  const account = accountOf(arnLike);
  const lists = new Set([account, "any"].map((of) => denyParameter(context.prefix, of)));
  const names = [...parametersForFederated(context.prefix, account), ...lists];
  const start = "This denial does not cover federated users, whose names their creator chooses";
  const advice = `To deny them too: mappings deny 'arn:${context.partition}:sts::${account === "any" ? "*" : account}:federated-user/*'`;
  try {
    const stored = await readSome(ssm, names, io.interrupted);
    const granting = grantsToFederated(account, afterwards(stored, changes), context);
    if (granting.length === 0) return;
    const where = granting.map((name) => shortName(name, context.prefix)).join(" and ");
    io.tell(`Warning: ${start} (sts:GetFederationToken): ${where} grants them access. ${advice}\n`);
  } catch (error) {
    if (io.interrupted.aborted) throw error;
    io.tell(`Warning: ${start}. Could not read which mappings grant them access. ${advice}\n`);
  }
}
