// Which parameters the function reads beside another one: deny lists, and mappings that take precedence or apply instead.

import { mappingParameter, permissionSetInAnyCase } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { ParameterAddress } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { PlanState } from "./plan-state.ts";

/** The set of a permission set's parameters, or of the mapping of one of its roles. */
export function setOf({ kind, name }: ParameterAddress): string | undefined {
  if (kind === "sso" || kind === "sso-session") return name;
  return kind === "role" ? permissionSetInAnyCase(name) : undefined;
}

export function isOfOnePrincipal({ kind }: ParameterAddress): boolean {
  return kind !== "pattern" && kind !== "account" && kind !== "deny";
}

/** A list of sessions denies AWS-signed tokens, so it is both higher and lower than the mappings of the set's roles. */
export function higherThan(address: ParameterAddress, { rolesOf, context: { prefix } }: PlanState): readonly string[] {
  const { kind, account } = address;
  const set = setOf(address);
  if (set === undefined) return [];
  const sessions = mappingParameter(prefix, "sso-session", account, set);
  if (kind === "role") return [sessions];
  return [...rolesOf(account, set), ...(kind === "sso" ? [sessions] : [])];
}

export function lowerThan(address: ParameterAddress, { namesOf, context: { prefix } }: PlanState): readonly string[] {
  const { kind, account } = address;
  if (kind === "account" || kind === "deny") return [];
  const broader = [mappingParameter(prefix, "pattern", "any"), mappingParameter(prefix, "account", account)];
  if (kind === "pattern")
    return account === "any" ? namesOf("any").filter((name) => name.startsWith(`${prefix}/account/`)) : broader;
  const set = setOf(address);
  const sets = kind === "role" ? (["sso-session", "sso"] as const) : kind === "sso-session" ? (["sso"] as const) : [];
  return [
    ...(set === undefined ? [] : sets.map((one) => mappingParameter(prefix, one, account, set))),
    mappingParameter(prefix, "pattern", account),
    ...broader,
  ];
}

export function denyListsFor({ account }: ParameterAddress, { prefix }: EvaluationContext): readonly string[] {
  return [mappingParameter(prefix, "deny", account), mappingParameter(prefix, "deny", "any")];
}

/** Every parameter that may be read beside this one. */
export function branchOf({ account }: ParameterAddress, { namesOf, context: { prefix } }: PlanState) {
  const ofAny =
    account === "any" ? [] : [mappingParameter(prefix, "pattern", "any"), mappingParameter(prefix, "deny", "any")];
  return [...namesOf(account), ...ofAny];
}
