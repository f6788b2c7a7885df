// What a denial covers, ends and does not end: the identities of a person, and which AWS-signed tokens it denies besides.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import {
  candidates,
  denyParameter,
  permissionSetInAnyCase,
  permissionSetRole,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../../functions/authenticator/mapping/possible-arn.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { nearest } from "../../functions/lib/nearest.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { MAPPING_FOUND_MS, type StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { isActive, readValue } from "../access/entries.ts";
import { arnsOverlap, overlaps } from "../access/overlap.ts";
import { afterwards } from "../access/plan-state.ts";
import type { Connection } from "../aws/connection.ts";
import { readSome } from "../aws/read.ts";
import type { Change } from "../changes/plan.ts";
import { type ClusterPlan, EFFECT } from "../changes/propose.ts";
import { supposeIdentity } from "../evaluation.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { accountOf, type Entry } from "../store/entry.ts";
import { readParameter } from "../store/read-parameter.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { shownTime } from "../times.ts";
import { grantsToFederated, parametersForFederated } from "./federated-users.ts";

/**
 * In milliseconds: how long kube-apiserver caches an answer, the default of --authentication-token-webhook-cache-ttl.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */
const APISERVER_CACHE_MS = 120_000;

/**
 * What a plan that writes these denials marks and reports. An AWS-signed token does not show its session, so a denial of
 * one session denies all of them for the role: prints these roles.
 *
 * @param found of a person: what the patterns are for
 * @param endsAccess whether a stored mapping may apply to what is denied
 */
export function effectOf(
  patterns: readonly string[],
  { settings }: Connection,
  { log }: IOStreams,
  found: readonly PossibleIdentity[] = [],
  endsAccess = true,
): Pick<ClusterPlan, "effect"> {
  const ofPerson = found.length > 0;
  const sessions = found.filter(({ kind }) => kind === "session");
  const roles = ofPerson
    ? sessions.map(({ mapping }) => mapping)
    : // `*` for a pattern without a role.
      patterns.filter(isOfSessions).map((arnLike) => sessionRole(arnLike) ?? "*");
  if (settings.jwt !== undefined && roles.length > 0) {
    log(
      `An AWS-signed token (JWT_ISSUERS) does not show its session: this also denies every AWS-signed token of ${[...new Set(roles)].join(", ")}.\n`,
    );
  }
  const named = patterns.flatMap((arnLike) => sessionRole(arnLike) ?? []).filter((role) => !isRoleOfSet(role));
  const evading = ofPerson
    ? sessions.filter(({ choosesName }) => choosesName).map(({ mapping }) => mapping)
    : named.map((role) => `role ${role}`);
  if (!endsAccess) return { effect: () => [`${EFFECT} No access ends: no stored mapping applies to ${patterns}.`] };
  return {
    effect: (now) => [
      `${EFFECT} By default, kube-apiserver caches an answer for 2 min, so access ends by ${shownTime(now + MAPPING_FOUND_MS + APISERVER_CACHE_MS)}.`,
      ...(evading.length === 0
        ? []
        : [
            `Not ended: other session names of ${[...new Set(evading)].join(", ")}. The caller that assumes such a role chooses the name: ` +
              "change the role's trust policy, or deny the role.",
          ]),
      "Not ended: client certificates, and files with service account tokens or certificates.",
    ],
  };
}

/** Whether a stored mapping that has not ended may apply to an identity that one of the patterns denies. */
export function mayEndAccess(
  patterns: readonly string[],
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): boolean {
  const list = { value: JSON.stringify(patterns.map((arnLike) => ({ arnLike }))), secure: false };
  const denials = readValue(denyParameter(context.prefix, "any"), list, context).entries;
  return [...parameters]
    .flatMap(([name, stored]) => readValue(name, stored, context).entries)
    .some((entry) => entry.kind !== "deny" && isActive(entry, context) && denials.some((one) => overlaps(one, entry)));
}

/** The principal that a denial names. Only AWS knows the suffix of a permission set's role, and no mapping depends on it. */
export function principalIn(arnLike: string): VerifiedIdentity | undefined {
  return supposeIdentity(arnLike.replace(/\?{16}(?=$|\/)/, "0".repeat(16)));
}

