// Orders the writes of a plan: after each one, an administrator remains and no identity has excess access.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { States } from "../access/account-names.ts";
import { administratorsIn, mentionsAdministrators } from "../access/administrators.ts";
import { compareAccess } from "../access/compare-access.ts";
import type { StoredParameters } from "../access/denials.ts";
import { accessOf, givesMore } from "../access/evaluation.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { afterwards, applyTo, type Change, newDenials } from "./plan.ts";

/** Each change needs a comparison. Above this number, only the step from denials to other changes is compared. */
const MAX_COMPARED = 200;

/**
 * Keeps the plan's order, but defers a change that would remove the last administrator, or give an identity more than
 * it has before and after the plan. If both rules cannot hold, an administrator remains. When administrators are
 * swapped, the denial of the old one is written after the grant to the new one.
 *
 * A change `waits` if it would give too much while the function's caches lack the changes before it.
 *
 * Changes that are never safe are written last, in the plan's order: the guard refuses them, --force allows them, or
 * two parameters defer each other.
 */
export async function inSafeOrder(
  changes: readonly Change[],
  current: StoredParameters,
  context: EvaluationContext,
): Promise<Change[]> {
  const last = afterwards(current, changes);
  const isCompared = changes.length > 1 && changes.some((change) => isShared(change, context));
  const state = new Map(current);
  const ordered: Change[] = [];
  let waiting: Change[] = [];
  let admin = await findAdmin(state, context);
  // With --force, a plan may end without an administrator: then none needs to remain.
  const keepsAdmin = (await findAdmin(last, context)) !== undefined;

  /** Adds the change to the order. Returns false and changes nothing if it is not safe now. */
  async function place(change: Change, compares = isCompared && changes.length <= MAX_COMPARED): Promise<boolean> {
    // The last write results in the plan's final state, which needs no comparison.
    const compared = compares && ordered.length < changes.length - 1;
    const before = state.get(change.name);
    const previous = compared ? new Map(state) : state;
    applyTo(state, change);
    const next = await adminAfter(change);
    const isTooMuch =
      compared && (await givesTooMuch({ before: previous, after: state, others: [current, last] }, context));
    if ((keepsAdmin && admin !== undefined && next === undefined) || isTooMuch) {
      if (before === undefined) state.delete(change.name);
      else state.set(change.name, before);
      return false;
    }
    admin = next;
    ordered.push(change);
    return true;
  }

  async function adminAfter({ before, value = "" }: Change): Promise<string | undefined> {
    if (admin !== undefined && (await makesAdmin(admin, state, context))) return admin;
    // Without an administrator, adding a parameter that names no such group creates none: skip the search.
    const canMakeOne = admin !== undefined || before !== undefined || mentionsAdministrators(value);
    return canMakeOne ? findAdmin(state, context) : undefined;
  }

  async function tryWaiting(): Promise<void> {
    const still: Change[] = [];
    for (const change of waiting) if (!(await place(change))) still.push(change);
    waiting = still;
  }

  async function placeOne(): Promise<void> {
    for (const change of waiting) {
      if (!(await place(change, false))) continue;
      waiting = waiting.filter((other) => other !== change);
      return;
    }
  }

  for (const change of changes) {
    if (!(await place(change))) waiting.push(change);
    // A denial must not wait longer than necessary.
    else if (mentionsAdministrators(change.value)) await tryWaiting();
  }
  for (let left = waiting.length + 1; waiting.length > 0 && waiting.length < left; ) {
    left = waiting.length;
    await tryWaiting();
    // Keeping an administrator is more important: an interruption must not break that rule.
    if (waiting.length === left) await placeOne();
  }
  const inOrder = [...ordered, ...waiting];
  return isCompared ? withWaits(inOrder, current, last, context) : inOrder;
}

/** Whether other parameters of the plan may apply to the same identities. */
function isShared({ name }: Change, { prefix }: EvaluationContext): boolean {
  const { kind = "role" } = readName(prefix, name) ?? {};
  return !["role", "user", "root", "federated-user"].includes(kind);
}

/** Marks a change with `waits` if it gives too much to a function that has read no other change since the last wait. */
async function withWaits(
  changes: readonly Change[],
  current: StoredParameters,
  last: StoredParameters,
  context: EvaluationContext,
): Promise<Change[]> {
  const refusals = changes.findIndex((change) => newDenials(change).length === 0);
  const groups =
    changes.length > MAX_COMPARED
      ? [changes.slice(0, refusals), changes.slice(refusals)].filter(({ length }) => length > 0)
      : changes.map((change) => [change]);
  const ordered: Change[] = [];
  let stale: StoredParameters = current;
  for (const group of groups) {
    const [first, ...others] = group;
    if (first === undefined) continue;
    const step = { before: stale, after: afterwards(stale, group), others: [current, last] };
    const waits = ordered.length > 0 && (await givesTooMuch(step, context));
    if (waits) stale = afterwards(current, ordered);
    ordered.push(waits ? { ...first, waits } : first, ...others);
  }
  return ordered;
}

/** The name of a parameter that surely grants administrator access. */
async function findAdmin(state: StoredParameters, context: EvaluationContext): Promise<string | undefined> {
  for (const name of state.keys()) if (await makesAdmin(name, state, context)) return name;
  return undefined;
}

async function makesAdmin(name: string, state: StoredParameters, context: EvaluationContext): Promise<boolean> {
  for await (const { access } of administratorsIn(name, state, context)) if (access.kind === "sure") return true;
  return false;
}

/**
 * @param step from one state to the next; its `others` are the states before and after the plan
 * @returns true for a gain that exists neither before nor after the plan. False if the comparison is too large, which
 *   the plan reports
 */
export async function givesTooMuch(
  step: States & { readonly others: readonly StoredParameters[] },
  context: EvaluationContext,
): Promise<boolean> {
  const { differences } = await compareAccess(step, context);
  for (const { kind, identity, after, from } of differences) {
    if (kind !== "gain") continue;
    const ends = await Promise.all(step.others.map((end) => accessOf(identity, end, { ...context, now: from })));
    if (ends.every((end) => givesMore(end, after))) return true;
  }
  return false;
}
