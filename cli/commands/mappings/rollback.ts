// `mappings rollback`: restores an earlier version of a mapping, or of one entry of a list.

import { isListKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { withFunctions } from "../../aws/connection.ts";
import { readHistory } from "../../aws/parameter-store.ts";
import { openStore, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { type Failure, finding } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { readParameter } from "../../model/entry.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import {
  type EntryKey,
  hasEnded,
  hasKey,
  keyOfItem,
  type ListAddress,
  listIn,
  listItems,
  type VersionedParameter,
  valueText,
  withItem,
} from "../../model/stored.ts";
import { findTarget } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { beforeWrites } from "../../plan/before-writes.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { planChanges } from "../../plan/changes.ts";
import { planAndJudge } from "../../plan/judge.ts";
import { beforeNewest } from "../../plan/list-history.ts";
import type { ClusterPlan } from "../../plan/plan.ts";
import { readByName, requireCluster } from "../../plan/read.ts";
import { similarMapping } from "../../plan/similar.ts";

interface RollbackOptions extends StoreOptions, WriteOptions {
  readonly session?: string;
  readonly to?: number;
}

export async function rollback(
  who: string,
  cluster: ChosenCluster,
  options: RollbackOptions,
  run: Run,
): Promise<void> {
  const store = await beforeWrites(run, () => openStore(cluster, options, run));
  const { parameter, address, key } = findTarget(store, who, options.session);
  const connection = await beforeWrites(run, () =>
    withFunctions(store, cluster.neighbours ?? [], run),
  );
  const { ssm, review } = connection;
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
    if (target === undefined) throw await noVersion(to);
    const isEntry = isListKind(address.kind) && (key.arnLike ?? key.session) !== undefined;
    const value = isEntry
      ? withEntry(
          name,
          { kind: address.kind, account: address.account },
          key,
          before.get(parameter),
          target,
        )
      : validValue(name, target, review);
    const plan = planChanges(before, new Map([[parameter, value]]), false);
    if (address.kind === "deny") logEnded(value, review.now, run);
    return { plan, known: before, connection, judge: judgeAccess() };
  }

  async function noVersion(version: number | undefined): Promise<Failure> {
    const isTypo = versions.length === 0;
    const meant = isTypo ? await similarMapping({ parameter, address }, connection, run) : "";
    return finding(`${name} has no ${version ? `version ${version}` : "earlier version"}.${meant}`);
  }

  const planned = await planAndJudge(cluster, makePlan, options, run);
  await carryOut({ isSeveral: false, clusters: [planned] }, options, run);
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
  list: ListAddress,
  key: EntryKey,
  before: VersionedParameter | undefined,
  target: VersionedParameter,
): string {
  const isIt = (item: unknown) => hasKey(item, key);
  const now = listItems(name, before, list, isIt);
  const then = listItems(
    `version ${target.version} of ${name}`,
    target,
    list,
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
