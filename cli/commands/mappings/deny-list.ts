// The lists of a denial: adds entries to deny lists, with the end and the description that the user
// gives.

import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import type { End, EndOptions } from "../../cmdline/times.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { accountOf, given } from "../../model/entry.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import {
  hasEnded,
  isFor,
  listItems,
  type VersionedParameter,
  type VersionedParameters,
  valueProblem,
  withItem,
} from "../../model/stored.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { type Plan, planFor } from "../../plan/changes.ts";
import type { ClusterPlan } from "../../plan/plan.ts";

export interface DenyOptions extends StoreOptions, WriteOptions, EndOptions {
  readonly session?: string;
  readonly description?: string;
  readonly person?: true;
}

/** What the user gives beside <who>. */
export interface Terms {
  readonly endAt: End;
  readonly description: string | undefined;
}

/**
 * Returns what every plan of denials has: it must wait neither for other operators nor for the
 * function's settings.
 *
 * @param isWhole whether the plan knows every mapping, or with --account that account's
 */
export function ofDenials(isWhole: boolean): Pick<ClusterPlan, "grantsNothing" | "judge"> {
  return { grantsNothing: true, judge: judgeAccess({ isWhole, merges: true }) };
}

/** The limit for reading all mappings of a large cluster, for which a denial must not wait. */
const LOOK_MS = 5_000;

/**
 * Returns what `read` returns; `undefined` if it fails or takes long. This must not stop a denial,
 * for which reading the deny list is enough.
 */
export async function ifReadable<T>(
  read: (limited: Run) => Promise<T>,
  run: Run,
): Promise<T | undefined> {
  const limited = AbortSignal.any([run.interrupted, AbortSignal.timeout(LOOK_MS)]);
  return read({ ...run, interrupted: limited }).catch((error: unknown) => {
    if (run.interrupted.aborted) throw error;
    return undefined;
  });
}

/** Plans the denial of an ARN or a pattern. Throws if its list cannot hold it. */
export function planDenial(
  arnLike: string,
  terms: Terms,
  known: VersionedParameters,
  { review }: Connection,
): Plan {
  const account = accountOf(arnLike);
  const list = denyParameter(review.prefix, account);
  const { value } = withDenial(account, known.get(list), arnLike, terms, review);
  return planFor(known, new Map([[list, value]]));
}

/**
 * Returns the list with this denial, and its size in bytes without those that have ended, which
 * each write drops. A denial that exists keeps its position and its description. Throws if the list
 * is invalid.
 *
 * @param account of the list, or `any`
 * @param denied an ARN pattern or a name
 */
export function withDenial(
  account: string,
  stored: Pick<VersionedParameter, "value" | "secure"> | undefined,
  denied: string,
  { endAt, description }: Terms,
  { prefix, partition, now }: ReviewSettings,
) {
  const isIt = (item: unknown) => isFor(item, denied);
  const name = shortName(denyParameter(prefix, account), prefix);
  const items = listItems(name, stored, { kind: "deny", account, partition }, isIt);
  const old = items.find(isIt);
  const text = description ?? (isObject(old) ? old["description"] : undefined);
  const key = denied.startsWith("arn:") ? "arnLike" : "name";
  const wanted = given({
    [key]: isObject(old) ? old[key] : denied,
    notAfter: endAt(now),
    description: text,
  });
  const check = checkDenyEntry(wanted, { partition });
  if (!check.valid) throw usage(`${denied}: ${check.problem}. Nothing was written.`);
  const problem = valueProblem(JSON.stringify([wanted]));
  if (problem !== undefined) throw usage(`${denied}: ${problem}. Nothing was written.`);
  // The plan drops denials that have ended, and then checks the length.
  const all = withItem(items, isIt, wanted);
  const bytes = Buffer.byteLength(JSON.stringify(all.filter((item) => !hasEnded(item, now))));
  return { value: JSON.stringify(all), bytes, isNew: old === undefined };
}
