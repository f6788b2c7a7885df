// Describes what a gain of access loosens: each phrase is a line of the plan that needs separate confirmation.

import { isDeepStrictEqual } from "node:util";
import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { candidates, type Place } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import type { States } from "./account-names.ts";
import { ADMIN_GROUPS } from "./administrators.ts";
import type { AccessDifference } from "./compare-access.ts";
import type { StoredParameters } from "./denials.ts";
import { type Access, type Granted, isDenial } from "./evaluation.ts";
import type { UsernameFinder } from "./usernames.ts";

/** The kinds, with how a plan counts them. */
export const WEAKENED = {
  denial: ["denial lifted", "denials lifted"],
  end: ["end dropped", "ends dropped"],
  pin: ["pin dropped", "pins dropped"],
  otherPin: ["pin moved", "pins moved"],
  masters: ["new administrator", "new administrators"],
  reserved: ["reserved name", "reserved names"],
  username: ["shared username", "shared usernames"],
  access: ["grant to more than one principal", "grants to more than one principal"],
  unknown: ["effect unknown", "effects unknown"],
  jwts: ["denial of every AWS-signed token of a role", "denials of every AWS-signed token of a role"],
} as const;

export interface Weakening {
  readonly kind: keyof typeof WEAKENED;
  /** A phrase with a verb, such as `lifts the denial of <ARN>`. */
  readonly text: string;
}

/** Whether it loosens access. Other marks only need the user's consent. */
export function loosens({ kind }: Weakening): boolean {
  return kind !== "jwts";
}

interface Comparing {
  readonly states: States;
  readonly context: EvaluationContext;
  readonly findUsername: UsernameFinder;
}

/**
 * @param difference a gain or a lifted denial
 * @param isOwn whether the change names this principal: the plan shows its gain, so it needs no extra line
 */
export function weakeningsOf(difference: AccessDifference, isOwn: boolean, comparing: Comparing): Weakening[] {
  const { after } = difference;
  const restored = restoredAccess(difference, comparing);
  if (difference.kind === "lifted" || after.kind !== "granted") return restored;
  const names = namesGained(difference, after, comparing);
  const lines = [...restored, ...names];
  // Lines about restored access or administrators already describe the gain. Other lines do not.
  const isDescribed = restored.length > 0 || names.some(({ kind }) => kind === "masters");
  return isOwn || isDescribed
    ? lines
    : [...lines, { kind: "access", text: giftText(difference, after, [], comparing) }];
}

/** What denied the identity before and no longer does. */
function restoredAccess({ identity, before, after, from }: AccessDifference, comparing: Comparing): Weakening[] {
  const { context, states } = comparing;
  const where = shortName(before.parameter, context.prefix);
  const who = principalText(identity, before, context);
  const denial = (text: string): Weakening[] => [{ kind: "denial", text }];
  if (isDenial(before)) {
    const example = after.kind === "granted" ? `, and ${identity.canonicalArn} gets ${userText(after)}` : "";
    if (before.kind === "invalid") {
      return denial(`lifts the denial of every identity that the invalid list ${where} covers${example}`);
    }
    const denied = ("arnLike" in before ? before.arnLike : undefined) ?? who;
    const isLater = from > context.now;
    const text = isLater ? `ends the denial of ${denied} on ${dateOf(from)}` : `lifts the denial of ${denied}`;
    return denial(/[*?]/.test(denied) ? `${text}${example}` : text);
  }
  if (after.kind !== "granted") return [];
  if (before.kind === "unknown") return denial(`accepts AWS-signed tokens of ${who}, which ${where} denied`);
  if (before.kind === "invalid") return denial(`lifts the denial of ${who} by the invalid value of ${where}`);
  if (before.kind !== "mismatch") return [];
  const pin = entriesOf(states.before, before.parameter, context).find(({ principalId }) => principalId)?.principalId;
  return pin === undefined
    ? denial(`lifts the denial of ${who}: ${where} is for another principal`)
    : [pinText(after.mapping.arn ?? who, pin, after.mapping.principalId)];
}

function dateOf(time: number): string {
  return new Date(time).toISOString();
}

/**
 * Ends and pins that are removed from an entry, even if they have no effect now: an ended or denied entry may apply
 * again later. A changed end is not reported: the plan shows it.
 */
export function droppedLimits(parameter: string, { states, context }: Comparing): Weakening[] {
  const keyOf = ({ arnLike = "", session = "" }: Mapping) => `${asciiLowerCase(arnLike)} ${session}`;
  const old = new Map(entriesOf(states.before, parameter, context).map((entry) => [keyOf(entry), entry]));
  const found: Weakening[] = [];
  for (const entry of entriesOf(states.after, parameter, context)) {
    const { notAfter, principalId } = old.get(keyOf(entry)) ?? {};
    const who = entryText(parameter, entry, context);
    if (notAfter !== undefined && entry.notAfter === undefined) {
      found.push({ kind: "end", text: `drops the end of ${who} (${notAfter})` });
    }
    if (principalId !== undefined && entry.principalId !== principalId) {
      found.push(pinText(who, principalId, entry.principalId));
    }
  }
  return found;
}

