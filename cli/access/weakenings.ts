// Describes what a gain of access loosens: each phrase is a line of the plan that needs separate confirmation.

import { isDeepStrictEqual } from "node:util";
import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { candidates, type Place } from "../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import type { States, StoredParameters } from "./account-names.ts";
import { ADMIN_GROUPS, isAdministrator } from "./administrators.ts";
import type { AccessDifference } from "./compare-access.ts";
import { type Access, type Granted, isDenial } from "./evaluation.ts";
import type { usernameFinder } from "./usernames.ts";

export interface Weakening {
  readonly kind:
    | "denial"
    | "end"
    | "pin"
    | "otherPin"
    | "masters"
    | "reserved"
    | "username"
    | "access"
    | "unknown"
    | "jwts";
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
  readonly findUsername: ReturnType<typeof usernameFinder>;
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
  const example = after.kind === "granted" ? `, and ${identity.canonicalArn} gets ${userText(after)}` : "";
  if (isDenial(before)) {
    const kind = "denial";
    if (before.kind === "invalid") {
      return [{ kind, text: `lifts the denial of every identity that the invalid list ${where} covers${example}` }];
    }
    const who = ("arnLike" in before ? before.arnLike : undefined) ?? principalText(identity, before, context);
    const text =
      from > context.now
        ? `ends the denial of ${who} on ${new Date(from).toISOString()}`
        : `lifts the denial of ${who}`;
    return [{ kind, text: /[*?]/.test(who) ? `${text}${example}` : text }];
  }
  if (after.kind !== "granted") return [];
  if (before.kind === "unknown") {
    const who = principalText(identity, before, context);
    return [{ kind: "denial", text: `accepts AWS-signed tokens of ${who}, which ${where} denied` }];
  }
  if (before.kind === "invalid") {
    const who = principalText(identity, before, context);
    return [{ kind: "denial", text: `lifts the denial of ${who} by the invalid value of ${where}` }];
  }
  if (before.kind !== "mismatch") return [];
  const pin = entriesOf(states.before, before.parameter, context).find(({ principalId }) => principalId)?.principalId;
  const who = principalText(identity, before, context);
  if (pin === undefined) {
    return [{ kind: "denial", text: `lifts the denial of ${who}: ${where} is for another principal` }];
  }
  return [pinText(after.mapping.arn ?? who, pin, after.mapping.principalId)];
}

/**
 * Ends and pins that are removed from an entry, even if they have no effect now: an ended or denied entry may apply
 * again later. A changed end is not reported: the plan shows it.
 */
export function droppedLimits(parameter: string, { states, context }: Comparing): Weakening[] {
  const keyOf = ({ arnLike = "", session = "" }: Mapping) => `${asciiLowerCase(arnLike)} ${session}`;
  const old = new Map(entriesOf(states.before, parameter, context).map((entry) => [keyOf(entry), entry]));
  return entriesOf(states.after, parameter, context).flatMap((entry): Weakening[] => {
    const { notAfter, principalId } = old.get(keyOf(entry)) ?? {};
    const who = entryText(parameter, entry, context);
    const pin = entry.principalId;
    return [
      ...(notAfter !== undefined && entry.notAfter === undefined && !entry.deny
        ? [{ kind: "end" as const, text: `drops the end of ${who} (${notAfter})` }]
        : []),
      ...(principalId !== undefined && pin !== principalId && !entry.deny ? [pinText(who, principalId, pin)] : []),
    ];
  });
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
  return [
    ...(isAdministrator(groups)
      ? [{ kind: "masters" as const, text: giftText(difference, after, admin, comparing) }]
      : []),
    ...reserved.map((name) => ({ kind: "reserved" as const, text: `gives the reserved name ${name} to ${who}` })),
    ...(other === undefined
      ? []
      : [
          {
            kind: "username" as const,
            text: `gives the username ${after.mapping.username} to ${who}, and ${shortName(other, context.prefix)} can also give it`,
          },
        ]),
  ];
}

/** For a new mapping: what it gives to whom. For an existing mapping: to whom it now applies, and what it gives. */
function giftText(
  { identity, before, from }: AccessDifference,
  after: Granted,
  groups: readonly string[],
  { states, context }: Comparing,
): string {
  const gift = groups.length > 0 ? `grants ${groups.join(", ")}` : `grants access as ${userText(after)}`;
  const since = from > context.now ? ` from ${new Date(from).toISOString()}` : "";
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
