// Finds principals that surely have administrator access, and refuses to remove the last one.

import { acceptsAccount } from "../../../functions/authenticator/identity/identity.ts";
import {
  isListKind,
  isOfOne,
  isOfRole,
  isOfSet,
} from "../../../functions/authenticator/mapping/kinds.ts";
import {
  candidates,
  mappingParameter,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { finding } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import { isActive, mayDeny, mayHave, overlaps, type PlacedEntry } from "../entry-arns.ts";
import { type ReviewSettings, supposeIdentity } from "../evaluation.ts";
import { isAccepted, makesAdministrator, mentionsAdministrators } from "../names.ts";
import { entryChanges, place, userText } from "./changes.ts";
import {
  addressOf,
  afterwards,
  denyListsFor,
  lowerThan,
  type PlanState,
  planState,
  type RuleSettings,
  type States,
  setOf,
  valuesOf,
  type Wanted,
} from "./state.ts";

/** Returns whether one principal surely has administrator access. */
export function hasAdministrator(states: States, review: RuleSettings): boolean {
  const state = planState([], states, review);
  return [...states].some(
    ([name, { value }]) =>
      mentionsAdministrators(value) && administratorsIn(name, state).length > 0,
  );
}

/** Returns the principals of a parameter that surely have administrator access. */
export function administratorsIn(name: string, state: PlanState): readonly PlacedEntry[] {
  const [{ problem, entries }] = valuesOf(state, name);
  return problem === undefined ? entries.filter((entry) => isSure(entry, state)) : [];
}

function isSure(entry: PlacedEntry, state: PlanState): boolean {
  const { review, rolesOf } = state;
  if (!isOfOne(entry.kind) || !isActive(entry, review) || !makesAdministrator(entry.mapping))
    return false;
  const { kind, account, name } = entry;
  // A role of the set with a separate mapping, which takes precedence. The function may use an
  // ended one until it is deleted: if that made an administrator, one remains whichever of the two
  // it uses.
  const precedes = (role: string) => {
    const [{ problem, entries }] = valuesOf(state, role);
    const isHarmless = (placed: PlacedEntry) =>
      !isActive(placed, review) && makesAdministrator(placed.mapping) && isUsable(placed, review);
    return problem !== undefined || !entries.every(isHarmless);
  };
  const hasRole = isOfSet(kind) && rolesOf(account, name).some(precedes);
  // A denial of one session also denies AWS-signed tokens of its role.
  const isOf = review.signedTokens === "only" ? overlaps : mayDeny;
  const isDenied = (list: string) =>
    mayHave(valuesOf(state, list)[0], review, (denial) => isOf(denial, entry));
  const isReachable = !hasRole && !isShadowed(entry, state);
  return (
    acceptsTokensOf(account, review) &&
    isUsable(entry, review) &&
    isReachable &&
    !denyListsFor(entry, review).some(isDenied)
  );
}

/** Returns whether the function accepts tokens of the account's principals. */
function acceptsTokensOf(
  account: string,
  { accounts = [], signedTokens, signedAccounts = [] }: RuleSettings,
): boolean {
  const isSigned = signedTokens === "only";
  return (
    acceptsAccount(accounts, account) && (!isSigned || acceptsAccount(signedAccounts, account))
  );
}

/**
 * Returns whether the list of sessions of the entry's permission set denies it, or has an earlier
 * entry for its session.
 */
function isShadowed(entry: PlacedEntry, state: PlanState): boolean {
  const { review } = state;
  const set = setOf(entry);
  if (set === undefined) return false;
  const [list] = valuesOf(
    state,
    mappingParameter(review.prefix, "sso-session", entry.account, set),
  );
  // It denies AWS-signed tokens of the set's roles while it has an entry, and all others only if it
  // is invalid.
  if (review.signedTokens === "only") return mayHave(list, review, () => true);
  if (entry.kind === "role") return false;
  const first = list.entries.find((placed) => placed.key === entry.key && isActive(placed, review));
  return list.problem !== undefined || (isListKind(entry.kind) && first !== entry);
}

/** Returns whether the function renders the names for each token of the principal. */
function isUsable({ kind, mapping }: PlacedEntry, review: RuleSettings): boolean {
  const { username = "", groups = [], principalId } = mapping;
  const isSigned = review.signedTokens === "only";
  const hasSession = !isSigned && isOfRole(kind);
  const known = hasSession ? /\{(?:AccountID|SessionName(?:Raw)?)\}/g : /\{AccountID\}/g;
  const isOfKind =
    !isSigned || (principalId === undefined && ["role", "user", "sso"].includes(kind));
  return (
    isOfKind && [username, ...groups].every((name) => isAccepted(name.replace(known, "x"), review))
  );
}

/**
 * Looks at the principals whose access the changes may take away. Returns whether there may be
 * others: those that a new denial of several principals matches.
 */
export function mayDenyOthers(
  changes: readonly Wanted[],
  states: States,
  review: RuleSettings,
): boolean {
  const state = planState(changes, states, review);
  return changes.some(({ name }) => {
    const address = addressOf(name, review);
    const isDenyList = address.kind === "deny";
    const others = isDenyList ? denyListsFor(address, review) : lowerThan(address, state);
    for (const other of others) state.stored(other);
    const [before, after = before] = valuesOf(state, name);
    const changed = isDenyList ? entryChanges(before, after, review) : [];
    const denials = changed.filter(({ effects }) => effects.has("gives"));
    return denials.some(({ new: denial }) => {
      // A name may be that of any user, and of any session.
      if (denial?.kind !== "deny" || "name" in denial.mapping) return true;
      const arn = denial.mapping.arnLike.replace(/_\?{16}$/, `_${"0".repeat(16)}`);
      const denied = /[*?]/.test(arn) ? undefined : supposeIdentity(arn);
      for (const { parameter } of denied ? candidates(review.prefix, denied) : [])
        state.stored(parameter);
      return denied === undefined;
    });
  });
}

/**
 * Returns the same rules without the settings that restrict who is an administrator. The lockout
 * check also applies without them, since a false stored setting must not switch it off.
 */
export function withoutRestrictions<R extends ReviewSettings>(review: R): R {
  return { ...review, reservedPrefixes: [], accounts: [], signedTokens: undefined };
}

/**
 * Throws if the changes remove the last administrator, with the function's settings or without
 * their restrictions.
 */
export function guardLockout(
  changes: readonly Wanted[],
  current: States,
  review: ReviewSettings,
): void {
  const after = afterwards(current, changes);
  const isLastRemoved = (rules: ReviewSettings) =>
    hasAdministrator(current, rules) && !hasAdministrator(after, rules);
  const rules = [review, withoutRestrictions(review)].find(isLastRemoved);
  if (rules === undefined) return;
  const state = planState([], current, rules);
  const last = [...current.keys()].flatMap((name) => administratorsIn(name, state));
  const named = last.map(
    (entry) => `${place(entry, review.prefix)}, which gives ${userText(entry)}`,
  );
  throw finding(
    `Refused: no administrator would surely remain. The last is now ${listed(named, "", 3)}.`,
    "If there is another way into the cluster, use --force.",
  );
}
