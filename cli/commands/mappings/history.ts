// `mappings history` and `mappings rollback`: list and restore the versions of a mapping.

import type { Command } from "commander";
import { isListKind, type ListKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { connect, type StoreOptions } from "../../aws/connection.ts";
import { readHistory } from "../../aws/parameter-store.ts";
import { type ChosenCluster, clusterOf } from "../../cmdline/contexts.ts";
import { describe } from "../../cmdline/define.ts";
import {
  ACCOUNT,
  CONNECTION,
  HEADERS,
  OUTPUT,
  type OutputOptions,
  READING,
  readWhole,
  WRITE,
  type WriteOptions,
  withOptions,
} from "../../cmdline/options.ts";
import { shownTime } from "../../cmdline/times.ts";
import { type Failure, finding } from "../../io/errors.ts";
import { type HeaderOptions, listed, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { readParameter } from "../../model/entry.ts";
import { type ReviewSettings, shortName } from "../../model/evaluation.ts";
import {
  type EntryKey,
  hasEnded,
  hasKey,
  keyOfItem,
  listIn,
  listItems,
  normal,
  type VersionedParameter,
  valueText,
  withItem,
} from "../../model/stored.ts";
import { findTarget, TARGET_HELP } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge.ts";
import { planChanges } from "../../plan/changes.ts";
import { executePlan } from "../../plan/clusters.ts";
import { beforeNewest } from "../../plan/list-history.ts";
import type { ClusterPlan } from "../../plan/propose.ts";
import { readByName, requireCluster } from "../../plan/read.ts";
import { beforeWrites } from "../../plan/stopped.ts";

type HistoryOptions = StoreOptions & OutputOptions & HeaderOptions;

export function historyCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `Parameter Store keeps 100 versions, until the parameter is removed.\n\n${TARGET_HELP}`,
    examples: ["mappings history -c prod arn:aws:iam::111122223333:role/Developers"],
  }).argument("<who>");
  return withOptions(command, CONNECTION, ACCOUNT, OUTPUT, HEADERS).action(
    async (who: string, options: HistoryOptions) =>
      history(who, await clusterOf(command, run), options, run),
  );
}

async function history(
  who: string,
  cluster: ChosenCluster,
  options: HistoryOptions,
  run: Run,
): Promise<void> {
  const connection = await connect(cluster, options, run);
  const { ssm } = connection;
  const { parameter } = findTarget(connection, who);
  const versions = await readHistory(ssm, parameter, run.interrupted);
  if (versions.length === 0)
    throw finding(`${shortName(parameter, connection.review.prefix)} does not exist.`);
  const items = versions.map(({ version, modified, by, value }) => ({
    version,
    when: new Date(modified).toISOString(),
    by,
    value: normal(value),
  }));
  const headers = ["version", "when", "by", "value"];
  const row = ({ version, when, by, value }: (typeof items)[number]) => {
    // Of an ARN, only the resource: the account is usually the same.
    const who = by.split(":").slice(5).join(":") || by;
    return [String(version), shownTime(Date.parse(when)), who, inWords(value)];
  };
  await printList({ items, headers, row, endsInText: true }, options, run);
  const [first] = items.toSorted((a, b) => a.version - b.version);
  const start = first && `version ${first.version}, of ${shownTime(Date.parse(first.when))}`;
  run.log(
    `The history begins with ${start}: Parameter Store keeps 100 versions, until the parameter is removed.\n`,
  );
}

function inWords(value: unknown): string {
  if (!isObject(value)) return shown(value);
  const { arn: _, ...rest } = value;
  return Object.entries(rest)
    .map(([key, item]) => `${key}: ${(Array.isArray(item) ? item : [item]).map(shown).join(",")}`)
    .join("; ");
}

interface RollbackOptions extends StoreOptions, WriteOptions {
  readonly session?: string;
  readonly to?: number;
}

