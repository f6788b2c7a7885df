// Compares mapping files with the stored mappings, and plans the difference.

import { isListKind, type ParameterKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { addressOf } from "../../model/access/state.ts";
import { deniedIn, type Entry, nameOfEntry, readParameter } from "../../model/entry.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import { foreignProblem } from "../../model/file-entry.ts";
import { toParameters } from "../../model/mapping-file.ts";
import {
  type EntryKey,
  hasKey,
  isFor,
  listItems,
  type VersionedParameters,
  valueText,
} from "../../model/stored.ts";
import { checkAccounts } from "../../model/target.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { planChanges } from "../../plan/changes.ts";
import type { ClusterPlan } from "../../plan/plan.ts";
import { readWithFunctions } from "../../plan/read.ts";

export interface PruneOptions {
  readonly prune?: true;
  readonly pruneDenials?: true;
}

/**
 * Returns the parameters to write for the entries of a file. Throws for those that can never apply.
 */
export function parametersIn(
  entries: readonly Entry[],
  { account, review: { prefix, partition } }: Connection,
) {
  checkAccounts(account, entries);
  const foreign = entries.flatMap((entry) => foreignProblem(entry, partition) ?? []);
  if (foreign.length > 0) throw usage(...foreign, "Nothing was written.");
  return toParameters(prefix, entries);
}

/**
 * Warns of entries that have ended. It is called after the first response, which has AWS's time.
 */
export function warnOfEnded(
  entries: readonly Entry[],
  { review: { now } }: Connection,
  run: Run,
): void {
  for (const entry of entries) {
    const { notAfter } = entry.mapping;
    if (!isExpired(notAfter, now)) continue;
    run.log(`Warning: ${nameOfEntry(entry, "The")} ended on ${notAfter}.\n`);
  }
}

export async function compare(
  entries: readonly Entry[],
  { prune, pruneDenials }: PruneOptions,
  connected: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const desired = parametersIn(entries, connected);
  const { mappings: known, connection } = await readWithFunctions(connected, run);
  const { review } = connection;
  warnOfEnded(entries, connection, run);
  const isInScope = (name: string) => {
    const kind = readName(review.prefix, name)?.kind;
    // With --account, stored deny lists are out of scope: grantManageMappings does not allow teams
    // to lift denials.
    const isPruned = kind !== "deny" || (pruneDenials === true && connection.account === undefined);
    return kind !== undefined && (isPruned || desired.has(name));
  };
  // Keep names that the authenticator ignores: under a short --prefix, they belong to other
  // clusters.
  const ours = new Map([...known].filter(([name]) => isInScope(name)));
  const keeps = (kind: ParameterKind) => !prune || (kind === "deny" && !pruneDenials);
  const wanted = withStoredEntries(desired, ours, keeps, review);
  const plan = planChanges(ours, wanted, prune === true);
  const keptDenials = prune && !pruneDenials ? denialsBeside(entries, known, connection) : [];
  const judge = judgeAccess({ isWhole: true });
  return { plan: { ...plan, keptDenials }, known, connection, judge };
}

/**
 * Returns the stored denials that are not in the files. With --account, it omits those of other
 * accounts.
 */
function denialsBeside(
  ofFiles: readonly Entry[],
  known: VersionedParameters,
  { review: { prefix, partition } }: Connection,
): string[] {
  const stored = [...known].flatMap(
    ([name, parameter]) => readParameter(prefix, name, parameter, partition).entries,
  );
  return stored.flatMap(({ kind, account, mapping }) => {
    if (kind !== "deny") return [];
    const denied = deniedIn(mapping);
    const isInFiles = ofFiles.some((other) => {
      return other.kind === "deny" && other.account === account && isFor(other.mapping, denied);
    });
    return isInFiles ? [] : denied;
  });
}

/**
 * Adds the stored entries of lists that `keeps` selects: another operator may have added one in an
 * emergency. Stored entries keep their positions; new ones are appended.
 */
function withStoredEntries(
  desired: ReadonlyMap<string, string>,
  stored: VersionedParameters,
  keeps: (kind: ParameterKind) => boolean,
  review: ReviewSettings,
): ReadonlyMap<string, string> {
  const { prefix, partition } = review;
  return new Map(
    [...desired].map(([parameter, value]) => {
      const { kind, account } = addressOf(parameter, review);
      if (!isListKind(kind) || !keeps(kind)) return [parameter, value];
      const name = shortName(parameter, prefix);
      const wanted: readonly EntryKey[] = JSON.parse(value);
      const wantedFor = (item: unknown) => wanted.find((key) => hasKey(item, key));
      const items = listItems(
        name,
        stored.get(parameter),
        { kind, account, partition },
        (item) => wantedFor(item) !== undefined,
      );
      // Of two entries with the same key, the first is used.
      const kept = new Set(items.map((item) => wantedFor(item) ?? item));
      const others = wanted.filter((entry) => !kept.has(entry));
      if (kind === "pattern") checkOrder(name, wanted, [...kept]);
      const all = [...kept, ...others];
      // The plan drops denials that have ended, and then checks the length.
      return [parameter, kind === "deny" ? JSON.stringify(all) : valueText(name, all)];
    }),
  );
}

/**
 * Throws if the file and the stored list have different orders: the first matching pattern applies.
 */
function checkOrder(name: string, wanted: readonly EntryKey[], stored: readonly unknown[]): void {
  const positions = wanted
    .map((entry) => stored.indexOf(entry))
    .filter((position) => position >= 0);
  const at = positions.findIndex((position, index) => position < (positions[index - 1] ?? -1));
  if (at < 0) return;
  const patternAt = (position = 0) => (stored[position] as EntryKey).arnLike;
  const earlier = patternAt(positions[at - 1]);
  const later = patternAt(positions[at]);
  throw usage(
    `${name}: the file has ${earlier} before ${later}, but the stored list has the reverse order. The first pattern that ` +
      "matches applies. Change the order in the file, or replace the entire list with --prune. Nothing was written.",
  );
}
