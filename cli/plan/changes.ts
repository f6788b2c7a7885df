// Computes the changes from the stored parameters to the desired ones, and leaves out those of a
// stack.

import { isDeepStrictEqual } from "node:util";
import { ListTagsForResourceCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { managerOf, OWNER_TAG } from "../../functions/settings/stack.ts";
import { isAccessDenied } from "../aws/errors.ts";
import { limitsOf } from "../aws/rates.ts";
import type { Store } from "../aws/store.ts";
import { finding, usage } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import {
  entryKey,
  hasEnded,
  type Items,
  isDenyList,
  isStored,
  keyOfItem,
  listIn,
  longDescription,
  type VersionedParameter,
  type VersionedParameters,
  valueProblem,
} from "../model/stored.ts";

export interface Change {
  readonly action: "add" | "change" | "remove";
  readonly name: string;
  /** The stored parameter when the change was planned; `undefined` if it did not exist. */
  readonly before: VersionedParameter | undefined;
  /** `undefined` removes the parameter. */
  readonly value: string | undefined;
  /** Whether the command writes another value of this list later. */
  readonly isInterim?: boolean;
  /** For a deny list: the keys of the denials that the write drops because they have ended. */
  readonly ended?: readonly string[];
  /** Printed in the plan instead of the value. */
  readonly shown?: string;
  /**
   * Throws if these items of a list must not be written. It is called again after a merge with a
   * concurrent change.
   */
  readonly check?: (items: Items) => void;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly unchanged: number;
  /** Stored parameters that are not in `desired`; kept without `--prune`. */
  readonly extra: readonly string[];
  /** ARNs of stored denials that are not in `desired`, which `--prune` keeps. */
  readonly keptDenials?: readonly string[];
}

/** Throws for a SecureString: the function does not read it, and an overwrite keeps the type. */
export function planChanges(
  current: VersionedParameters,
  desired: ReadonlyMap<string, string>,
  prune: boolean,
): Plan {
  const written = [...desired].flatMap(([name, value]): Change[] => {
    const before = current.get(name);
    if (before === undefined) return [{ action: "add", name, before, value }];
    return isStored(value, before) ? [] : [{ action: "change", name, before, value }];
  });
  const secure = written.find(({ before }) => before?.secure);
  if (secure !== undefined) {
    throw usage(
      `${secure.name} is a SecureString, which the function does not read. A write does not change the type. Remove it ` +
        "first: mappings remove.",
    );
  }
  const extra = [...current.values()].filter(
    (stored) => !desired.has(stored.name) && removalOf(stored).length > 0,
  );
  const removed = extra.flatMap(removalOf);
  return {
    changes: [...written, ...(prune ? removed : [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    unchanged: desired.size - written.length,
    extra: prune ? [] : extra.map(({ name }) => name),
  };
}

/**
 * Empties a list instead of deleting it: a deletion has no version check, and would delete an entry
 * that another operator has just added. No change for an empty list.
 */
export function removalOf(before: VersionedParameter): Change[] {
  const { name } = before;
  if (entryKey(name) === undefined || before.secure)
    return [{ action: "remove", name, before, value: undefined }];
  return isStored("[]", before) ? [] : [{ action: "change", name, before, value: "[]" }];
}

/** Returns whether the change removes a parameter, or all entries of a list. */
export function isRemoval({ value }: Change): boolean {
  return value === undefined || value === "[]";
}

/**
 * Returns the plan without ended denials. Each write of a deny list drops what ended more than 60 s
 * before, since no function uses it and it fills the list. Such a denial that is not stored, as in
 * a file, counts as absent. Throws for a list that is then still too long.
 */
export function withoutEnded(plan: Plan, now: number): Plan {
  const changes = plan.changes.flatMap((change): Change[] => {
    const { name, before, value } = change;
    const stored = listIn(before?.value ?? "[]");
    const wanted = listIn(value);
    if (!isDenyList(name) || stored === undefined || wanted === undefined) return [change];
    const isKept = (item: unknown) => stored.some((other) => isDeepStrictEqual(item, other));
    const present = wanted.filter((item) => isKept(item) || !hasEnded(item, now));
    if (present.length < wanted.length && isDeepStrictEqual(present, stored)) return [];
    const left = present.filter((item) => !hasEnded(item, now));
    const kept = new Set(left.map((item) => keyOfItem(item, "arnLike")));
    const ended = present.map((item) => keyOfItem(item, "arnLike")).filter((key) => !kept.has(key));
    return [{ ...change, value: deniedText(name, left), ended }];
  });
  return { ...plan, changes, unchanged: plan.unchanged + plan.changes.length - changes.length };
}

function deniedText(name: string, items: Items): string {
  const text = JSON.stringify(items);
  const problem = valueProblem(text);
  if (problem === undefined) return text;
  const message = `${name}: ${problem}. Nothing was written.`;
  throw finding(message, ...(longDescription(text) === undefined ? [WAYS_OUT] : []));
}

export const WAYS_OUT =
  "Remove denials that are no longer needed (mappings allow), or replace several by one pattern. To end the access in AWS " +
  "instead: delete the user, or remove the assignment of the permission set and the role's trust.";

/**
 * Finds the stack that manages a parameter: `stack` is `undefined` if none does. `isKnown` is false
 * without the permission to list tags.
 */
export async function findOwner(ssm: SSMClient, name: string, signal: AbortSignal) {
  const command = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name });
  try {
    const { TagList = [] } = await ssm.send(command, { abortSignal: signal });
    return { stack: TagList.find(({ Key }) => Key === OWNER_TAG)?.Value, isKnown: true };
  } catch (error) {
    // The parameter does not exist, or was deleted since the plan: the write reports that.
    if (isAwsError(error, "InvalidResourceId")) return { stack: undefined, isKnown: true };
    if (isAccessDenied(error)) return { stack: undefined, isKnown: false };
    throw error;
  }
}

/**
 * Removes changes of managed parameters from the plan, prints a line for each, and returns them as
 * `managed`.
 *
 * @param force whether --force is given, which keeps all; `undefined` if the command has no --force
 */
export async function withoutManaged(
  plan: Plan,
  { ssm, review, rates }: Store,
  force: boolean | undefined,
  run: Run,
) {
  if (force) return { plan, managed: [] };
  const waitForTurn = limitsOf(rates, run).read;
  const managed: Change[] = [];
  for (const change of plan.changes) {
    if (change.before === undefined) continue;
    await waitForTurn(run.interrupted);
    const { stack, isKnown } = await findOwner(ssm, change.name, run.interrupted);
    if (!isKnown) {
      const which = managed.length === 0 ? "these parameters" : "the other parameters";
      run.log(
        `Cannot check whether a stack manages ${which}: no permission for ssm:ListTagsForResource.\n`,
      );
      break;
    }
    if (stack === undefined) continue;
    managed.push(change);
    const name = shortName(change.name, review.prefix);
    const advice = `Change it there${force === undefined ? "" : ", or use --force"}.`;
    run.log(`${name} is managed by ${managerOf(stack)} and was not changed. ${advice}\n`);
  }
  return {
    plan: { ...plan, changes: plan.changes.filter((change) => !managed.includes(change)) },
    managed,
  };
}

/** Prints what a session mapping trusts, if the changes write one. */
export function warnOfSessionTrust(
  changes: readonly Change[],
  { review }: Store,
  { log }: Run,
): void {
  const isOfSessions = ({ name }: Change) => readName(review.prefix, name)?.kind === "sso-session";
  if (!changes.some((change) => isOfSessions(change) && change.value?.includes('"session"')))
    return;
  log(
    "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
      "provider can change a user name, or give it to another person.\n",
  );
}

/**
 * Returns a plan for the desired parameters only: `known` may have others, which were read to
 * evaluate the plan.
 */
export function planFor(known: VersionedParameters, desired: ReadonlyMap<string, string>): Plan {
  return planChanges(new Map([...known].filter(([name]) => desired.has(name))), desired, false);
}

/** Returns a sentence that reports the writes. */
export function outcome(done: readonly Change[]): string {
  const removed = done.filter(({ action }) => action === "remove").length;
  const wrote = done.length - removed;
  if (removed === 0) return `Wrote ${count(wrote)}.`;
  return wrote === 0
    ? `Removed ${count(removed)}.`
    : `Wrote ${count(wrote)} and removed ${removed}.`;
}

export function count(changes: number): string {
  return changes === 1 ? "1 parameter" : `${changes} parameters`;
}