function pinText(who: string, from: string, to: string | undefined): Weakening {
  return to === undefined
    ? { kind: "pin", text: `drops the pin of ${who} to ${from}` }
    : { kind: "otherPin", text: `moves the pin of ${who} from ${from} to ${to}` };
}

/** The principals of an entry, as a phrase. */
function entryText(parameter: string, { arn, arnLike, session }: Mapping, { prefix }: EvaluationContext): string {
  if (arn !== undefined) return arn;
  if (arnLike !== undefined) return `identities that match ${arnLike}`;
  const name = shortName(parameter, prefix);
  if (session !== undefined) return `session ${session} of ${name.replace("sso-session", "sso")}`;
  return name.startsWith("account/") ? `other identities of ${name.replace("/", " ")}` : name;
}

/** Names that always need a line: administrators' groups, names reserved by Kubernetes, and shared usernames. */
function namesGained(difference: AccessDifference, after: Granted, comparing: Comparing): Weakening[] {
  const { identity, before } = difference;
  const { context, findUsername } = comparing;
  const who = principalText(identity, after, context);
  const groups = after.groups.filter((group) => before.kind !== "granted" || !before.groups.includes(group));
  const isNewName = before.kind !== "granted" || before.username !== after.username;
  const admin = groups.filter((group) => ADMIN_GROUPS.includes(group));
  // Print the templates: sessions render many names from one.
  const templates = [
    ...(isNewName ? [[after.username, after.mapping.username]] : []),
    ...groups.map((group) => [group, after.mapping.groups?.[after.groups.indexOf(group)]]),
  ];
  const reserved = templates.flatMap(([name = "", template = name]) =>
    name.startsWith("system:") && !admin.includes(name) ? [template] : [],
  );
  const other = isNewName ? findUsername(after.mapping, identity.accountId, after.parameter) : undefined;
  const found: Weakening[] = reserved.map((name) => {
    return { kind: "reserved", text: `gives the reserved name ${name} to ${who}` };
  });
  if (admin.length > 0) found.unshift({ kind: "masters", text: giftText(difference, after, admin, comparing) });
  if (other !== undefined) {
    const where = shortName(other, context.prefix);
    const text = `gives the username ${after.mapping.username} to ${who}, and ${where} can also give it`;
    found.push({ kind: "username", text });
  }
  return found;
}

/** For a new mapping: what it gives to whom. For an existing mapping: to whom it now applies, and what it gives. */
function giftText(
  { identity, before, from }: AccessDifference,
  after: Granted,
  groups: readonly string[],
  { states, context }: Comparing,
): string {
  const gift = groups.length > 0 ? `grants ${groups.join(", ")}` : `grants access as ${userText(after)}`;
  const since = from > context.now ? ` from ${dateOf(from)}` : "";
  const isOld = entriesOf(states.before, after.parameter, context).some((one) => isDeepStrictEqual(one, after.mapping));
  if (isOld) {
    const whom = principalText(identity, before, context);
    return `applies ${shortName(after.parameter, context.prefix)} to ${whom} and ${gift}${since}`;
  }
  const bySession = groups.some((group) => !after.mapping.groups?.includes(group));
  const how = bySession ? " by a session name, which the caller chooses" : "";
  return `${gift} to ${principalText(identity, after, context)}${how}${since}`;
}

/** The mapping's templates, which are the same for every identity that it matches. */
function userText({ mapping: { username = "their own ARN", groups = [] } }: Granted): string {
  return groups.length === 0 ? username : `${username} (${groups.join(", ")})`;
}

/** The principals that this access applies to: the pattern, permission set, session, account or single principal. */
export function principalText(identity: VerifiedIdentity, access: Access, context: EvaluationContext): string {
  const { parameter } = access;
  if (access.kind === "granted") return entryText(parameter, access.mapping, context);
  const place = placeOf(identity, parameter, context.prefix);
  if (place === "sso" || place === "account") return entryText(parameter, {}, context);
  if (place === "sso-session") return entryText(parameter, { session: identity.sessionName ?? "" }, context);
  // A user's mapping ignores the path.
  return place === "exact" ? identity.canonicalArn.replace(/:user\/.*\//, ":user/") : identity.canonicalArn;
}

export function placeOf(identity: VerifiedIdentity, parameter: string, prefix: string): Place | undefined {
  return candidates(prefix, identity).find((one) => one.parameter === parameter)?.place;
}

/** The valid mappings of a parameter. */
export function entriesOf(state: StoredParameters, parameter: string, { prefix }: EvaluationContext): Mapping[] {
  const stored = state.get(parameter);
  return stored === undefined ? [] : readParameter(prefix, parameter, stored).entries.map(({ mapping }) => mapping);
}
