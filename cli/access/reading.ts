// Finds what must be read to judge changes: the parameters of one principal, an account's branch, or every parameter.

import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readValue } from "./entries.ts";
import { mayLift, uncoveredDenials } from "./lifts.ts";
import { mentionsAdministrators } from "./names.ts";
import { parameterOf } from "./phases.ts";
import {
  denyListsFor,
  higherThan,
  indexNames,
  lowerThan,
  type PlanState,
  type States,
  setOf,
  type Wanted,
} from "./plan-state.ts";

export interface Reading {
  /** For GetParameters. */
  readonly names: readonly string[];
  /** Accounts whose every parameter must be read; `any` for every account. */
  readonly accounts: readonly string[];
  /** Accounts whose `role` branch must be read: a permission set's roles may have separate mappings. */
  readonly roles: readonly string[];
  /**
   * Whether the changes may take administrator access away: then also read until `hasAdministrator` is true. Certain only
   * if `names` have been read.
   */
  readonly needsAdministrator: boolean;
}

/** @param current what has been read already, at least each parameter that changes */
export function namesToRead(changes: readonly Wanted[], current: States, context: EvaluationContext): Reading {
  const { prefix } = context;
  const wanted = new Map(changes.map(({ name, value }) => [name, parameterOf(value)]));
  const state: PlanState = { context, stored: current, wanted, names: indexNames([], context) };
  const names = new Set(wanted.keys());
  const [accounts, roles] = [new Set<string>(), new Set<string>()];
  let needsAdministrator = false;
  const add = (...some: readonly string[]) => {
    for (const name of some) names.add(name);
  };
  const mentions = (name: string) => mentionsAdministrators(current.get(name)?.value);
  for (const name of wanted.keys()) {
    const address = readName(prefix, name);
    if (address === undefined) continue;
    const { kind, account } = address;
    add(...denyListsFor(address, context), ...lowerThan(address, state), ...higherThan(address, state));
    if (kind === "sso") roles.add(account);
    const isBroad = kind === "pattern" || kind === "account" || kind === "sso-session";
    if (isBroad || (kind === "deny" && mayLift(name, state))) {
      accounts.add(account);
      add(mappingParameter(prefix, "pattern", "any"));
    }
    for (const denied of kind === "deny" ? newlyDenied(name, state) : []) {
      add(...(denied ?? []));
      needsAdministrator ||= denied === undefined || denied.some(mentions);
    }
    needsAdministrator ||= mentions(name) || (kind === "role" && setOf(address) !== undefined);
  }
  return { names: [...names], accounts: [...accounts], roles: [...roles], needsAdministrator };
}

/** For each new denial, the parameters of the principal that it names; `undefined` for a pattern of several. */
function newlyDenied(list: string, state: PlanState): (readonly string[] | undefined)[] {
  const { context, stored, wanted } = state;
  const [before, after] = [stored, wanted].map((values) => readValue(list, values.get(list), context));
  const added = before && after ? uncoveredDenials(after, before, context) : [];
  return added.map(({ mapping: { arnLike = "" } }) => {
    const ofRole = arnLike.replace(/:sts:([^/]*):assumed-role\/([^/]+)\/[^/*?]+$/i, ":iam:$1:role/$2");
    const principal = parseMappedArn(ofRole.replace(/_\?{16}$/, `_${"0".repeat(16)}`));
    if (principal === undefined) return undefined;
    const { kind, accountId: account, name } = principal;
    return [mappingParameter(context.prefix, kind, account, name), ...lowerThan({ kind, account, name }, state)];
  });
}
