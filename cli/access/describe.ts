// Describes a comparison by parameter: the access that a change loosens, and losses that its diff does not show.

import { isDeepStrictEqual } from "node:util";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import type { States } from "./account-names.ts";
import type { AccessComparison, AccessDifference } from "./compare-access.ts";
import { usernameFinder } from "./usernames.ts";
import { droppedLimits, entriesOf, placeOf, principalText, type Weakening, weakeningsOf } from "./weakenings.ts";

export interface AccessTexts {
  /** By parameter. Each needs separate confirmation, or --allow-weakening. */
  readonly weakenings: ReadonlyMap<string, readonly Weakening[]>;
  /** By parameter, as phrases with a verb: losses that the parameter's diff does not show. */
  readonly losses: ReadonlyMap<string, readonly string[]>;
}

const TOO_MANY: Weakening = {
  kind: "unknown",
  text: "may grant more access than this plan shows: there are too many combinations of patterns to compare",
};

/** @param changed the parameters that are written, in the order of the plan */
export function describe(
  { differences, isComplete }: AccessComparison,
  changed: readonly string[],
  states: States,
  context: EvaluationContext,
): AccessTexts {
  const writes = new Set(changed);
  const weakenings = new Map<string, Map<string, Weakening>>();
  const losses = new Map<string, Set<string>>();
  const comparing = { states, context, findUsername: usernameFinder(context, states.after) };
  const add = (where: string, weakening: Weakening) => {
    // One line for all identities with the same entry and cause. The first identity is the example.
    const key = weakening.text.replace(/, and arn:\S+ gets .*/, "").toLowerCase();
    const lines = weakenings.get(where) ?? new Map<string, Weakening>();
    if (!lines.has(key)) weakenings.set(where, lines.set(key, weakening));
  };
  for (const difference of differences.toSorted(inOrder)) {
    const where = writtenParameter(difference, writes, context);
    const isOwn = isNamed(difference, writes, context);
    if (difference.kind !== "loss") {
      for (const weakening of weakeningsOf(difference, isOwn, comparing)) add(where, weakening);
      continue;
    }
    const text = lossText(difference, isOwn, states, context);
    if (text !== undefined) losses.set(where, (losses.get(where) ?? new Set()).add(text));
  }
  for (const name of changed) for (const weakening of droppedLimits(name, comparing)) add(name, weakening);
  if (!isComplete) add(changed[0] ?? "", TOO_MANY);
  return {
    weakenings: new Map(changed.flatMap((name) => [[name, [...(weakenings.get(name)?.values() ?? [])]] as const])),
    losses: new Map([...losses].map(([where, texts]) => [where, [...texts]])),
  };
}

/** Earliest first, then the shortest ARN, so that it becomes the example. */
function inOrder(a: AccessDifference, b: AccessDifference): number {
  const [one, other] = [a.identity.canonicalArn, b.identity.canonicalArn];
  const isLifted = Number(a.kind === "lifted") - Number(b.kind === "lifted");
  return a.from - b.from || isLifted || one.length - other.length || (one < other ? -1 : 1);
}

function writtenParameter(
  { identity, before, after }: AccessDifference,
  writes: ReadonlySet<string>,
  { prefix }: EvaluationContext,
): string {
  // A lifted denial belongs to the parameter that denied.
  const deciding = [after.parameter, before.parameter];
  if (before.kind !== "granted" && before.kind !== "unmapped") deciding.reverse();
  const names = [...deciding, ...candidates(prefix, identity).map(({ parameter }) => parameter)];
  return names.find((name) => writes.has(name)) ?? [...writes][0] ?? "";
}

/** Whether the change writes the entry of this principal, permission set or session, and that entry applies. */
function isNamed(
  { identity, before, after }: AccessDifference,
  writes: ReadonlySet<string>,
  { prefix }: EvaluationContext,
): boolean {
  return [before.parameter, after.parameter].some((parameter) => {
    const place = placeOf(identity, parameter, prefix);
    return writes.has(parameter) && (place === "exact" || place === "sso" || place === "sso-session");
  });
}

/** `undefined` if the diff shows the loss: the entry that granted the access is changed. Future ends are described. */
function lossText(
  { identity, before, after, from }: AccessDifference,
  isOwn: boolean,
  states: States,
  context: EvaluationContext,
): string | undefined {
  if (before.kind !== "granted") return undefined;
  const whom = principalText(identity, before, context);
  if (from > context.now) return `ends the access of ${whom} on ${new Date(from).toISOString()}`;
  const isKept = entriesOf(states.after, before.parameter, context).some((one) =>
    isDeepStrictEqual(one, before.mapping),
  );
  if (identity.claims !== undefined && (after.kind === "unknown" || after.kind === "unusable")) {
    const where = shortName(after.parameter, context.prefix);
    return `denies AWS-signed tokens of ${identity.canonicalArn}: ${where} depends on what they do not contain`;
  }
  if (isOwn || !isKept) return undefined;
  if (after.kind === "granted") return `applies ${shortName(after.parameter, context.prefix)} to ${whom}`;
  if (after.kind === "denied") {
    const { arnLike = "" } = after;
    return /[*?]/.test(arnLike) ? `denies ${whom}, which matches ${arnLike}` : undefined;
  }
  return `removes the access of ${whom}: ${shortName(after.parameter, context.prefix)} is invalid or for another principal`;
}
