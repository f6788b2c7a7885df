// Judges the change of one parameter: marks what is not harmless, and finds the earlier writes that it waits for.

import type { ParameterAddress } from "../../functions/authenticator/mapping/read-name.ts";
import { shortName } from "../function-settings.ts";
import { isActive, readValue, type Value } from "./entries.ts";
import { grantMarks, newNames } from "./grants.ts";
import { liftMark, uncoveredDenials } from "./lifts.ts";
import { type Mark, place } from "./marks.ts";
import { isLastToEnd, isRemoval, removalMarks } from "./removals.ts";
import { mayDecide, moved, stepsBetween } from "./steps.ts";
import { branchOf, denyListsFor, higherThan, isOfOnePrincipal, lowerThan, type World } from "./world.ts";

export interface Judgement {
  readonly marks: readonly Mark[];
  /** Whether it is marked only because lower mappings may apply. */
  readonly isRemoval: boolean;
  /** Parameters whose earlier values the function must no longer use when it is written. */
  readonly waits: readonly string[];
}

export function judge(name: string, address: ParameterAddress, world: World): Judgement {
  const { stored, wanted, context } = world;
  const before = readValue(name, stored.get(name), context);
  const after = readValue(name, wanted.get(name), context);
  const problem = before.problem ?? after.problem;
  const judgement =
    problem === undefined ? judgeEntries(address, before, after, world) : judgeInvalid(name, address, problem, world);
  const isWide = judgement.marks.length > 0 && (!isOfOnePrincipal(address) || address.kind === "sso-session");
  const waits = [...judgement.waits, ...(isWide ? branchOf(address, world) : [])];
  return { ...judgement, waits: waits.filter((one) => one !== name) };
}

function judgeInvalid(name: string, address: ParameterAddress, problem: string, world: World): Judgement {
  const text = `${shortName(name, world.context.prefix)} is invalid, and denies, before or after the change: ${problem}`;
  const waits = [...lowerThan(address, world), ...higherThan(address, world), ...denyListsFor(address, world.context)];
  // What it denies may also be what lower mappings give.
  return { marks: [{ parameter: name, kind: "invalid", text }], isRemoval: true, waits };
}

function judgeEntries(address: ParameterAddress, before: Value, after: Value, world: World): Judgement {
  const { context, stored } = world;
  if (address.kind === "deny") {
    const marks = uncoveredDenials(before, after, context).map((one) => liftMark(one, context));
    return { marks, isRemoval: false, waits: [] };
  }
  const comparison = { before, after, steps: stepsBetween(before, after) };
  const { steps } = comparison;
  const removed = steps.filter((step) => isRemoval(step, world));
  const broader = removed.flatMap((step) => removalMarks(step, comparison, world));
  const granted = steps.filter((step) => newNames(step, world) !== undefined);
  const places = (address.kind === "pattern" ? moved(steps, before) : []).map((entry): Mark => {
    const text = `${place(entry, context.prefix)} changes its place, and a pattern that it passes may match the same identities`;
    return { parameter: entry.parameter, entry, kind: "place", text };
  });
  const given = [...granted, ...(broader.length > 0 ? removed : [])].flatMap((step) => step.new ?? step.old ?? []);
  const mayPrecede = (name: string) => {
    const { problem, entries } = readValue(name, stored.get(name), context);
    const active = entries.filter((one) => isActive(one, context));
    return problem !== undefined || given.some((entry) => active.some((one) => mayDecide(one, entry)));
  };
  const higher = higherThan(address, world);
  const isLast = removed.some((step) => isLastToEnd(step, comparison));
  const others = [...steps.flatMap((step) => grantMarks(step, world)), ...places];
  return {
    marks: [...others, ...broader],
    // With another spelling, a federated user's mapping still denies the earlier one.
    isRemoval: others.length === 0 && (granted.length === 0 || address.kind !== "federated-user"),
    waits: [
      ...(removed.length > 0 ? lowerThan(address, world) : []),
      ...(isLast ? higher : []),
      ...(isOfOnePrincipal(address) ? [...denyListsFor(address, context), ...higher].filter(mayPrecede) : []),
    ],
  };
}
