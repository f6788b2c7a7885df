// Finds what must be read to judge changes: the parameters of one principal, an account's branch, or every parameter.

import { candidates, denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { supposeIdentity } from "../evaluation.ts";
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
  /**
   * Whether the changes may take administrator access away: then also read until `hasAdministrator` is true. Certain only
   * if `names` have been read.
   */
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
  const denied = found.flatMap(({ change, address }) => deniedNames(change, address, world) ?? []);
  const forAny = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  return {
    names: [
      ...new Set([...changes.map(({ name }) => name), ...others, ...denied, ...(broad.length > 0 ? forAny : [])]),
    ],
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

/** What is read for the principals that new denials name; `undefined` if one is a pattern. */
function deniedNames({ name, value }: Wanted, { kind }: ParameterAddress, world: World): string[] | undefined {
  if (kind !== "deny") return [];
  const { context, stored } = world;
  const { prefix } = context;
  const before = readValue(name, stored.get(name), context).entries;
  const after = readValue(name, parameterOf(value), context).entries;
  const found: string[] = [];
  for (const { key, end, mapping } of after) {
    if (before.some((one) => one.key === key && one.end >= end)) continue;
    const { arnLike = "" } = mapping;
    const [, account, set] =
      /^arn:[^:]*:sts::(\d{12}):assumed-role\/AWSReservedSSO_([^*?]+)_\?{16}\/[^*?]+$/i.exec(arnLike) ?? [];
    const identity = supposeIdentity(arnLike);
    if (identity !== undefined) found.push(...candidates(prefix, identity).map(({ parameter }) => parameter));
    else if (account === undefined || set === undefined) return undefined;
    else found.push(mappingParameter(prefix, "sso-session", account, set));
  }
  return found;
}

function mayTakeAdministrator(change: Wanted, address: ParameterAddress, world: World): boolean {
  const { stored } = world;
  const { name } = change;
  if (address.kind === "deny") {
    const denied = deniedNames(change, address, world);
    return denied === undefined || denied.some((one) => mentionsAdministrators(stored.get(one)?.value));
  }
  return mentionsAdministrators(stored.get(name)?.value) || (address.kind === "role" && setOf(address) !== undefined);
}