/** A stored mapping whose name is similar to the principal's, such as `role/111122223333/developers`. */
export function similarMapping(arnLike: string, stored: Iterable<string>, prefix: string): string | undefined {
  const principal = principalIn(arnLike);
  const own = principal === undefined ? [] : candidates(prefix, principal).map(({ parameter }) => parameter);
  const others = [...stored].filter((name) => !own.includes(name) && !/\/(?:deny|pattern|account)\//.test(name));
  const [name] = own.flatMap((parameter) => nearest(parameter, others) ?? []);
  return name && shortName(name, prefix);
}

/** The role in a pattern for sessions. */
function sessionRole(arnLike: string): string | undefined {
  return /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\/([^/]+)\/[^/]+$/i.exec(arnLike)?.[1];
}

/** Whether it is the pattern for the role of one permission set, whose suffix only AWS knows. */
function isRoleOfSet(role: string): boolean {
  const asRole = role.replace(/\?{16}$/, "0".repeat(16));
  return asRole !== role && permissionSetInAnyCase(asRole) !== undefined;
}

/** Must not stop a denial: if the mappings cannot be read, the warning reports that. */
export async function warnOfFederatedUsers(
  arnLike: string,
  changes: readonly Change[],
  { ssm, context, settings }: Connection,
  io: IOStreams,
): Promise<void> {
  if (!/^arn:[^:]*:iam:[^:]*:[^:]*:user\//i.test(arnLike)) return;
  const account = accountOf(arnLike);
  const lists = new Set([account, "any"].map((of) => denyParameter(context.prefix, of)));
  const names = [...parametersForFederated(context.prefix, account), ...lists];
  const start = "This denial does not cover federated users, whose names their creator chooses";
  const advice = `To deny them too: iam-authenticator mappings deny -c ${settings.clusterId} 'arn:${context.partition}:sts::${account === "any" ? "*" : account}:federated-user/*'`;
  try {
    const stored = await readSome(ssm, names, io.interrupted);
    const granting = grantsToFederated(account, afterwards(stored, changes), context);
    if (granting.length === 0) return;
    const where = granting.map((name) => shortName(name, context.prefix)).join(" and ");
    io.log(`Warning: ${start} (sts:GetFederationToken): ${where} grants them access. ${advice}\n`);
  } catch (error) {
    if (io.interrupted.aborted) throw error;
    io.log(`Warning: ${start}. Could not read which mappings grant them access. ${advice}\n`);
  }
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

const ROLES: readonly string[] = ["role", "sso", "sso-session"];

/** The mapping of a role or permission set of this name. A user may mean it instead of a person. */
export function roleNamed(
  who: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  { prefix, partition }: EvaluationContext,
): { readonly mapping: string; readonly entry: Entry } | undefined {
  for (const [parameter, stored] of parameters) {
    const { entries } = readParameter(prefix, parameter, stored, partition);
    const entry = entries.find(
      ({ kind, name }) => ROLES.includes(kind) && asciiLowerCase(name) === asciiLowerCase(who),
    );
    if (entry !== undefined) return { mapping: shortName(parameter, prefix), entry };
  }
  return undefined;
}

/** Those of mappings that have not ended. */
export function identitiesNamed(
  who: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): PossibleIdentity[] {
  const { prefix, partition, now } = context;
  return [...parameters].flatMap(([name, stored]) =>
    readParameter(prefix, name, stored, partition)
      .entries.filter(({ mapping }) => !isExpired(mapping.notAfter, now))
      .flatMap((entry) => identitiesOf(who, entry, partition))
      .map((one) => ({ ...one, mapping: shortName(name, prefix) })),
  );
}

/** As `identitiesNamed`, with patterns that fit in a deny list. */
export function possibleIdentities(...args: Parameters<typeof identitiesNamed>): PossibleIdentity[] {
  const [who, , { partition }] = args;
  const found = identitiesNamed(...args);
  const sessions = Map.groupBy(
    found.filter(({ kind }) => kind === "session"),
    ({ arnLike }) => accountIn(arnLike),
  );
  const patterns = new Map(
    [...sessions].map(([account, some]) => [account, new Set(some.map(({ arnLike }) => arnLike)).size]),
  );
  return found.map((one) => {
    const account = accountIn(one.arnLike);
    if (one.kind !== "session" || (patterns.get(account) ?? 0) <= MOST_SESSIONS) return one;
    return { ...one, arnLike: `arn:${partition}:sts::${account}:assumed-role/*/${who}` };
  });
}

/** Twelve digits or a pattern. */
function accountIn(arnLike: string): string {
  return arnLike.split(":")[4] ?? "*";
}

type Found = Omit<PossibleIdentity, "mapping">;

function identitiesOf(who: string, { kind, account: list, name, mapping }: Entry, partition: string): Found[] {
  const account = list === "any" ? accountIn(mapping.arnLike ?? "") : list;
  const arn = (service: string, resource: string) => `arn:${partition}:${service}::${account}:${resource}`;
  const session = (role: string, choosesName: boolean): Found => {
    return { kind: "session", arnLike: arn("sts", `assumed-role/${role}/${who}`), choosesName };
  };
  const user: Found = { kind: "user", arnLike: arn("iam", `user/${who}`), choosesName: false };
  const federated: Found = {
    kind: "federated user",
    arnLike: arn("sts", `federated-user/${who}`),
    choosesName: false,
  };
  // A denial ignores case, so every spelling of the name is the person's.
  const isWho = (text = "") => asciiLowerCase(text) === asciiLowerCase(who);
  switch (kind) {
    case "role":
      return [session(name, permissionSetInAnyCase(name) === undefined)];
    case "sso":
      return [session(permissionSetRole(name, "?"), false)];
    case "sso-session":
      return isWho(mapping.session) ? [session(permissionSetRole(name, "?"), false)] : [];
    case "user":
      return isWho(name) ? [user] : [];
    case "federated-user":
      return isWho(name) ? [federated] : [];
    case "account":
      return [session("*", true), user, federated];
    case "pattern": {
      const { arnLike = "" } = mapping;
      // A user's path is part of its ARN.
      const isUser = [`user/${who}`, `user/*/${who}`].some((one) => arnsOverlap(arnLike, arn("iam", one)));
      return [
        ...(arnsOverlap(arnLike, arn("iam", "role/*")) ? [session(roleIn(arnLike), true)] : []),
        ...(isUser ? [user] : []),
        ...(arnsOverlap(arnLike, federated.arnLike) ? [federated] : []),
      ];
    }
    case "root":
    case "deny":
      return [];
  }
}

function roleIn(arnLike: string): string {
  return /^role\/(.+)$/.exec(arnSections(arnLike)?.at(-1) ?? "")?.[1] ?? "*";
}
