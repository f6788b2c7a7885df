// Proves that the comparison reports every gain and no false one, by evaluating each principal separately.

import assert from "node:assert/strict";
import fc from "fast-check";
import { type AccessDifference, compareAccess } from "../../../cli/access/compare-access.ts";
import type { VerifiedIdentity } from "../../../functions/authenticator/identity/identity.ts";
import { evaluateMappings } from "../../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../../../functions/authenticator/mapping/select.ts";
import { renderUser } from "../../../functions/authenticator/user/user.ts";
import { Denial } from "../../../functions/errors.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type AnyChange, anyChange, context, TIMES, UNIVERSE } from "./any-change.ts";

type State = ReadonlyMap<string, StoredParameter>;

interface Answer {
  readonly parameter: string;
  /** Of the mapping that counts. */
  readonly arnLike: string | undefined;
  readonly user: { readonly username: string; readonly groups: readonly string[] } | undefined;
}

/** Decides like a review that has a verified identity. */
async function answer(identity: VerifiedIdentity, state: State, now: number): Promise<Answer> {
  const evaluations = evaluateMappings(candidates(context.prefix, identity), state, identity, now);
  const parameter = decidingEvaluation(evaluations)?.parameter ?? "";
  try {
    const selected = selectMapping(evaluations, identity);
    const user = await renderUser(selected, identity, [], async () => ({ refusal: "" }));
    return { parameter, arnLike: selected.mapping.arnLike, user };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    return { parameter, arnLike: undefined, user: undefined };
  }
}

function hasGained({ user: was }: Answer, { user: is }: Answer): boolean {
  if (is === undefined) return false;
  return was === undefined || was.username !== is.username || is.groups.some((group) => !was.groups.includes(group));
}

/**
 * A key for equivalent principals: kind, named account, the parameters that
 * apply, which of them and of their entries decide, and whether it becomes an administrator.
 */
function pathOf(identity: VerifiedIdentity, { before, after }: AnyChange, was: Answer, is: Answer): string {
  const { accountId, kind } = identity;
  // An account's lists apply only to its identities.
  const isKnown = [...before, ...after].some(
    ([name, { value }]) => name.includes(accountId) || (name.endsWith("/any") && value.includes(accountId)),
  );
  const read = candidates(context.prefix, identity).filter(
    ({ parameter }) => before.has(parameter) || after.has(parameter),
  );
  const isAdmin = [was, is].map(({ user }) => user?.groups.includes("system:masters") ?? false);
  const counting = [was, is].flatMap(({ parameter, arnLike }) => [parameter, arnLike]);
  return [kind, isKnown ? accountId : "other", ...read.map(({ parameter }) => parameter), ...counting, ...isAdmin].join(
    " ",
  );
}

/** The proof is significant only with a few thousand gains that both find. */
export interface Counts {
  gains: number;
  losses: number;
}

async function compareOne(change: AnyChange, counts: Counts): Promise<void> {
  const { differences, isComplete } = await compareAccess(change, context);
  assert.ok(isComplete, "complete");
  const reported = new Map<string, AccessDifference[]>();
  for (const one of differences.filter(({ kind }) => kind === "gain" || kind === "loss")) {
    const key = `${one.kind} ${await assertTrue(one, change)}`;
    reported.set(key, [...(reported.get(key) ?? []), one]);
  }
  for (const identity of UNIVERSE) {
    if (!candidates(context.prefix, identity).some(({ parameter }) => isChanged(change, parameter))) continue;
    for (const now of TIMES) {
      const [was, is] = [await answer(identity, change.before, now), await answer(identity, change.after, now)];
      const path = pathOf(identity, change, was, is);
      for (const [kind, happened] of [
        ["gain", hasGained(was, is)],
        ["loss", hasGained(is, was)],
      ] as const) {
        if (!happened) continue;
        counts[kind === "gain" ? "gains" : "losses"] += 1;
        const found = reported.get(`${kind} ${path}`) ?? [];
        assert.ok(
          found.some(({ from }) => from <= now),
          `${kind} of ${identity.arn} (${identity.principalId}) at ${new Date(now).toISOString()}: ${path}`,
        );
      }
    }
  }
}

/** A decision depends only on the parameters that apply to the identity. */
function isChanged({ before, after }: AnyChange, parameter: string): boolean {
  return before.get(parameter) !== after.get(parameter);
}

/** Throws if the function decides differently. */
async function assertTrue({ kind, identity, from }: AccessDifference, change: AnyChange): Promise<string> {
  const [was, is] = [await answer(identity, change.before, from), await answer(identity, change.after, from)];
  assert.ok(kind === "gain" ? hasGained(was, is) : hasGained(is, was), `invented: ${kind} of ${identity.arn}`);
  return pathOf(identity, change, was, is);
}

export async function proveDecisions(runs: number, seed?: number): Promise<Counts> {
  const counts: Counts = { gains: 0, losses: 0 };
  await fc.assert(
    fc.asyncProperty(anyChange, (change) => compareOne(change, counts)),
    { numRuns: runs, ...(seed !== undefined && { seed }) },
  );
  return counts;
}
