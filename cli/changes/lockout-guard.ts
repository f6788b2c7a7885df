// The lockout guard: whether somebody still gets `system:masters` after a change.

import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { type AdminAccess, adminAccessOf, administratorEntries } from "../access/administrators.ts";
import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";

type Parameters = ReadonlyMap<string, StoredParameter>;

/** As many as a person reads. */
const MAX_REASONS = 5;

/**
 * Throws if the last way to `system:masters` would go, or would end earlier. These count:
 *
 * - a role, user, root or federated user whose own mapping decides, if it has not ended and no denial matches;
 * - a permission set, if that is true for each of its roles with a mapping of its own, and no denial may be for one;
 * - an account, for a role of it that is mapped nowhere else; so a pattern for all of its roles takes it away;
 * - a pattern, for one ARN that it matches and that nobody has; so a pattern that covers it takes it away. One for the
 *   roles of permission sets counts as a permission set does.
 *
 * If that was not sure before, as in a cluster with another way in, only what may have been the last way is kept.
 * `before` and `after` are what could be read: with --account, that account's mappings.
 */
export async function guardLockout(before: Parameters, after: Parameters, context: EvaluationContext): Promise<void> {
  const [was, is] = [await administrators(before, context), await administrators(after, context)];
  const [end, newEnd] = [endOf(was), endOf(is)];
  if (newEnd > end) return;
  if (newEnd === end && (end > Number.NEGATIVE_INFINITY || !losesDoubtful(was, is))) return;
  const when = newEnd === Number.NEGATIVE_INFINITY ? "at once" : `on ${new Date(newEnd).toISOString()}`;
  const reasons = [...is].filter(([, { why }]) => why !== "").slice(0, MAX_REASONS);
  throw finding(
    `Refused: the last mapping that ${end === Number.NEGATIVE_INFINITY ? "may give" : "gives"} administrator rights would end ${when}.`,
    ...reasons.map(
      ([name, { kind, why }]) => `  ${name} ${kind === "doubtful" ? "may not count" : "does not count"}: ${why}`,
    ),
    "If there is another way into the cluster, use --force.",
  );
}

/** Every mapping that names `system:masters`, by its parameter, and whether anybody gets it. */
async function administrators(parameters: Parameters, context: EvaluationContext): Promise<Map<string, AdminAccess>> {
  const { prefix } = context;
  const found = new Map<string, AdminAccess>();
  for (const [name, stored] of parameters) {
    for (const entry of administratorEntries(prefix, name, stored)) {
      const { arnLike } = entry.mapping;
      const where = [shortName(name, prefix), ...(arnLike === undefined ? [] : [arnLike])].join(" ");
      found.set(where, await adminAccessOf(entry, parameters, context));
    }
  }
  return found;
}

function endOf(found: ReadonlyMap<string, AdminAccess>): number {
  return Math.max(
    Number.NEGATIVE_INFINITY,
    ...[...found.values()].flatMap((one) => (one.kind === "sure" ? one.until : [])),
  );
}

function losesDoubtful(was: ReadonlyMap<string, AdminAccess>, is: ReadonlyMap<string, AdminAccess>): boolean {
  return [...was].some(([where, { kind }]) => kind === "doubtful" && (is.get(where)?.kind ?? "none") === "none");
}
