// `mappings allow`: removes denials, so that the mappings apply again.

import type { Command } from "commander";
import { candidates, denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { decide, supposeIdentity } from "../access/evaluation.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { clusterTasks, executePlans } from "../changes/execute-plans.ts";
import { requireCluster } from "../changes/existing-cluster.ts";
import { afterwards, type Change } from "../changes/plan.ts";
import { type ClusterPlan, EFFECT } from "../changes/propose.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { Failure, finding, silentExit, usage } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import {
  addConnections,
  addReading,
  addWrite,
  type ClustersOptions,
  type ConnectionOptions,
  isSeveral,
  type WriteOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { isPersonName } from "./deny-person.ts";
import { isFor, listItems } from "./file/list-value.ts";
import { DENY_HELP, findDenyTarget, partitionIn } from "./target.ts";

interface AllowOptions extends ClustersOptions, WriteOptions {
  readonly session?: string;
}

export function allowCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Removes the entry for <who> from the deny lists. It does not grant access: the mappings apply again. If another " +
      `denial still matches <who>, the command prints it.\n\n${DENY_HELP}\n\n` +
      "A name, such as jane@example.com, removes the denials of users and sessions of that name. With several clusters, " +
      "the command writes nothing unless it can read all of them.",
    examples: [
      "iam-authenticator mappings allow -c prod arn:aws:iam::111122223333:user/mallory --dry-run",
      "iam-authenticator mappings allow -c prod sso/111122223333/ClusterAdmin --session jane@example.com",
    ],
  }).argument("<who>");
  return addWrite(addReading(addConnections(command)))
    .option("--session <name>", "only the denial of this session")
    .action((who: string, options: AllowOptions) => allow(who, options, io));
}

async function allow(who: string, options: AllowOptions, io: IOStreams): Promise<void> {
  const isPerson = isPersonName(who);
  if (isPerson && options.session !== undefined) throw usage("--session requires a role or a permission set.");
  const missing: Failure[] = [];
  const tasks = await clusterTasks(
    options,
    io,
    async (connection, one, own) => {
      const found = isPerson ? await planPerson(who, one, connection, own) : await planOne(who, one, connection, own);
      if (!(found instanceof Failure)) return found;
      missing.push(found);
      if (isSeveral(options)) own.tell(`${found.message}\n`);
      return undefined;
    },
    partitionIn(who),
  );
  await executePlans(tasks, options, io);
  if (missing.length < tasks.length) return;
  throw isSeveral(options) ? silentExit() : (missing[0] ?? silentExit());
}

/** Returns the `Failure` if no denial names `who`: of several clusters, one is enough. */
async function planOne(
  who: string,
  options: ConnectionOptions & AllowOptions,
  connection: Connection,
  io: IOStreams,
): Promise<ClusterPlan | Failure> {
  const { context, account } = connection;
  const { parameter, arnLike } = findDenyTarget(connection, who, options.session);
  const lists = new Set([parameter, ...(account === undefined ? [denyParameter(context.prefix, "any")] : [])]);
  const places = candidatesOf(arnLike, connection).filter((name) => !lists.has(name));
  const known = await readSome(connection.ssm, [...lists, ...places], io.interrupted);
  await requireCluster(known, connection, options, io);
  const isIt = (item: unknown) => isFor(item, arnLike);
  const changes = [...lists].flatMap((list) => withoutEntries(list, isIt, known.get(list), context));
  const left = stillDenied(arnLike, afterwards(known, changes), connection);
  if (changes.length === 0) return finding(`No denial names ${arnLike}.${left}`);
  const effect = () => [EFFECT, ...(left === "" ? [] : [left.trim()])];
  return { plan: { changes, unchanged: 0, extra: [] }, known, connection, effect };
}

async function planPerson(
  who: string,
  options: WriteOptions,
  connection: Connection,
  io: IOStreams,
): Promise<ClusterPlan | Failure> {
  const { context } = connection;
  const known = await readMappings(connection, io);
  await requireCluster(known, connection, options, io);
  const isIt = (item: unknown) => isOfPerson(item, who);
  // Below a short prefix there may be lists of other clusters.
  const lists = [...known.values()].filter(({ name }) => readName(context.prefix, name)?.kind === "deny");
  const changes = lists.flatMap((list) => withoutEntries(list.name, isIt, list, context));
  if (changes.length === 0) return finding(`No denial names a session or a user ${who}.`);
  return { plan: { changes, unchanged: 0, extra: [] }, known, connection, isWhole: true };
}

/** Whether the entry denies a session, user or federated user of this name only. ARN patterns ignore case. */
function isOfPerson(item: unknown, who: string): boolean {
  const arnLike = isObject(item) ? item["arnLike"] : undefined;
  if (typeof arnLike !== "string") return false;
  const [, name] =
    /^arn:[^:]*:(?:iam|sts):[^:]*:[^:]*:(?:assumed-role|user|federated-user)\/(?:.*\/)?([^/]+)$/i.exec(arnLike) ?? [];
  return name !== undefined && asciiLowerCase(name) === asciiLowerCase(who);
}

/** Throws if a list with the entry is invalid. A list without the entry is not changed, even if it is invalid. */
function withoutEntries(
  parameter: string,
  isIt: (item: unknown) => boolean,
  before: Stored | undefined,
  { prefix, partition }: EvaluationContext,
): Change[] {
  const list = before === undefined ? [] : parseJson(before.value);
  if (before === undefined || (Array.isArray(list) && !list.some(isIt))) return [];
  const items = listItems(shortName(parameter, prefix), before, "deny", isIt, partition);
  const kept = items.filter((item) => !isIt(item));
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
