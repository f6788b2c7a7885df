// `mappings allow`: removes denials, so that the mappings apply again.

import type { Command } from "commander";
import { candidates, denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { parseJson } from "../../functions/lib/json.ts";
import { decide, supposeIdentity } from "../access/evaluation.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { requireCluster } from "../changes/existing-cluster.ts";
import { afterwards, type Change } from "../changes/plan.ts";
import { executePlan } from "../changes/propose.ts";
import { describe } from "../command.ts";
import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { addConnection, addReading, addWrite, type ConnectionOptions, type WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { isFor, listItems } from "./file/list-value.ts";
import { DENY_HELP, findDenyTarget } from "./target.ts";

interface AllowOptions extends ConnectionOptions, WriteOptions {
  readonly session?: string;
}

export function allowCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Removes the entry for <who> from the deny lists. It does not grant access: the mappings apply again. If another " +
      `denial still matches <who>, the command prints it.\n\n${DENY_HELP}`,
    examples: [
      "iam-authenticator mappings allow -c prod arn:aws:iam::111122223333:user/mallory --dry-run",
      "iam-authenticator mappings allow -c prod sso/111122223333/ClusterAdmin --session jane@example.com",
    ],
  }).argument("<who>");
  return addWrite(addReading(addConnection(command)))
    .option("--session <name>", "only the denial of this session")
    .action((who: string, options: AllowOptions) => allow(who, options, io));
}

async function allow(who: string, options: AllowOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { context, account } = connection;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const lists = new Set([parameter, ...(account === undefined ? [denyParameter(context.prefix, "any")] : [])]);
  const places = candidatesOf(arnLike, connection).filter((name) => !lists.has(name));
  const current = await readSome(connection.ssm, [...lists, ...places], io.interrupted);
  await requireCluster(current, connection, options, io);
  const changes = [...lists].flatMap((list) => withoutEntry(list, arnLike, current.get(list), context));
  const left = stillDenied(arnLike, afterwards(current, changes), connection);
  if (changes.length === 0) throw finding(`No denial names ${arnLike}.${left}`);
  await executePlan({ changes, unchanged: 0, extra: [] }, current, connection, options, io);
  if (left !== "") io.tell(`${left.trim()}\n`);
}

/** Throws if a list with the entry is invalid. A list without the entry is not changed, even if it is invalid. */
function withoutEntry(
  parameter: string,
  arnLike: string,
  before: Stored | undefined,
  { prefix, partition }: EvaluationContext,
): Change[] {
  const list = before === undefined ? [] : parseJson(before.value);
  if (before === undefined || (Array.isArray(list) && !list.some((item) => isFor(item, arnLike)))) return [];
  const items = listItems(shortName(parameter, prefix), before, "deny", (item) => isFor(item, arnLike), partition);
  const kept = items.filter((item) => !isFor(item, arnLike));
  return [{ action: "change", name: parameter, before, value: JSON.stringify(kept) }];
}

/** With --account, only parameters that permissions for that account cover. */
function candidatesOf(arnLike: string, { context, account }: Connection): string[] {
  const identity = supposeIdentity(arnLike);
  if (identity === undefined) return [];
  const names = candidates(context.prefix, identity).map(({ parameter }) => parameter);
  return account === undefined ? names : names.filter((name) => !name.endsWith("/any"));
}

/** Sentences about a denial that still matches a principal; empty for a pattern, or if no denial matches. */
function stillDenied(arnLike: string, parameters: ReadonlyMap<string, Stored>, { context }: Connection): string {
  const identity = supposeIdentity(arnLike);
  if (identity === undefined) return "";
  const { deciding } = decide(context, identity, parameters);
  const isList = deciding?.place === "deny-account" || deciding?.place === "deny-any";
  if (
    deciding === undefined ||
    !(deciding.verdict.kind === "deny" || (isList && deciding.verdict.kind === "invalid"))
  ) {
    return "";
  }
  const name = shortName(deciding.parameter, context.prefix);
  const advice = isList
    ? `See it with: mappings get ${name}.`
    : `It contains deny: true. Restore an earlier value with mappings rollback ${name}, or remove it.`;
  return ` ${arnLike} is still denied by ${name}. ${advice}`;
}
