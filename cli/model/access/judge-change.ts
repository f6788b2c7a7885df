// Judges the change of one parameter: marks what is not harmless, and finds the earlier writes that
// it waits for.

import {
  ADMIN_GROUPS,
  adminGroupsOf,
} from "../../../functions/authenticator/mapping/admin-groups.ts";
import { isOfOne } from "../../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import {
  candidates,
  type ParameterAddress,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { endTime } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { personDeniedBy } from "../denied-person.ts";
import {
  type EffectiveValue,
  isActive,
  mayDeny,
  mayHave,
  overlaps,
  type PlacedEntry,
  reachOf,
} from "../entry-arns.ts";
import { decide, principalOf } from "../evaluation.ts";
import type { Mark } from "../judgement.ts";
import { makesAdministrator, nameRisk } from "../names.ts";
import {
  alternatives,
  type EntryChange,
  entryChanges,
  mayApply,
  moved,
  place,
  subject,
  userText,
} from "./changes.ts";
import {
  branchOf,
  denyListsFor,
  higherThan,
  lowerThan,
  type PlanState,
  valuesIn,
  valuesOf,
} from "./state.ts";

interface Judgement {
  /**
   * The marks; none if the change is harmless: each of its parts is in the closed list of
   * docs/access.md.
   */
  readonly marks: readonly Mark[];
  /** Whether it is marked only because other mappings may apply instead. */
  readonly isRemoval: boolean;
  /** Parameters whose earlier values the function must no longer use when it is written. */
  readonly waits: readonly string[];
}

export function judgeChange(name: string, address: ParameterAddress, state: PlanState): Judgement {
  const [before, after = before] = valuesOf(state, name);
  const problem = before.problem ?? after.problem;
  const changes = entryChanges(before, after, state.review);
  if (problem !== undefined) {
    const reach = reachOf(address, name, state.review);
    const grants =
      address.kind === "deny" ? [] : changes.flatMap((change) => grantMarks(change, state));
    const marks = [invalidMark(reach, { ...after, problem }, state), ...grants];
    // What it denies may have more by lower mappings: these change first, unless it denies no
    // identity.
    const isRemoval =
      before.deniesNone !== true || !changes.some(({ effects }) => effects.has("gives"));
    return { marks, isRemoval, waits: waitsOf(address, [reach], true, true, state, name) };
  }
  const given = changes.filter(({ effects }) => effects.has("gives"));
  const taken = changes.filter(({ effects }) => effects.has("takes"));
  const isDenyList = address.kind === "deny";
  const grants = isDenyList
    ? []
    : [
        ...changes.flatMap((change) => grantMarks(change, state)),
        ...placeMarks(before, after, state),
      ];
  const removals = taken.flatMap((change) =>
    isDenyList ? liftMark(change, state) : removalMark(change, [before, after], state),
  );
  const marks = [...grants, ...removals];
  const scope = [
    ...given.map((change) => change.new),
    ...(removals.length > 0 ? taken : []).map(({ old }) => old),
  ];
  const entries = scope.filter((entry) => entry !== undefined);
  const waits = waitsOf(
    address,
    entries,
    !isDenyList && taken.length > 0,
    marks.length > 0,
    state,
    name,
  );
  return { marks, isRemoval: grants.length === 0, waits };
}

/**
 * Returns what the function must have read before: parameters that precede the entries, or apply
 * instead of a removed one.
 */
function waitsOf(
  address: ParameterAddress,
  entries: readonly PlacedEntry[],
  isTaken: boolean,
  isMarked: boolean,
  state: PlanState,
  name: string,
): readonly string[] {
  const isOver = (other: string) =>
    mayHave(valuesOf(state, other)[0], state.review, (precedent) =>
      entries.some((entry) => overlaps(precedent, entry)),
    );
  const higher = [...denyListsFor(address, state.review), ...higherThan(address, state)];
  const isWide = address.kind === "sso-session" || !isOfOne(address.kind);
  const waits = [
    ...(isOfOne(address.kind) && entries.length > 0 ? higher.filter(isOver) : []),
    ...(isTaken ? lowerValues(address, state) : []),
    ...(isWide && isMarked ? branchOf(address, state) : []),
  ];
  return waits.filter((waited) => waited !== name && state.stored(waited) !== undefined);
}

/**
 * Returns the parameters with lower precedence. A list of sessions also denies AWS-signed tokens of
 * the set's roles, even of those with an exact mapping.
 */
