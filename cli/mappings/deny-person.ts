// Finds what a person can be in a cluster, by the name that IAM and IAM Identity Center use for the person.

import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../access/arn-overlap.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { type Entry, isPermissionSetRole, permissionSetRole } from "./file/entry.ts";
import { readParameter } from "./file/read-parameter.ts";

/** Valid for a session (`RoleSessionName`) and for a user: https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html */
export function isPersonName(who: string): boolean {
  return /^[\w+=,.@-]{2,64}$/.test(who);
}

export interface PossibleIdentity {
  /** The mapping that grants access, such as `sso/111122223333/developers`. */
  readonly mapping: string;
  readonly kind: "session" | "user" | "federated user";
  /** For a deny list. */
  readonly arnLike: string;
  /** Whether the caller that assumes the role chooses the session's name. */
  readonly choosesName: boolean;
}

/** More sessions of one account are denied by one pattern: a deny list holds 4096 bytes. */
const MOST_SESSIONS = 12;

/** Skips mappings that have ended. */
export function possibleIdentities(
  who: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): PossibleIdentity[] {
  const { prefix, partition, now } = context;
  const found = [...parameters].flatMap(([name, stored]) =>
    readParameter(prefix, name, stored, partition)
      .entries.filter(({ mapping }) => mapping.deny !== true && !isExpired(mapping.notAfter, now))
      .flatMap((entry) => identitiesOf(who, entry, partition))
      .map((one) => ({ ...one, mapping: shortName(name, prefix) })),
  );
  return withFewSessions(who, found, partition);
}

type Found = Omit<PossibleIdentity, "mapping">;

function identitiesOf(who: string, { kind, account, name, mapping }: Entry, partition: string): Found[] {
  const at = (service: string, resource: string, of = account) => `arn:${partition}:${service}::${of}:${resource}`;
  const session = (role: string, choosesName: boolean, of = account): Found => {
    return { kind: "session", arnLike: at("sts", `assumed-role/${role}/${who}`, of), choosesName };
  };
  // A denial ignores case, so every spelling of the name is the person's.
  const isWho = (text: string) => asciiLowerCase(text) === asciiLowerCase(who);
  const user = (of = account): Found => ({ kind: "user", arnLike: at("iam", `user/${who}`, of), choosesName: false });
  const federated = (of = account): Found => {
    return { kind: "federated user", arnLike: at("sts", `federated-user/${who}`, of), choosesName: false };
  };
  switch (kind) {
    case "role":
      return [session(name, !isPermissionSetRole(name))];
    case "sso":
      return [session(permissionSetRole(name), false)];
    case "sso-session":
      return isWho(mapping.session ?? "") ? [session(permissionSetRole(name), false)] : [];
    case "user":
      return isWho(name) ? [user()] : [];
    case "federated-user":
      return isWho(name) ? [federated()] : [];
    case "account":
      return [session("*", true), user(), federated()];
    case "pattern": {
      const { arnLike = "" } = mapping;
      const of = account === "any" ? (arnLike.split(":")[4] ?? "*") : account;
      // A user's path is part of its ARN.
      const isUser = [`user/${who}`, `user/*/${who}`].some((one) => arnsOverlap(arnLike, at("iam", one, of)));
      return [
        ...(arnsOverlap(arnLike, at("iam", "role/*", of)) ? [session(roleGlob(arnLike), true, of)] : []),
        ...(isUser ? [user(of)] : []),
        ...(arnsOverlap(arnLike, at("sts", `federated-user/${who}`, of)) ? [federated(of)] : []),
      ];
    }
    case "root":
      return [];
  }
}

function roleGlob(arnLike: string): string {
  const [resource = ""] = arnSections(arnLike)?.slice(-1) ?? [];
  const [, name] = /^role\/(.+)$/.exec(resource) ?? [];
  return name ?? "*";
}

/** One entry for each ARN. Many sessions of one account become one pattern. */
function withFewSessions(who: string, found: readonly PossibleIdentity[], partition: string): PossibleIdentity[] {
  const sessions = Map.groupBy(
    found.filter(({ kind }) => kind === "session"),
    ({ arnLike }) => arnLike.split(":")[4] ?? "",
  );
  const many = new Set<string>();
  for (const [account, some] of sessions) {
    if (new Set(some.map(({ arnLike }) => arnLike)).size > MOST_SESSIONS) many.add(account);
  }
  return found.map((one) => {
    const account = one.arnLike.split(":")[4] ?? "";
    if (one.kind !== "session" || !many.has(account)) return one;
    return { ...one, arnLike: `arn:${partition}:sts::${account}:assumed-role/*/${who}` };
  });
}
