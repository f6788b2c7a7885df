// Evaluates whose access a plan changes, and whether it removes the last administrator.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { type AdminAccess, administratorsIn } from "../access/administrators.ts";
import { compareAccess } from "../access/compare-access.ts";
import type { StoredParameters } from "../access/denials.ts";
import { type AccessTexts, describe } from "../access/describe.ts";
import type { Weakening } from "../access/weakenings.ts";
import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { lint } from "../mappings/lint/lint.ts";
import { afterwards, type Change } from "./plan.ts";
import type { ReadForAccess } from "./read-for-access.ts";

/** False for callers and issuer keys: they grant no identity access. */
export function isJudged({ name }: Change, { prefix }: EvaluationContext): boolean {
  return readName(prefix, name) !== undefined;
}

export interface Judgement extends AccessTexts {
  /** By parameter: lint's warnings for the values that are written. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

/** @param marks more lines with `!`, by parameter */
export async function judge(
  changes: readonly Change[],
  { current, unread }: ReadForAccess,
  context: EvaluationContext,
  marks: ReadonlyMap<string, readonly Weakening[]> = new Map(),
): Promise<Judgement> {
  const judged = changes.filter((change) => isJudged(change, context));
  const states = { before: current, after: afterwards(current, judged) };
  const names = judged.map(({ name }) => name);
  const { weakenings, losses } = describe(await compareAccess(states, context), names, states, context);
  const text = `may grant more access than this plan shows: there is no permission to read ${unread}`;
  const unknown = unread === undefined ? [] : [{ kind: "unknown", text } as const];
  return {
    weakenings: new Map(
      changes.map(({ name }) => [
        name,
        [...(weakenings.get(name) ?? []), ...(name === names[0] ? unknown : []), ...(marks.get(name) ?? [])],
      ]),
    ),
    losses,
    warnings: await warningsIn(names, states.after, context),
  };
}

/** The comparison already reports these with `!`. */
const COMPARED = ["account-wide", "system-name", "masters"];

/** Checks each value separately. Rules over several mappings belong to `mappings lint`. */
async function warningsIn(
  names: readonly string[],
  after: StoredParameters,
  context: EvaluationContext,
): Promise<Map<string, string[]>> {
  const isWritten = new Set(names);
  const written = new Map([...after].filter(([name]) => isWritten.has(name)));
  const found = new Map<string, string[]>();
  for (const { level, rule, where, message } of await lint(written, context)) {
    if (level !== "warning" || where === "" || COMPARED.includes(rule)) continue;
    const name = `${context.prefix}/${where}`;
    found.set(name, [...(found.get(name) ?? []), message]);
  }
  return found;
}

const MAX_REASONS = 5;

/**
 * Throws if the last mapping with an administrators' group would be removed, or would end earlier. These mappings grant
 * administrator access:
 *
 * - of a role, user, root or federated user: if it decides, has not ended and no denial matches;
 * - of a permission set: if that holds for each of its roles with a separate mapping, and no denial can match its role;
 * - of an account: if it decides for a role without another mapping, so not below a pattern for all roles;
 * - a pattern: if it decides for a made-up ARN that it matches. For roles of permission sets, as for a permission set.
 *
 * If no mapping surely granted it before, as in a cluster with other means of access, doubtful mappings must remain.
 *
 * @param before the parameters that could be read: with --account, only that account's mappings
 */
export async function guardLockout(
  before: StoredParameters,
  after: StoredParameters,
  context: EvaluationContext,
): Promise<void> {
  const [was, is] = [await administrators(before, context), await administrators(after, context)];
  const [end, newEnd] = [endOf(was), endOf(is)];
  if (newEnd > end) return;
  if (newEnd === end && (end > Number.NEGATIVE_INFINITY || !losesDoubtful(was, is))) return;
  const when = newEnd === Number.NEGATIVE_INFINITY ? "immediately" : `on ${new Date(newEnd).toISOString()}`;
  const reasons = [...is].filter(([, { why }]) => why !== "").slice(0, MAX_REASONS);
  throw finding(
    `Refused: the last mapping that ${end === Number.NEGATIVE_INFINITY ? "may grant" : "grants"} administrator access would end ${when}.`,
    ...reasons.map(
      ([name, { kind, why }]) => `  ${name} ${kind === "doubtful" ? "may not apply" : "does not apply"}: ${why}`,
    ),
    "If there is another way into the cluster, use --force.",
  );
}

/** Every mapping to an administrators' group, by parameter and `arnLike`, and whether it grants that access. */
async function administrators(
  parameters: StoredParameters,
  context: EvaluationContext,
): Promise<Map<string, AdminAccess>> {
  const found = new Map<string, AdminAccess>();
  for (const name of parameters.keys()) {
    const parameter = shortName(name, context.prefix);
    for await (const { mapping, access } of administratorsIn(name, parameters, context)) {
      found.set(mapping.arnLike === undefined ? parameter : `${parameter} ${mapping.arnLike}`, access);
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