function lowerValues(address: ParameterAddress, state: PlanState): readonly string[] {
  return [
    ...lowerThan(address, state),
    ...(address.kind === "sso-session" ? higherThan(address, state) : []),
  ];
}

/** Returns the mark of an invalid value, which may deny access that lower mappings give. */
function invalidMark(reach: PlacedEntry, after: EffectiveValue, state: PlanState): Mark {
  const { review } = state;
  const { parameter: name } = reach;
  const others = reach.kind === "deny" ? branchOf(reach, state) : lowerValues(reach, state);
  const gives = mayApply(reach, [after, ...valuesIn(others, state)], review);
  const then = gives.length === 0 ? "" : `. Then ${alternatives(gives, review.prefix)}`;
  const text = `${shortName(name, review.prefix)} is invalid, and denies, before or after the change: ${after.problem}${then}`;
  return { parameter: name, kind: "invalid", gives, text };
}

/**
 * Returns the marks of a grant. A mapping of one principal is harmless with plain names, if no
 * denial or higher value is invalid, pending or in the way.
 */
function grantMarks({ old, new: entry, effects }: EntryChange, state: PlanState): Mark[] {
  const isGrant = effects.has("gives") || effects.has("drops end") || effects.has("drops pin");
  if (entry === undefined || !isGrant) return [];
  const { prefix } = state.review;
  const who = subject(entry);
  const where = place(entry, prefix);
  const mark = (kind: Mark["kind"], text: string): Mark => {
    return { parameter: entry.parameter, entry, kind, gives: [entry], text };
  };
  if (!isOfOne(entry.kind))
    return [mark("wide", `${where} gives ${userText(entry)} to every identity that it matches`)];
  const { notAfter, principalId } = old?.mapping ?? {};
  const reason = effects.has("gives")
    ? (riskInNames(entry, old, state) ?? blockerOf(entry, state))
    : undefined;
  return [
    ...(effects.has("drops end")
      ? [mark("end", `${who} is mapped by ${where} without its end ${notAfter}`)]
      : []),
    ...(effects.has("drops pin")
      ? [mark("pin", `${who} is mapped by ${where} without its principalId ${principalId}`)]
      : []),
    ...(reason
      ? [mark(reason.kind, `${who} gets ${userText(entry)} by ${where}: ${reason.text}`)]
      : []),
  ];
}

type Reason = Pick<Mark, "kind" | "text">;

function riskInNames(
  entry: PlacedEntry,
  old: PlacedEntry | undefined,
  state: PlanState,
): Reason | undefined {
  const { username = "", groups = [] } = entry.mapping;
  const admin = groups.filter((group) => adminGroupsOf(group).length > 0);
  if (admin.length > 0) {
    const verb = admin.some((group) => ADMIN_GROUPS.includes(group)) ? "makes" : "may make";
    const before = administratorBefore(entry, old, state);
    if (before === undefined)
      return { kind: "administrator", text: `${admin.join(", ")} ${verb} an administrator` };
    const text = `it was an administrator before; new: ${newIn(entry.mapping, before)}`;
    return { kind: "known", text };
  }
  const open = groups.find((group) => group.includes("{"));
  for (const name of [...groups, username]) {
    const risk =
      nameRisk(name) ?? (name === open ? "is a group that depends on the session" : undefined);
    if (risk !== undefined) return { kind: "name", text: `${name} ${risk}` };
  }
  return undefined;
}

/**
 * Returns the stored mapping that makes the principal an administrator already, for at least as long
 * as a lower one. It decides only the words of the mark.
 */
function administratorBefore(
  entry: PlacedEntry,
  old: PlacedEntry | undefined,
  { review, stored }: PlanState,
): Mapping | undefined {
  if (old !== undefined && old.kind !== "deny" && isActive(old, review))
    return makesAdministrator(old.mapping) ? old.mapping : undefined;
  const principal = principalOf(entry, review);
  if (principal === undefined) return undefined;
  const read = candidates(review.prefix, principal).flatMap(({ parameter }) => {
    const value = stored(parameter);
    return value === undefined ? [] : [[parameter, value] as const];
  });
  const { verdict } = decide(review, principal, new Map(read)).deciding ?? {};
  if (verdict?.kind !== "match" || !makesAdministrator(verdict.mapping)) return undefined;
  return endTime(verdict.mapping.notAfter) >= entry.end ? verdict.mapping : undefined;
}

