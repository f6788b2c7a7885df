// Compares access before and after a change: one identity for each way in which access is gained or lost.

import type { SignedClaims, VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { claimPlaceholdersIn } from "../../functions/authenticator/mapping/claim-placeholders.ts";
import { identityArns } from "../../functions/authenticator/mapping/deny-list.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import {
  type AccountNames,
  type AccountScope,
  accountsInLists,
  everyState,
  namesByAccount,
  noNames,
  otherAccounts,
  type States,
} from "./account-names.ts";
import { type Access, accessOf, givesMore, isDenial, NO_CLAIMS, signedIdentity } from "./evaluation.ts";
import { identitiesOf } from "./principals.ts";
import { endsFor, vocabularyOf } from "./vocabulary.ts";
import { type Budget, newBudget, TooManyStates } from "./walk.ts";

export interface AccessDifference {
  /**
   * `gain`: new access, username or group, or access that lasts longer. `loss`: the reverse. `lifted`: a denial no
   * longer applies, but no mapping grants access yet.
   */
  readonly kind: "gain" | "loss" | "lifted";
  /** The shortest identity that the same entries match. Its unique id is made up unless a mapping names one. */
  readonly identity: VerifiedIdentity;
  readonly before: Access;
  readonly after: Access;
  /** When the difference starts, in milliseconds since 1970: now, or just after an entry ends. */
  readonly from: number;
}

export interface AccessComparison {
  readonly differences: readonly AccessDifference[];
  /** False if the budget was used up: other identities may gain access too. */
  readonly isComplete: boolean;
}

/**
 * Complete by construction: a decision depends on the parameters that apply to an identity, the entries that match it,
 * its unique id, its session and the time. One identity is evaluated for each reachable combination of these.
 *
 * @param states with at least the parameters that apply to identities of the affected accounts
 * @param budget the number of automaton states to visit
 */
export async function compareAccess(
  states: States,
  context: EvaluationContext,
  budget: Budget = newBudget(),
): Promise<AccessComparison> {
  const differences: AccessDifference[] = [];
  try {
    const samples = sampleClaims(states, context);
    const signed = new Set<string>();
    for (const scope of scopesOf(states, context, budget)) {
      for (const identity of identitiesOf(scope)) {
        differences.push(...(await compareIdentity(identity, states, context)));
        // AWS-signed tokens of all sessions of a role are the same.
        const hasTokens = identity.kind === "role" || identity.kind === "user";
        if (!hasTokens || signed.has(identity.canonicalArn)) continue;
        signed.add(identity.canonicalArn);
        for (const claims of samples) {
          differences.push(...(await compareIdentity(signedIdentity(identity, claims), states, context)));
        }
      }
    }
    return { differences, isComplete: true };
  } catch (error) {
    if (!(error instanceof TooManyStates)) throw error;
    return { differences, isComplete: false };
  }
}

/** The accounts that a change affects: all identities for a changed list or account mapping, else the named ones. */
function scopesOf(states: States, context: EvaluationContext, budget: Budget): AccountScope[] {
  const { prefix } = context;
  const changed = changedParameters(states);
  const addresses = changed.flatMap((parameter) => readName(prefix, parameter) ?? []);
  const forMany = addresses.filter(({ kind }) => kind === "deny" || kind === "pattern" || kind === "account");
  const parameters = new Set(everyState(states).flatMap((state) => [...state.keys()]));
  const all = namesByAccount(prefix, parameters, states);
  const usesRawSessions = everyState(states).some((state) =>
    [...state.values()].some(({ value }) => value.includes("{SessionNameRaw}")),
  );
  const isForAny = forMany.some(({ account }) => account === "any");
  const scope = (account: string, only?: AccountNames): AccountScope => ({
    context,
    states,
    account,
    names: all.get(account) ?? noNames(),
    only,
    usesRawSessions,
    budget,
  });
  const named = new Set([...all.keys(), ...(isForAny ? accountsInLists(prefix, states) : [])]);
  const entire = new Set(
    isForAny ? [...named, ...otherAccounts(prefix, states, named, budget)] : forMany.map(({ account }) => account),
  );
  const some = [...namesByAccount(prefix, changed, states)].filter(([account]) => !entire.has(account));
  return [...[...entire].map((account) => scope(account)), ...some.map(([account, only]) => scope(account, only))];
}

