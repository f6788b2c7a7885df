// Judges the change of one parameter: marks what is not harmless, and finds the earlier writes that it waits for.

import type { ParameterAddress } from "../../functions/authenticator/mapping/read-name.ts";
import { shortName } from "../function-settings.ts";
import { isActive, type Value } from "./entries.ts";
import { entryChanges, moved, overlaps } from "./entry-changes.ts";
import { grantMarks, newNames } from "./grants.ts";
import { liftMark, uncoveredDenials } from "./lifts.ts";
import { alternatives, type Mark, place } from "./marks.ts";
import {
  branchOf,
  denyListsFor,
  higherThan,
  isOfOnePrincipal,
  lowerThan,
  type PlanState,
  valuesOf,
} from "./plan-state.ts";
import { isLastToEnd, isRemoval, removalMarks } from "./removals.ts";

interface Judgement {
  readonly marks: readonly Mark[];
  /** Whether it is marked only because lower mappings may apply. */
  readonly isRemoval: boolean;
  /** Parameters whose earlier values the function must no longer use when it is written. */
  readonly waits: readonly string[];
}

export function judgeChange(name: string, address: ParameterAddress, state: PlanState): Judgement {
  const [before, after = before] = valuesOf(state, name);
  const problem = before.problem ?? after.problem;
  const judgement =
    problem === undefined
      ? judgeEntries(address, before, after, state)
      : judgeInvalid(name, address, problem, after, state);
  const isWide = judgement.marks.length > 0 && (!isOfOnePrincipal(address) || address.kind === "sso-session");
  const waits = [...judgement.waits, ...(isWide ? branchOf(address, state) : [])];
  return { ...judgement, waits: waits.filter((one) => one !== name) };
}

function judgeInvalid(
  name: string,
  address: ParameterAddress,
  problem: string,
  { entries }: Value,
  state: PlanState,
): Judgement {
  const { prefix } = state.context;
  const given = address.kind === "deny" || entries.length === 0 ? "" : `. Then ${alternatives(entries, prefix)}`;
  const text = `${shortName(name, prefix)} is invalid, and denies, before or after the change: ${problem}${given}`;
  const waits = [...lowerThan(address, state), ...higherThan(address, state), ...denyListsFor(address, state.context)];
  // What it denies may also be what lower mappings give.
  return { marks: [{ parameter: name, kind: "invalid", text }], isRemoval: true, waits };
}

function judgeEntries(address: ParameterAddress, before: Value, after: Value, state: PlanState): Judgement {
  const { context } = state;
  if (address.kind === "deny") {
    const marks = uncoveredDenials(before, after, context).map((one) => liftMark(one, state));
    return { marks, isRemoval: false, waits: [] };
  }
  const comparison = { before, after, steps: entryChanges(before, after) };
  const { steps } = comparison;
  const removed = steps.filter((step) => isRemoval(step, state));
  const broader = removed.flatMap((step) => removalMarks(step, comparison, state));
  const granted = steps.filter((step) => newNames(step, state) !== undefined);
  const places = (address.kind === "pattern" ? moved(steps, before) : []).map((entry): Mark => {
    const text = `${place(entry, context.prefix)} changes its place, and a pattern that it passes may match the same identities`;
    return { parameter: entry.parameter, entry, kind: "place", text };
  });
  const given = [...granted, ...(broader.length > 0 ? removed : [])].flatMap((step) => step.new ?? step.old ?? []);
  const mayPrecede = (name: string) => {
    const [{ problem, entries }] = valuesOf(state, name);
    const active = entries.filter((one) => isActive(one, context));
    return problem !== undefined || given.some((entry) => active.some((one) => overlaps(one, entry)));
  };
  const higher = higherThan(address, state);
  const isLast = removed.some((step) => isLastToEnd(step, comparison));
  const others = [...steps.flatMap((step) => grantMarks(step, state)), ...places];
  return {
    marks: [...others, ...broader],
    // With another spelling, a federated user's mapping still denies the earlier one.
    isRemoval: others.length === 0 && (granted.length === 0 || address.kind !== "federated-user"),
    waits: [
      ...(removed.length > 0 ? lowerThan(address, state) : []),
      ...(isLast ? higher : []),
      ...(isOfOnePrincipal(address) ? [...denyListsFor(address, context), ...higher].filter(mayPrecede) : []),
    ],
  };
}
