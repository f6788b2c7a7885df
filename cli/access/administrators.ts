// Finds principals that surely have administrator access, by a group with full access to the cluster.

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type Entry, isActive, readValue } from "./entries.ts";
import { mayDeny } from "./entry-changes.ts";
import { isPlain, makesAdministrator, mentionsAdministrators } from "./names.ts";
import { denyListsFor, isOfOnePrincipal, setOf } from "./plan-state.ts";

type Parameters = ReadonlyMap<string, StoredParameter>;

/** Whether one principal surely has administrator access. */
export function hasAdministrator(parameters: Parameters, context: EvaluationContext): boolean {
  return [...parameters.keys()].some((name) => administratorsIn(name, parameters, context).length > 0);
}

/** The principals of a parameter that surely have administrator access. */
export function administratorsIn(name: string, parameters: Parameters, context: EvaluationContext): readonly Entry[] {
  const stored = parameters.get(name);
  if (stored === undefined || !mentionsAdministrators(stored.value)) return [];
  const { problem, entries } = readValue(name, stored, context);
  return problem === undefined ? entries.filter((entry) => isSure(entry, parameters, context)) : [];
}

function isSure(entry: Entry, parameters: Parameters, context: EvaluationContext): boolean {
  if (!isOfOnePrincipal(entry) || !isActive(entry, context) || !makesAdministrator(entry.mapping)) return false;
  return (
    isUsable(entry, context) && !hasSetRole(entry, parameters, context) && !mayBeDenied(entry, parameters, context)
  );
}

/** Whether the function renders the names for each token of the principal. */
function isUsable({ kind, mapping }: Entry, context: EvaluationContext): boolean {
  const { username = "", groups = [], principalId } = mapping;
  const isSigned = context.signedTokens === "only";
  const hasSession = !isSigned && ["role", "sso", "sso-session"].includes(kind);
  const known = hasSession ? /\{(?:AccountID|SessionName(?:Raw)?)\}/g : /\{AccountID\}/g;
  const isAccepted = !isSigned || (principalId === undefined && ["role", "user", "sso"].includes(kind));
  return isAccepted && [username, ...groups].every((name) => isPlain(name.replace(known, "x"), context));
}

/** Whether a role of the entry's permission set has a separate mapping, which takes precedence. */
function hasSetRole(entry: Entry, parameters: Parameters, { prefix }: EvaluationContext): boolean {
  if (entry.kind !== "sso" && entry.kind !== "sso-session") return false;
  const start = mappingParameter(prefix, "role", entry.account, `AWSReservedSSO_${setOf(entry)}_`);
  return [...parameters.keys()].some((name) => name.startsWith(start));
}

function mayBeDenied(entry: Entry, parameters: Parameters, context: EvaluationContext): boolean {
  return denyListsFor(entry, context).some((name) => {
    const { problem, entries } = readValue(name, parameters.get(name), context);
    return problem !== undefined || entries.some((one) => isActive(one, context) && mayDeny(one, entry));
  });
}