function changedParameters({ before, after }: States): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    return was?.value !== is?.value || was?.secure !== is?.secure;
  });
}

/** Compares with each unique id that a mapping names and with another one, now and just after each end. */
async function compareIdentity(
  identity: VerifiedIdentity,
  states: States,
  context: EvaluationContext,
): Promise<AccessDifference[]> {
  const stored = candidates(context.prefix, identity).flatMap(({ parameter }) =>
    everyState(states).map((state) => state.get(parameter)),
  );
  const arns = identityArns(identity).map(arnSections);
  const ends = stored.flatMap((one) => endsFor(one, arns, identity.sessionName));
  const times = [...new Set([context.now, ...ends.filter((end) => end > context.now)])].sort((a, b) => a - b);
  const differences: AccessDifference[] = [];
  const hasNodes = stored.some((value) => value?.value.includes("{EC2PrivateDNSName}"));
  const strings = stored.flatMap((value) => vocabularyOf(value).strings);
  const variants = [identity, ...pinned(identity, strings)].flatMap((one) => [
    { one, isNode: true },
    ...(hasNodes ? [{ one, isNode: false }] : []),
  ]);
  for (const { one, isNode } of variants) {
    let previous = "";
    for (const now of times) {
      const at = { ...context, now };
      const before = await accessOf(one, states.before, at, isNode);
      const after = await accessOf(one, states.after, at, isNode);
      const found = differenceBetween(before, after).map((kind) => ({ kind, identity: one, before, after, from: now }));
      // Report a lasting difference only once.
      const key = JSON.stringify(found.map(({ kind }) => [kind, before, after]));
      if (key !== previous) differences.push(...found);
      previous = key;
    }
  }
  return differences;
}

/**
 * What AWS-signed tokens can contain: a value for every claim that a mapping uses, and none. Empty without JWT_ISSUERS in
 * the environment, unless a mapping uses claims: the function then certainly accepts such tokens.
 */
function sampleClaims(states: States, { signedTokens }: EvaluationContext): SignedClaims[] {
  const values = everyState(states).flatMap((state) => [...state.values()]);
  const used = values.flatMap((stored) => vocabularyOf(stored).templates.flatMap(claimPlaceholdersIn));
  if (used.length === 0) return signedTokens === undefined ? [] : [NO_CLAIMS];
  // Has no special meaning in any username.
  const value = "claim-value";
  const start = "PrincipalTag:";
  const tags = used.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  const principalTags = Object.fromEntries(tags.map((key) => [key, value]));
  return [{ identityStoreUserId: value, sourceIdentity: value, principalTags }, NO_CLAIMS];
}

/** The identity with each unique id that mappings name. Only roles and users can be pinned. */
function pinned(identity: VerifiedIdentity, strings: readonly string[]): VerifiedIdentity[] {
  const start = identity.kind === "role" ? "AROA" : identity.kind === "user" ? "AIDA" : undefined;
  if (start === undefined) return [];
  const ids = strings.filter((text) => text.startsWith(start) && /^[A-Z0-9]{5,128}$/.test(text));
  return [...new Set(ids)].map((principalId) => ({ ...identity, principalId }));
}

function differenceBetween(before: Access, after: Access): AccessDifference["kind"][] {
  const isLifted = isDenial(before) && !isDenial(after) && after.kind !== "granted";
  const found = { gain: givesMore(before, after), loss: givesMore(after, before), lifted: isLifted };
  return (["gain", "loss", "lifted"] as const).filter((kind) => found[kind]);
}
