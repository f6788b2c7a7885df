// The value of a mapping's parameter: its strict schema. Whatever does not fit makes this one mapping invalid.

import { isObject } from "../../lib/json.ts";
import { notAfterTime } from "../../lib/not-after.ts";
import { parseMappedArn } from "./arn.ts";
import { isArnPattern } from "./arn-like.ts";
import { templateProblem } from "./template.ts";

/** What stands under a name decides which keys its value may have. */
export type MappingKind = "role" | "user" | "root" | "federated-user" | "sso" | "pattern" | "account";

export interface Mapping {
  readonly arn?: string;
  readonly arnLike?: string;
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly principalId?: string;
  /** RFC 3339, in UTC. At that instant and after, the mapping is as if it were not there. */
  readonly notAfter?: string;
  readonly deny?: boolean;
  readonly description?: string;
}

export type MappingCheck =
  | { readonly valid: true; readonly mapping: Mapping }
  | { readonly valid: false; readonly problem: string };

const COMMON_KEYS = ["username", "groups", "notAfter", "deny", "description"];

function allowedKeys(kind: MappingKind): readonly string[] {
  switch (kind) {
    case "role":
    case "user":
      return [...COMMON_KEYS, "arn", "principalId"];
    case "root":
    case "federated-user":
      return [...COMMON_KEYS, "arn"];
    case "pattern":
      return [...COMMON_KEYS, "arnLike"];
    case "sso":
    case "account":
      return COMMON_KEYS;
  }
}

/** `value` is parsed JSON, of a parameter or of one entry in a pattern's list. The problem is a phrase for an operator. */
export function checkMapping(value: unknown, kind: MappingKind): MappingCheck {
  const problem = mappingProblem(value, kind);
  return problem === undefined ? { valid: true, mapping: value as Mapping } : { valid: false, problem };
}

function mappingProblem(value: unknown, kind: MappingKind): string | undefined {
  if (!isObject(value)) return "not a JSON object";
  const keys = allowedKeys(kind);
  if (Object.keys(value).some((key) => !keys.includes(key))) return `a key that is none of ${keys.join(", ")}`;
  return (
    keyProblem(value, kind) ??
    typeProblem(value) ??
    denyProblem(value) ??
    usernameProblem(value, kind) ??
    templatesProblem(value)
  );
}

/** The key by which the value itself says whom it is for: the parameter's name only finds it. */
function keyProblem({ arn, arnLike, principalId }: Record<string, unknown>, kind: MappingKind): string | undefined {
  if (kind === "pattern") {
    return typeof arnLike === "string" && isArnPattern(arnLike) ? undefined : "arnLike is no pattern of six sections";
  }
  if (kind === "sso" || kind === "account") return undefined;
  if (typeof arn !== "string" || parseMappedArn(arn) === undefined) return "arn is no ARN of an IAM principal";
  if (principalId === undefined) return undefined;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  const uniqueId = kind === "role" ? /^AROA[A-Z0-9]{1,124}$/ : /^AIDA[A-Z0-9]{1,124}$/;
  if (typeof principalId === "string" && uniqueId.test(principalId)) return undefined;
  return `principalId is no unique id of a ${kind} (${kind === "role" ? "AROA" : "AIDA"}...)`;
}

function typeProblem({ username, groups, notAfter, deny, description }: Record<string, unknown>): string | undefined {
  if (username !== undefined && (typeof username !== "string" || username === "")) return "username is no text";
  if (groups !== undefined && !(Array.isArray(groups) && groups.every((g) => typeof g === "string" && g !== ""))) {
    return "groups is no list of non-empty texts";
  }
  if (notAfter !== undefined && (typeof notAfter !== "string" || notAfterTime(notAfter) === undefined)) {
    return "notAfter is no time like 2026-12-31T00:00:00Z";
  }
  if (deny !== undefined && typeof deny !== "boolean") return "deny is neither true nor false";
  if (description !== undefined && typeof description !== "string") return "description is no text";
  return undefined;
}

function denyProblem({ deny, username, groups }: Record<string, unknown>): string | undefined {
  return deny === true && (username !== undefined || groups !== undefined)
    ? "deny carries no username and no groups"
    : undefined;
}

function usernameProblem({ deny, username, groups }: Record<string, unknown>, kind: MappingKind): string | undefined {
  if (deny === true || username !== undefined) return undefined;
  if (kind !== "account") return "username is missing";
  return groups === undefined ? undefined : "groups without a username";
}

function templatesProblem({ username, groups }: Mapping): string | undefined {
  for (const template of [...(username === undefined ? [] : [username]), ...(groups ?? [])]) {
    const problem = templateProblem(template);
    if (problem !== undefined) return `${problem} in username or groups`;
  }
  return undefined;
}