export function rollbackCommand(command: Command, run: Run): Command {
  describe(command, {
    details: `In a list, a pattern's ARN or --session restores only that entry; the list's name restores the entire list.\n\n${TARGET_HELP}`,
    examples: [
      "mappings rollback -c prod arn:aws:iam::111122223333:role/Developers",
      "mappings rollback -c prod role/111122223333/developers --to 3 --yes",
    ],
  }).argument("<who>");
  return withOptions(command, CONNECTION, READING, WRITE)
    .option("--session <name>", "only the mapping of this session of the permission set")
    .option("--to <version>", "default: the version before the newest change", readWhole)
    .action(async (who: string, options: RollbackOptions) =>
      rollback(who, await clusterOf(command, run), options, run),
    );
}

async function rollback(
  who: string,
  cluster: ChosenCluster,
  options: RollbackOptions,
  run: Run,
): Promise<void> {
  const connection = await beforeWrites(run, () => connect(cluster, options, run));
  const { ssm, review } = connection;
  const { parameter, address, key } = findTarget(connection, who, options.session);
  const name = shortName(parameter, review.prefix);
  const { to } = options;
  // Read once: a plan that starts again must not undo another change than this one.
  const versions = await beforeWrites(run, () => readHistory(ssm, parameter, run.interrupted));
  const target =
    to === undefined ? beforeNewest(versions) : versions.find(({ version }) => version === to);
  async function makePlan(): Promise<ClusterPlan> {
    const before = await readByName([parameter], connection, run);
    await requireCluster(before, connection, options, run);
    if (to === undefined && before.get(parameter)?.version !== versions[0]?.version)
      throw changedFirst(name);
    if (target === undefined)
      throw finding(`${name} has no ${to ? `version ${to}` : "earlier version"}.`);
    const isEntry = isListKind(address.kind) && (key.arnLike ?? key.session) !== undefined;
    const value = isEntry
      ? withEntry(name, address.kind, key, before.get(parameter), target)
      : validValue(name, target, review);
    const plan = planChanges(before, new Map([[parameter, value]]), false);
    if (address.kind === "deny") logEnded(value, review.now, run);
    return { plan, known: before, connection, judge: judgeAccess() };
  }

  await executePlan(makePlan, options, run);
}

/** Logs the denials of a list that have ended, which the plan leaves out. */
function logEnded(list: string, now: number, run: Run): void {
  const denials = listIn(list) ?? [];
  const ended = denials
    .filter((item) => hasEnded(item, now))
    .map((item) => keyOfItem(item, "arnLike"));
  if (ended.length > 0) run.log(`Left out, because they have ended: ${listed(ended)}.\n`);
}

function changedFirst(name: string): Failure {
  return finding(
    `Another operator changed ${name} while the plan was made. Their change is kept, and nothing was written.`,
    "Review it with mappings history. Then run the same command again, or choose the version with --to.",
  );
}

function validValue(
  name: string,
  target: VersionedParameter,
  { prefix, partition }: ReviewSettings,
): string {
  const { problems } = readParameter(prefix, target.name, target, partition);
  if (problems.length > 0)
    throw finding(`Version ${target.version} of ${name} is invalid: ${problems.join("; ")}.`);
  return target.value;
}

/** Restores one entry, or removes it if it did not exist then. The other entries stay unchanged. */
function withEntry(
  name: string,
  kind: ListKind,
  key: EntryKey,
  before: VersionedParameter | undefined,
  target: VersionedParameter,
): string {
  const isIt = (item: unknown) => hasKey(item, key);
  const now = listItems(name, before, kind, isIt);
  const then = listItems(
    `version ${target.version} of ${name}`,
    target,
    kind,
    (item) => !isIt(item),
  ).find(isIt);
  if (then === undefined && !now.some(isIt)) {
    throw finding(
      `Neither ${name} nor its version ${target.version} has ${key.session ?? key.arnLike}.`,
    );
  }
  return valueText(
    name,
    then === undefined ? now.filter((item) => !isIt(item)) : withItem(now, isIt, then),
  );
}

/**
 * Formats a value. Anyone who may write parameters chooses it, for example an object without a
 * text: {"toString": 0}.
 */
function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
