// Finds principals that surely have administrator access, by a group with full access to the cluster.

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type Entry, isActive, readValue } from "./entries.ts";
import { isPlain, makesAdministrator, mentionsAdministrators } from "./names.ts";
import { mayDecide } from "./steps.ts";
import { denyListsFor, isOfOnePrincipal, setOf } from "./world.ts";

type Parameters = ReadonlyMap<string, StoredParameter>;

/** Whether one principal surely has administrator access. */
export function hasAdministrator(parameters: Parameters, context: EvaluationContext): boolean {
  return findAdministrator(parameters, context) !== undefined;
}

/** The parameter of one of them. */
export function findAdministrator(parameters: Parameters, context: EvaluationContext): string | undefined {
  return [...parameters.keys()].find((name) => administratorsIn(name, parameters, context).length > 0);
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
  const isOfRole = kind === "role" || kind === "sso" || kind === "sso-session";
  const isSigned = context.signedTokens === "only";
  const known = isSigned
    ? /\{AccountID\}/g
    : isOfRole
      ? /\{(?:AccountID|AccessKeyID|SessionName(?:Raw)?)\}/g
      : /\{Acc\w+\}/g;
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
  const ofPrincipal = { ...entry, sessions: [] };
  // A denial of one session denies no other session of the principal.
  const isForMany = ({ mapping: { arnLike = "" } }: Entry) =>
    /[*?][^/]*$/.test(arnLike) || entry.kind === "sso-session";
  return denyListsFor(entry, context).some((name) => {
    const { problem, entries } = readValue(name, parameters.get(name), context);
    const active = entries.filter((one) => isActive(one, context));
    return problem !== undefined || active.some((one) => mayDecide(one, isForMany(one) ? entry : ofPrincipal));
  });
}
