// Judges the change of a deny list: denials that are lifted, and the list that is written before they are.

import { withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { decide, supposeIdentity } from "../evaluation.ts";
import { shortName } from "../function-settings.ts";
import { arnCovers } from "./arn-overlap.ts";
import { type Entry, isActive, type Value } from "./entries.ts";
import { type Mark, subject } from "./marks.ts";
import type { World } from "./world.ts";

/** Active denials that no denial in `after` covers for as long. */
export function liftedDenials(before: Value, after: Value, { context }: World): readonly Entry[] {
  return before.entries.filter((old) => isActive(old, context) && !isCovered(old, after));
}

function isCovered(denial: Entry, { entries }: Value): boolean {
  const [arn = "", ...others] = [denial, ...entries].map(({ mapping }) => withoutPath(mapping.arnLike ?? ""));
  return entries.some(({ end }, index) => end >= denial.end && arnCovers(others[index] ?? "", arn));
}

/** The value that adds denials and lifts none; `undefined` unless the change does both. */
export function withoutLifts(before: Value, after: Value, world: World): string | undefined {
  const lifted = liftedDenials(before, after, world);
  const isNew = (entry: Entry) => isActive(entry, world.context) && !isCovered(entry, before);
  if (lifted.length === 0 || !after.entries.some(isNew)) return undefined;
  const kept = after.entries.filter(({ key }) => !lifted.some((old) => old.key === key));
  return JSON.stringify([...kept, ...lifted].map(({ mapping }) => mapping));
}

export function liftMark(denial: Entry, world: World): Mark {
  const { prefix } = world.context;
  const applies = applyingTo(denial.mapping.arnLike ?? "", world);
  const then = applies === undefined ? "" : `: ${shortName(applies, prefix)} applies`;
  const text = `${subject(denial)} is no longer denied by ${shortName(denial.parameter, prefix)}${then}`;
  return { parameter: denial.parameter, entry: denial, kind: "denial", text };
}

/** The parameter whose mapping applies at the end; `undefined` for a pattern. */
function applyingTo(arnLike: string, { context, stored, wanted }: World): string | undefined {
  const identity = supposeIdentity(arnLike);
  if (identity === undefined) return undefined;
  const final = candidates(context.prefix, identity).flatMap(({ parameter }) => {
    const one = wanted.has(parameter) ? wanted.get(parameter) : stored.get(parameter);
    return one === undefined ? [] : [[parameter, one] as const];
  });
  const { deciding } = decide(context, identity, new Map(final));
  return deciding?.verdict.kind === "match" ? deciding.parameter : undefined;
}
