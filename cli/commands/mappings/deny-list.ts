// Adds denials to deny lists, with the end and the description that the user gives. A list that
// cannot hold a denial stops none in another list.

import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { type Checked, invalid } from "../../../functions/lib/checked.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { managerOf } from "../../../functions/settings/stack.ts";
import type { Connection } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import type { End, EndOptions } from "../../cmdline/times.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { accountOf, given } from "../../model/entry.ts";
import { readValue } from "../../model/entry-arns.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import {
  hasEnded,
  isFor,
  listItems,
  MAX_BYTES,
  type VersionedParameter,
  type VersionedParameters,
  valueProblem,
  withItem,
} from "../../model/stored.ts";
import { judgeAccess } from "../../plan/access/judge-access.ts";
import { findOwner, type Plan, planFor } from "../../plan/changes.ts";
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
function withDenial(
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

/** A name or an ARN pattern, for the list of an account or `any`. */
export interface Denial {
  readonly account: string;
  readonly denied: string;
}

/** What each list is judged by. */
export interface Lists {
  readonly known: VersionedParameters;
  /** The lists that AWS has refused to write. */
  readonly refused: ReadonlySet<string>;
  /** The number of bytes that each list keeps free. */
  readonly reserve: number;
  /** Whether lists of a stack are written. */
  readonly force: boolean;
  readonly terms: Terms;
}

export interface Placed {
  /** The lists with their denials, by parameter. */
  readonly desired: ReadonlyMap<string, string>;
  /** The denials that their list cannot hold. `problem` is a clause, such as `deny/any is full`. */
  readonly left: readonly (Denial & { readonly problem: string })[];
}

/** Adds each denial to its list, one after the other. */
export async function placeDenials(
  denials: readonly Denial[],
  lists: Lists,
  connection: Connection,
  run: Run,
): Promise<Placed> {
  const desired = new Map<string, string>();
  const left: Placed["left"][number][] = [];
  for (const [account, ofList] of Map.groupBy(denials, (denial) => denial.account)) {
    const list = denyParameter(connection.review.prefix, account);
    const where = shortName(list, connection.review.prefix);
    const closed = await problemOfList(list, lists, connection, run);
    for (const denial of ofList) {
      const longer =
        closed === undefined
          ? listWith(denial, desired.get(list), list, lists, connection)
          : invalid(closed);
      if (longer.valid) desired.set(list, longer.value);
      else left.push({ ...denial, problem: `${where} ${longer.problem}` });
    }
  }
  return { desired, left };
}

/** Returns why a list can hold no further denial, as a verb phrase. */
async function problemOfList(
  list: string,
  { known, refused, force }: Lists,
  { ssm, review }: Connection,
  run: Run,
): Promise<string | undefined> {
  const stored = known.get(list);
  if (refused.has(list)) return "may not be written with your permissions";
  if (stored === undefined) return undefined;
  if (stored.secure) return "is a SecureString";
  if (readValue(list, stored, review).problem !== undefined) return "is invalid";
  if (force) return undefined;
  const { stack } = await findOwner(ssm, list, run.interrupted);
  return stack && `is managed by ${managerOf(stack)}`;
}

/**
 * Returns the list with the denial, or why it cannot hold it.
 *
 * @param text the list with the denials that were placed before
 */
function listWith(
  { account, denied }: Denial,
  text: string | undefined,
  list: string,
  { known, terms, reserve }: Lists,
  { review }: Connection,
): Checked<string> {
  const stored = known.get(list);
  const before = text === undefined ? stored : { secure: false, ...stored, value: text };
  const { value, bytes, isNew } = withDenial(account, before, denied, terms, review);
  const free = isNew ? reserve : 0;
  if (bytes + free <= MAX_BYTES) return { valid: true, value };
  const used = Buffer.byteLength(stored?.value ?? "");
  return invalid(`is full (${used} of ${MAX_BYTES} bytes)`);
}
