// What a plan lets in that was kept out before: denials lifted, ends and pins dropped, new administrators.

import { matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import { checkMapping, type Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { type ParameterKind, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { parseStored } from "../../functions/lib/repeated-keys.ts";
import type { EvaluationContext } from "../evaluate/evaluation.ts";
import { shortName } from "../mapping-file/parameter-name.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { denialsIn, isDenyList, type NamedDenial, refusesEverybody } from "./denials.ts";
import { canChooseMasters, grantsMasters, MASTERS } from "./masters.ts";
import type { Change } from "./plan.ts";
import { uncoveredBy } from "./uncovered.ts";

export interface Weakening {
  readonly kind: "denial" | "end" | "pin" | "otherPin" | "masters";
  /** A phrase with a verb, such as `lifts the denial of <ARN>`. */
  readonly text: string;
}

/**
 * For each change of a plan that has one. A denial that moves to a deny list is not lifted.
 *
 * `current`: the parameters, as far as they were read for the plan.
 */
export async function weakeningsIn(
  changes: readonly Change[],
  current: ReadonlyMap<string, Stored>,
  context: EvaluationContext,
): Promise<ReadonlyMap<Change, readonly Weakening[]>> {
  const listed = new Map(
    changes
      .filter(({ name }) => isDenyList(name))
      .flatMap(({ name, value }) => [...denialsIn(name, value, context.now)]),
  );
  const uncovered = await uncoveredBy(changes, current, context);
  const looser = new Map(changes.map((change) => [change, looserGrants(change, context)]));
  // What gives the group to them is told by itself where it is new.
  const told = new Set(
    changes.filter((change) => looser.get(change)?.some(({ kind }) => kind === "masters")).map(({ name }) => name),
  );
  const found = changes.map((change): [Change, readonly Weakening[]] => {
    const left = (uncovered.get(change) ?? []).filter(({ parameter }) => !told.has(parameter));
    return [
      change,
      [
        ...liftedDenials(change, listed, context),
        ...(looser.get(change) ?? []),
        ...left.map(({ who, parameter }): Weakening => {
          const [whom, where] = [who, parameter].map((name) => shortName(name, context.prefix));
          return { kind: "masters", text: `leaves ${whom} to ${where}, which gives ${MASTERS}` };
        }),
      ],
    ];
  });
  return new Map(found.filter(([, weakenings]) => weakenings.length > 0));
}

function liftedDenials(
  { name, before, value }: Change,
  listed: ReturnType<typeof denialsIn>,
  { prefix, now }: EvaluationContext,
): Weakening[] {
  const kind = "denial";
  if (refusesEverybody(name, before?.value) && !refusesEverybody(name, value)) {
    const text = `lets everybody in again that the invalid list ${shortName(name, prefix)} refuses`;
    return [{ kind, text }];
  }
  const after = denialsIn(name, value, now);
  return [...denialsIn(name, before?.value, now)].flatMap(([key, { who, end }]): Weakening[] => {
    const kept = after.get(key) ?? listed.get(key) ?? [...after.values()].find((wider) => covers(wider, { who, end }));
    const whom = shortName(who, prefix);
    if (kept === undefined) return [{ kind, text: `lifts the denial of ${whom}` }];
    if (kept.end >= end) return [];
    return [{ kind, text: `ends the denial of ${whom} on ${new Date(kept.end).toISOString()}` }];
  });
}

/** Sure where it says so. A `?` would also match a `*`; a name with a path is denied in any path. */
function covers(wider: NamedDenial, { who, end }: NamedDenial): boolean {
  if (wider.end < end || (wider.who.includes("?") && who.includes("*"))) return false;
  const hasPath = !/[*?]/.test(who) && /:(?:user|role)\/.*\//i.test(who);
  return !hasPath && matchesArnLike(wider.who, who);
}

function looserGrants({ name, before, value }: Change, { prefix, now }: EvaluationContext): Weakening[] {
  const kind = readName(prefix, name)?.kind;
  if (kind === undefined || kind === "deny") return [];
  const old = mappingsIn(kind, before?.value);
  return [...mappingsIn(kind, value)].flatMap(([key, mapping]): Weakening[] => {
    if (mapping.deny) return [];
    const was = old.get(key);
    const session = mapping.session === undefined ? "" : ` (${mapping.session})`;
    const whom = mapping.arn ?? mapping.arnLike ?? `${shortName(name, prefix)}${session}`;
    const { notAfter, principalId } = was ?? {};
    const wasIn = was !== undefined && !isExpired(notAfter, now);
    const wasAdmin = wasIn && grantsMasters(was);
    const couldChoose = wasAdmin || (wasIn && canChooseMasters(was));
    return [
      ...(notAfter !== undefined && mapping.notAfter === undefined
        ? [{ kind: "end" as const, text: `drops the end of ${whom} (${notAfter})` }]
        : []),
      ...(principalId !== undefined && mapping.principalId === undefined
        ? [{ kind: "pin" as const, text: `drops the pin of ${whom} to ${principalId}` }]
        : []),
      // Another principal gets in than before.
      ...(principalId !== undefined && mapping.principalId !== undefined && mapping.principalId !== principalId
        ? [
            {
              kind: "otherPin" as const,
              text: `moves the pin of ${whom} from ${principalId} to ${mapping.principalId}`,
            },
          ]
        : []),
      ...(!grantsMasters(mapping) && canChooseMasters(mapping) && !couldChoose
        ? [
            {
              kind: "masters" as const,
              text: `gives ${MASTERS} to ${whom} by a session name, which anyone who assumes it chooses`,
            },
          ]
        : []),
      ...(grantsMasters(mapping) && !wasAdmin
        ? [{ kind: "masters" as const, text: `gives ${MASTERS} to ${whom}` }]
        : []),
    ];
  });
}

/** The valid ones, by their ARN pattern in lower case, or session, where there are several; an invalid one lets nobody in. */
function mappingsIn(kind: Exclude<ParameterKind, "deny">, value: string | undefined): Map<string, Mapping> {
  const content = value === undefined ? undefined : parseStored(value);
  return new Map(
    (Array.isArray(content) ? (content as unknown[]) : [content]).flatMap((item): [string, Mapping][] => {
      const check = checkMapping(item, kind);
      if (!check.valid) return [];
      const { arnLike = "", session } = check.mapping;
      return [[session ?? asciiLowerCase(arnLike), check.mapping]];
    }),
  );
}
