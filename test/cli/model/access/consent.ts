// Whether the operator accepts what a write gives: a printed mark names it, or the plan shows it.

import { isDeepStrictEqual } from "node:util";
import type { PlacedEntry as Entry } from "../../../../cli/model/entry-arns.ts";
import type { Mark } from "../../../../cli/model/judgement.ts";
import { arnSections, matchesSections } from "../../../../functions/authenticator/mapping/arn.ts";
import { claimPlaceholdersIn } from "../../../../functions/authenticator/mapping/claim-placeholders.ts";
import { identityArns } from "../../../../functions/authenticator/mapping/deny-list.ts";
import type { Mapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import { parseJson } from "../../../../functions/lib/json.ts";
import { isExpired } from "../../../../functions/lib/time.ts";
import type { Answer } from "./answers.ts";
import type { Text } from "./any-plan.ts";
import type { Identity } from "./universe.ts";

/** Access that an identity has only since a write. */
export interface Gain {
  readonly identity: Identity;
  readonly at: number;
  readonly parameter: string;
  readonly old: Text;
  readonly deciding: Answer;
  readonly mapping: Mapping;
  /** What decides when it is written, with this value; `undefined` if nothing does. */
  readonly decidesNow: Answer | undefined;
}

const namesOf = ({ username, groups = [] }: Mapping) => [username, groups];
/** Another spelling is the same principal, except of federated users. */
const inLowerCase = (arn = "") => (arn.includes(":federated-user/") ? arn : arn.toLowerCase());
const whose = ({ arn, arnLike, session }: Mapping) => [
  inLowerCase(arn),
  inLowerCase(arnLike),
  session,
];

/** Whether the mark is of an entry of this identity, and names the entry that gives it. */
export function isNamed({ identity, deciding, mapping }: Gain, { entry, gives }: Mark): boolean {
  const wanted = [namesOf(mapping), whose(mapping)];
  return (
    (entry === undefined || appliesTo(entry, identity)) &&
    gives.some(
      (given) =>
        given.kind !== "deny" &&
        given.parameter === deciding.parameter &&
        isDeepStrictEqual([namesOf(given.mapping), whose(given.mapping)], wanted),
    )
  );
}

function appliesTo({ kind, arns, sessions, mapping }: Entry, identity: Identity): boolean {
  if (kind === "sso-session")
    return identity.claims !== undefined || identity.sessionName === mapping.session;
  if (kind !== "pattern" && kind !== "deny") return true;
  if (kind === "deny" && identity.claims !== undefined) return true;
  const compared = kind === "deny" ? identityArns(identity) : [identity.canonicalArn];
  const own = kind === "deny" ? [...arns, ...sessions] : arns;
  return own.some((pattern) => compared.some((arn) => matchesSections(pattern, arnSections(arn))));
}

/**
 * Whether it is a grant to one principal, with names that need no care, and without an end or a pin
 * that is dropped.
 */
export function isShown({
  identity,
  at,
  parameter,
  old,
  deciding,
  mapping,
  decidesNow,
}: Gain): boolean {
  if (deciding.parameter !== parameter) return false;
  if (!["exact", "sso", "sso-session"].includes(deciding.place) || isBlocked(deciding, decidesNow))
    return false;
  const found = mappingIn(old, identity.sessionName, at);
  // A federated user with another spelling is another one.
  const was = identity.kind === "federated-user" && found?.arn !== mapping.arn ? undefined : found;
  const dropsEnd = was?.notAfter !== undefined && mapping.notAfter === undefined;
  const dropsPin = was?.principalId !== undefined && was.principalId !== mapping.principalId;
  return !dropsEnd && !dropsPin && !needsCare(mapping);
}

/** Somebody denied the principal of this mapping, or meant to. */
function isBlocked({ place }: Answer, decides: Answer | undefined): boolean {
  const { verdict } = decides ?? {};
  if (verdict?.kind === "deny") return verdict.sessionArn === undefined || place === "sso-session";
  return verdict?.kind === "invalid";
}

/** Not read from the rule, which this file judges. */
const ADMIN_GROUPS = ["system:masters", "access:cluster-admin", "kubeadm:cluster-admins"];

/** Every value that a placeholder may have. */
const VALUES = ["", "system", "s", "sys", "x", "em", "stem", "y", "tem"];

function needsCare({ username = "", groups = [] }: Mapping): boolean {
  const isReserved = (name: string) =>
    VALUES.some((value) => name.replace(/\{(?!AccountID)[^{}]*\}/, value).startsWith("system:"));
  return (
    groups.some((group) => group.includes("{") || ADMIN_GROUPS.includes(group)) ||
    [username, ...groups].some(isReserved) ||
    claimPlaceholdersIn(username).length > 0
  );
}

/** The mapping of the parameter, or of a session in it: if possible one that has not ended. */
function mappingIn(text: Text, session: string | undefined, at: number): Mapping | undefined {
  const parsed: unknown = text === undefined || text === "secure" ? undefined : parseJson(text);
  if (!Array.isArray(parsed)) return parsed as Mapping | undefined;
  const own = (parsed as readonly Mapping[]).filter((mapping) => mapping?.session === session);
  return own.find(({ notAfter }) => !isExpired(notAfter, at)) ?? own[0];
}
