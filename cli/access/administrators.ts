// Finds principals that surely have administrator access, by a group with full access to the cluster.

import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type Entry, isActive, mayHave } from "./entries.ts";
import { mayDeny } from "./entry-changes.ts";
import { uncoveredDenials } from "./lifts.ts";
import { isPlain, makesAdministrator, mentionsAdministrators } from "./names.ts";
import {
  denyListsFor,
  isOfOnePrincipal,
  lowerThan,
  type PlanState,
  planState,
  type RuleContext,
  type States,
  valuesOf,
  type Wanted,
} from "./plan-state.ts";

/** Whether one principal surely has administrator access. */
export function hasAdministrator(states: States, context: RuleContext): boolean {
  const state = planState([], states, context);
  return [...states].some(([name, { value }]) => mentionsAdministrators(value) && sureIn(name, state).length > 0);
}

/** The principals of a parameter that surely have administrator access. */
export function administratorsIn(name: string, states: States, context: EvaluationContext): readonly Entry[] {
  return sureIn(name, planState([], states, context));
}

function sureIn(name: string, state: PlanState): readonly Entry[] {
  const [{ problem, entries }] = valuesOf(state, name);
  return problem === undefined ? entries.filter((entry) => isSure(entry, state)) : [];
}

function isSure(entry: Entry, state: PlanState): boolean {
  const { context, rolesOf } = state;
  if (!isOfOnePrincipal(entry) || !isActive(entry, context) || !makesAdministrator(entry.mapping)) return false;
  const { kind, account, name } = entry;
  // A role of the set with a separate mapping, which takes precedence.
  const hasRole = (kind === "sso" || kind === "sso-session") && rolesOf(account, name).length > 0;
  const isDenied = (list: string) => mayHave(valuesOf(state, list)[0], context, (one) => mayDeny(one, entry));
  return isUsable(entry, context) && !hasRole && !denyListsFor(entry, context).some(isDenied);
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

/**
 * Looks at the principals whose access the changes may take away. Returns whether there may be others: those that a new
 * denial of several principals matches.
 */
export function mayDenyOthers(changes: readonly Wanted[], states: States, context: RuleContext): boolean {
  const state = planState(changes, states, context);
  const lookAt = (address: ParameterAddress) => {
    for (const name of lowerThan(address, state)) state.stored(name);
  };
  return changes.some(({ name }) => {
    const address = readName(context.prefix, name);
    if (address === undefined) return false;
    lookAt(address);
    const [before, after = before] = valuesOf(state, name);
    const denials = address.kind === "deny" ? uncoveredDenials(after, before, context) : [];
    return denials.some(({ mapping: { arnLike = "" } }) => {
      const ofRole = arnLike.replace(/:sts:([^/]*):assumed-role\/([^/]+)\/[^/*?]+$/i, ":iam:$1:role/$2");
      const denied = parseMappedArn(ofRole.replace(/_\?{16}$/, `_${"0".repeat(16)}`));
      if (denied === undefined) return true;
      state.stored(mappingParameter(context.prefix, denied.kind, denied.accountId, denied.name));
      lookAt({ kind: denied.kind, account: denied.accountId, name: denied.name });
      return false;
    });
  });
}
