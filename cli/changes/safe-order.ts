// The order in which a plan is written: wherever it is interrupted, somebody still gets `system:masters`.

import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { administratorEntries, mentionsAdministrators } from "../access/administrators.ts";
import type { EvaluationContext } from "../evaluate/evaluation.ts";
import { adminAccessOf } from "./admin-access.ts";
import type { Change } from "./plan.ts";

type Parameters = ReadonlyMap<string, StoredParameter>;

/**
 * The plan's own order, but for what would take the last administrator away before the next one is there: that waits
 * until it does not. Where administrators are swapped, a denial of the old one comes after the new one.
 *
 * What can never go safely comes last, as it was: the guard has refused it, or --force has let it through, or of two
 * parameters each holds back the other.
 */
export async function inSafeOrder(
  changes: readonly Change[],
  current: Parameters,
  context: EvaluationContext,
): Promise<Change[]> {
  const state = new Map(current);
  const ordered: Change[] = [];
  let waiting: Change[] = [];
  let admin = await findAdmin(state, context);

  /** As if it were written now; taken back where it is not safe. */
  async function goes(change: Change): Promise<boolean> {
    const before = state.get(change.name);
    put(state, change.name, change.value === undefined ? undefined : { value: change.value, secure: false });
    const next = await adminAfter(change);
    if (admin !== undefined && next === undefined) {
      put(state, change.name, before);
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

  for (const change of changes) {
    if (!(await goes(change))) waiting.push(change);
    // A denial must not wait longer than necessary.
    else if (mentionsAdministrators(change.value)) await tryWaiting();
  }
  for (let left = waiting.length + 1; waiting.length > 0 && waiting.length < left; ) {
    left = waiting.length;
    await tryWaiting();
  }
  return [...ordered, ...waiting];
}

function put(state: Map<string, StoredParameter>, name: string, stored: StoredParameter | undefined): void {
  if (stored === undefined) state.delete(name);
  else state.set(name, stored);
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
