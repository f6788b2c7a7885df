// The strict schema of a mapping's value. A value that does not fit makes only that mapping
// invalid.

import { type Checked, invalid } from "../../lib/checked.ts";
import { isObject, repeatedKey } from "../../lib/json.ts";
import { quoted } from "../../lib/text.ts";
import { timeProblem } from "../../lib/time.ts";
import { parseMappedArn } from "./arn.ts";
import { hasArn, KINDS, type MappingKind } from "./kinds.ts";
import { notAnArnPattern, whyNeverMatches } from "./possible-arn.ts";
import { templateProblem } from "./template.ts";

export interface Mapping {
  readonly arn?: string;
  readonly arnLike?: string;
  /**
   * Only in an sso-session entry: the exact session name, which IAM Identity Center sets to the
   * userName.
   */
  readonly session?: string;
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly principalId?: string;
  /** RFC 3339, in UTC. From that instant, the mapping is ignored. */
  readonly notAfter?: string;
  readonly description?: string;
}

/** A problem that a command reports in other words. */
export const USERNAME_MISSING = "username is missing";

/**
 * Checks a value or list entry from `parseStored`, and returns it with its type, or its problem as
 * a phrase for an operator.
 */
export function checkMapping(value: unknown, kind: MappingKind): Checked<Mapping> {
  const typeProblem = keysAndTypesProblem(value, kind);
  const mapping = value as Mapping;
  if (typeProblem === undefined && mapping.username === undefined && !KINDS[kind].anonymous) {
    return invalid(USERNAME_MISSING);
  }
  const problem = typeProblem ?? templatesProblem(mapping);
  return problem === undefined ? { valid: true, value: mapping } : invalid(problem);
}

/** Reported before all other problems: the operator who wrote the key expects a denial. */
const DENY_KEY_PROBLEM =
  'unknown key "deny": only deny lists deny. Add the identity to one (mappings deny), then delete this key or the mapping';

function keysAndTypesProblem(value: unknown, kind: MappingKind): string | undefined {
  if (!isObject(value)) return "not a JSON object";
  if (Object.hasOwn(value, "deny")) return DENY_KEY_PROBLEM;
  return (
    keyProblem(value, KINDS[kind].keys) ?? principalProblem(value, kind) ?? valuesProblem(value)
  );
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: RoleSessionName */
const SESSION_NAME = /^[\w+=,.@-]{1,64}$/;

/** Returns a phrase about a key that is not in `keys`, or one that is repeated at any depth. */
export function keyProblem(
  value: Record<string, unknown>,
  keys: readonly string[],
): string | undefined {
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return repeatedKeyProblem(value);
  return `unknown key ${quoted(unknown)}: the keys are ${keys.join(", ")}`;
}

export function repeatedKeyProblem(value: unknown): string | undefined {
  const key = repeatedKey(value);
  return key === undefined ? undefined : `repeated key ${quoted(key)}: use each key once`;
}

/** Checks the keys that identify the principal: the parameter's name only locates the value. */
function principalProblem(
  { arn, arnLike, session, principalId }: Record<string, unknown>,
  kind: MappingKind,
) {
  const { listedBy } = KINDS[kind];
  if (listedBy === "arnLike") {
    return typeof arnLike === "string"
      ? whyNeverMatches(arnLike, "canonical")
      : notAnArnPattern(arnLike);
  }
  if (listedBy === "session") {
    if (typeof session === "string" && SESSION_NAME.test(session)) return undefined;
    return `session must be a session name of 1 to 64 characters, not ${quoted(session)}`;
  }
  if (!hasArn(kind)) return undefined;
  if (typeof arn !== "string" || parseMappedArn(arn) === undefined) {
    return `arn must be the ARN of an IAM role, user, federated user or root, not ${quoted(arn)}`;
  }
  return principalIdProblem(principalId, kind);
}

/** Returns what is wrong with a unique id of a principal of this kind. */
export function principalIdProblem(principalId: unknown, kind: MappingKind): string | undefined {
  if (principalId === undefined) return undefined;
  const { idStart: start = "" } = KINDS[kind];
  if (
    typeof principalId === "string" &&
    /^[A-Z0-9]{5,128}$/.test(principalId) &&
    principalId.startsWith(start)
  ) {
    return undefined;
  }
  return `principalId must be the unique id of a ${kind} (${start}...), not ${quoted(principalId)}`;
}

/** Returns a phrase about a value that no mapping may have under a key. */
type TypeCheck = (value: unknown) => string | undefined;

/** The keys that `principalProblem` checks. */
type PrincipalKey = "arn" | "arnLike" | "session" | "principalId";

/**
 * A record, so that a new key does not compile without a check. Problems are reported in this
 * order.
 */
const TYPE_CHECKS: Readonly<Record<Exclude<keyof Mapping, PrincipalKey>, TypeCheck>> = {
  username: (username) =>
    typeof username === "string" && username !== ""
      ? undefined
      : `username must be a non-empty string, not ${quoted(username)}`,
  groups: (groups) =>
    Array.isArray(groups) && groups.every((group) => typeof group === "string" && group !== "")
      ? undefined
      : `groups must be a list of non-empty strings, not ${quoted(groups)}`,
  notAfter: (notAfter) => termsProblem({ notAfter }),
  description: (description) => termsProblem({ description }),
};

function valuesProblem(value: Record<string, unknown>): string | undefined {
  for (const [key, check] of Object.entries(TYPE_CHECKS)) {
    const problem = value[key] === undefined ? undefined : check(value[key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Checks the two keys that mappings and deny entries share. */
export function termsProblem({
  notAfter,
  description,
}: Record<string, unknown>): string | undefined {
  const problem = notAfter === undefined ? undefined : timeProblem(notAfter);
  if (problem !== undefined) return `notAfter ${problem}`;
  if (description !== undefined && typeof description !== "string") {
    return `description must be a string, not ${quoted(description)}`;
  }
  return undefined;
}

function templatesProblem({ username, groups }: Mapping): string | undefined {
  if (username === undefined) return groups && "groups require a username";
  const problems = [
    problemIn("username", username),
    ...(groups ?? []).map((group) => problemIn("group", group)),
  ];
  return problems.find((problem) => problem !== undefined);
}

function problemIn(key: "username" | "group", template: string): string | undefined {
  const problem = templateProblem(template, key);
  return problem === undefined ? undefined : `${key} ${quoted(template)} has ${problem}`;
}