/** Returns a phrase for what a mapping has, and the one before had not. */
function newIn(mapping: PlacedEntry["mapping"], before: Mapping): string {
  const { username = "their own ARN", groups = [], notAfter } = mapping;
  const { groups: others = [] } = before;
  const added = groups.filter((group) => !others.includes(group));
  const removed = others.filter((group) => !groups.includes(group));
  const phrases = [
    username !== before.username && `the username ${username}`,
    added.length > 0 && `in ${added.join(", ")}`,
    removed.length > 0 && `not in ${removed.join(", ")}`,
    endTime(notAfter) > endTime(before.notAfter) &&
      (notAfter === undefined ? "no end" : `until ${notAfter}`),
  ];
  return phrases.filter((phrase) => phrase !== false).join(", ") || "another mapping";
}

function blockerOf(entry: PlacedEntry, state: PlanState): Reason | undefined {
  const { review, wanted } = state;
  const find = (names: readonly string[], isNow: (higher: PlacedEntry) => boolean) =>
    names.find((name) => {
      const isIt = (higher: PlacedEntry) =>
        isNow(higher) || (wanted.has(name) && overlaps(higher, entry));
      return valuesOf(state, name).some((value) => mayHave(value, review, isIt));
    });
  const list = find(denyListsFor(entry, review), (denial) => mayDeny(denial, entry));
  if (list !== undefined)
    return { kind: "denied", text: `${shortName(list, review.prefix)} may deny it` };
  const other = find(higherThan(entry, state), () => false);
  if (other === undefined) return undefined;
  const isSkipped = review.skipped?.some(({ name }) => name === other);
  const why = isSkipped ? "its change is skipped" : "changes or is invalid";
  return {
    kind: "unsettled",
    text: `${shortName(other, review.prefix)} takes precedence, and ${why}`,
  };
}

function placeMarks(before: EffectiveValue, after: EffectiveValue, { review }: PlanState): Mark[] {
  return moved(before, after, review).map(([entry, passed]) => {
    const text = `${place(entry, review.prefix)} moves before ${subject(passed)}, and gives ${userText(entry)}`;
    return { parameter: entry.parameter, entry, kind: "place", gives: [entry], text };
  });
}

/**
 * Returns the mark of a removal, which is harmless if no lower mapping and no other entry of the
 * list may apply instead. An invalid lower value may apply.
 */
function removalMark(
  { old, new: now }: EntryChange,
  own: readonly EffectiveValue[],
  state: PlanState,
): Mark[] {
  if (old === undefined) return [];
  const { review } = state;
  const others = own.map(({ entries }) => ({
    entries: entries.filter((entry) => entry !== old && entry !== now),
  }));
  const lower = lowerValues(old, state);
  const gives = mayApply(old, [...others, ...valuesIn(lower, state)], review);
  const invalid = lower.filter((name) =>
    valuesOf(state, name).some(({ problem }) => problem !== undefined),
  );
  if (gives.length + invalid.length === 0) return [];
  const unknown = invalid.map(
    (name) => `${shortName(name, review.prefix)} is invalid, and a newer function may apply it`,
  );
  const instead = [alternatives(gives, review.prefix), ...unknown]
    .filter((phrase) => phrase !== "")
    .join(", or ");
  const text = `${subject(old)} is ${untilOf(now)} mapped by ${shortName(old.parameter, review.prefix)}: ${instead}`;
  return [{ parameter: old.parameter, entry: old, kind: "broader", gives, text }];
}

function liftMark({ old, new: now }: EntryChange, state: PlanState): Mark[] {
  if (old === undefined) return [];
  const { review } = state;
  const gives = mayApply(old, valuesIn(branchOf(old, state), state), review);
  const then = gives.length === 0 ? "" : `: ${alternatives(gives, review.prefix)}`;
  const text = `${subject(old)} is ${untilOf(now)} denied by ${shortName(old.parameter, review.prefix)}${then}`;
  const person = now === undefined && old.kind === "deny" ? personDeniedBy(old.mapping) : undefined;
  const mark: Mark = { parameter: old.parameter, entry: old, kind: "denial", gives, text };
  return [{ ...mark, ...(person !== undefined && { person }) }];
}

function untilOf(now: PlacedEntry | undefined): string {
  return now === undefined ? "no longer" : `only until ${now.mapping.notAfter}`;
}
