// Finds what must be read to judge changes: the parameters of one principal, an account's branch, or every parameter.

import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readValue } from "./entries.ts";
import { liftedDenials } from "./lifts.ts";
import { mentionsAdministrators } from "./names.ts";
import { parameterOf, type Wanted } from "./phases.ts";
import { denyListsFor, higherThan, indexNames, lowerThan, type States, setOf, type World } from "./world.ts";

export interface Reading {
  /** For GetParameters. */
  readonly names: readonly string[];
  /** Accounts whose every parameter must be read. */
  readonly accounts: readonly string[];
  /** Accounts whose `role` branch must be read: a permission set's roles may have separate mappings. */
  readonly roles: readonly string[];
  /** Whether every parameter must be read. */
  readonly all: boolean;
  /** Whether the changes may take administrator access away: then also read until `hasAdministrator` is true. */
  readonly needsAdministrator: boolean;
}

/** @param current what has been read already, at least each parameter that changes */
export function namesToRead(changes: readonly Wanted[], current: States, context: EvaluationContext): Reading {
  const world: World = { context, stored: current, wanted: new Map(), names: indexNames([], context) };
  const found = changes.flatMap((change) => {
    const address = readName(context.prefix, change.name);
    return address === undefined ? [] : { change, address, isBroad: isBroad(change, address, world) };
  });
  const broad = found.filter((one) => one.isBroad).map(({ address }) => address.account);
  const single = found.filter((one) => !one.isBroad).map(({ address }) => address);
  const others = single.flatMap((address) => [
    ...denyListsFor(address, context),
    ...(address.kind === "deny" ? [] : [...lowerThan(address, world), ...higherThan(address, world)]),
  ]);
  const forAny = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  return {
    names: [...new Set([...changes.map(({ name }) => name), ...others, ...(broad.length > 0 ? forAny : [])])],
    accounts: [...new Set(broad.filter((account) => account !== "any"))],
    roles: [...new Set(single.filter(({ kind }) => kind === "sso").map(({ account }) => account))],
    all: broad.includes("any"),
    needsAdministrator: found.some(({ change, address }) => mayTakeAdministrator(change, address, world)),
  };
}

/** Whether the change of a list or an account is more than a new denial, and waits for each parameter of its branch. */
function isBroad({ name, value }: Wanted, { kind }: ParameterAddress, world: World): boolean {
  if (kind === "deny") {
    const [before, after] = [world.stored.get(name), parameterOf(value)].map((one) =>
      readValue(name, one, world.context),
    );
    if (before === undefined || after === undefined) return true;
    return before.problem !== undefined || liftedDenials(before, after, world).length > 0;
  }
  return kind === "pattern" || kind === "account" || kind === "sso-session";
}

function mayTakeAdministrator({ name, value }: Wanted, address: ParameterAddress, { stored }: World): boolean {
  if (address.kind === "deny") return value !== undefined && value !== "[]";
  return mentionsAdministrators(stored.get(name)?.value) || (address.kind === "role" && setOf(address) !== undefined);
}
