// The order in which a plan is written: at each step an administrator remains, and no identity has more than at both ends.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { accessOf, givesMore } from "../access/access.ts";
import type { Parameters, States } from "../access/account-names.ts";
import { adminAccessOf, administratorEntries, mentionsAdministrators } from "../access/administrators.ts";
import { compareAccess } from "../access/compare-access.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type Change, newDenials } from "./plan.ts";

/** With more changes than these, only denials are held apart from what grants: each change is a comparison. */
const MAX_COMPARED = 200;

/**
 * The plan's own order, except for a change that would take the last administrator away, or give an identity more than
 * it has at both ends of the plan. Such a change is deferred.
 * Where both rules cannot hold, an administrator remains. Where administrators are swapped, a denial of the old one
 * is written after the new one.
 *
 * A change `waits` where it would give too much to a function whose caches do not have the changes before it yet.
 *
 * Changes that are never safe are written last, in the plan's order: the guard has refused them, or --force has allowed
 * them, or of two parameters each defers the other.
 */
export async function inSafeOrder(
  changes: readonly Change[],
  current: Parameters,
  context: EvaluationContext,
): Promise<Change[]> {
  const last = afterAll(current, changes);
  const isCompared = changes.length > 1 && changes.some((change) => isShared(change, context));
  const state = new Map(current);
  const ordered: Change[] = [];
  let waiting: Change[] = [];
  let admin = await findAdmin(state, context);
  // With --force, a plan may end without an administrator: then there is none to keep on the way.
  const keepsAdmin = (await findAdmin(last, context)) !== undefined;

  /** As if it were written now; taken back where it is not safe. */
  async function goes(change: Change, compares = isCompared && changes.length <= MAX_COMPARED): Promise<boolean> {
    // The last write leads to the end of the plan.
    const compared = compares && ordered.length < changes.length - 1;
    const before = state.get(change.name);
    const previous = compared ? new Map(state) : state;
    put(state, change);
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
    // Where there was nobody, what is added without the group makes nobody one.
    const canMakeOne = admin !== undefined || before !== undefined || mentionsAdministrators(value);
    return canMakeOne ? findAdmin(state, context) : undefined;
  }

  async function tryWaiting(): Promise<void> {
    const still: Change[] = [];
    for (const change of waiting) if (!(await goes(change))) still.push(change);
    waiting = still;
  }

  async function placeOne(): Promise<void> {
    for (const change of waiting) {
      if (!(await goes(change, false))) continue;
      waiting = waiting.filter((other) => other !== change);
      return;
    }
  }

  for (const change of changes) {
    if (!(await goes(change))) waiting.push(change);
    // A denial must not wait longer than necessary.
    else if (mentionsAdministrators(change.value)) await tryWaiting();
  }
  for (let left = waiting.length + 1; waiting.length > 0 && waiting.length < left; ) {
    left = waiting.length;
    await tryWaiting();
    // Of the two rules, an administrator who remains is the one that an interruption must not break.
    if (waiting.length === left) await placeOne();
  }
  const inOrder = [...ordered, ...waiting];
  return isCompared ? withWaits(inOrder, current, last, context) : inOrder;
}

/** Whether other parameters of the plan may be read for the same identities. */
function isShared({ name }: Change, { prefix }: EvaluationContext): boolean {
  const { kind = "role" } = readName(prefix, name) ?? {};
  return !["role", "user", "root", "federated-user"].includes(kind);
}

/** Compares what a function gives that has read nothing of the plan since the last wait but the next change. */
async function withWaits(
  changes: readonly Change[],
  current: Parameters,
  last: Parameters,
  context: EvaluationContext,
): Promise<Change[]> {
  const refusals = changes.findIndex((change) => newDenials(change).length === 0);
  const groups =
    changes.length > MAX_COMPARED
      ? [changes.slice(0, refusals), changes.slice(refusals)].filter(({ length }) => length > 0)
      : changes.map((change) => [change]);
  const ordered: Change[] = [];
  let stale: Parameters = current;
  for (const group of groups) {
    const [first, ...others] = group;
    if (first === undefined) continue;
    const step = { before: stale, after: afterAll(stale, group), others: [current, last] };
    const waits = ordered.length > 0 && (await givesTooMuch(step, context));
    if (waits) stale = afterAll(current, ordered);
    ordered.push(waits ? { ...first, waits } : first, ...others);
  }
  return ordered;
}

function afterAll(state: Parameters, changes: readonly Change[]): Map<string, StoredParameter> {
  const after = new Map(state);
  for (const change of changes) put(after, change);
  return after;
}

function put(state: Map<string, StoredParameter>, { name, value }: Change): void {
  if (value === undefined) state.delete(name);
  else state.set(name, { value, secure: false });
}

/** The name of a parameter that surely makes somebody an administrator. */
async function findAdmin(state: Parameters, context: EvaluationContext): Promise<string | undefined> {
  for (const name of state.keys()) if (await makesAdmin(name, state, context)) return name;
  return undefined;
}

async function makesAdmin(name: string, state: Parameters, context: EvaluationContext): Promise<boolean> {
  const stored = state.get(name);
  if (stored === undefined) return false;
  for (const entry of administratorEntries(context.prefix, name, stored)) {
    if ((await adminAccessOf(entry, state, context)).kind === "sure") return true;
  }
  return false;
}

/**
 * @param step from one state to the next; the first and the last state of a plan are its `others`
 * @returns true for a gain that neither end of the plan gives. Where there is too much to compare, false: the plan says so
 */
export async function givesTooMuch(
  step: States & { readonly others: readonly Parameters[] },
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
