// Describes what a denial ends and when, what it does not end, and which JWTs it denies besides.

import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../../functions/authenticator/mapping/possible-arn.ts";
import { grantsToFederated, parametersForFederated } from "../access/arn-overlap.ts";
import type { Weakening } from "../access/weakenings.ts";
import type { Connection } from "../aws/connection.ts";
import { readSome } from "../aws/read.ts";
import { afterwards, type Change, newDenials } from "../changes/plan.ts";
import { EFFECT } from "../changes/propose.ts";
import { FUNCTION_CACHE_MS } from "../changes/write-all.ts";
import { shortName } from "../function-settings.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { shownTime } from "../times.ts";
import type { PossibleIdentity } from "./deny-person.ts";
import { accountOf } from "./file/entry.ts";

/**
 * In milliseconds: the default of --authentication-token-webhook-cache-ttl.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */
const APISERVER_CACHE_MS = 120_000;

/** @param found of a person: the mappings that still grant access under another session name */
export function effectOf(patterns: readonly string[], found: readonly PossibleIdentity[] = []) {
  const ofSession = patterns.flatMap((arnLike) => sessionIn(arnLike) ?? []);
  const evading = new Set([
    ...found.filter(({ choosesName }) => choosesName).map(({ mapping }) => mapping),
    ...(found.length > 0 ? [] : ofSession.filter(({ isOfSet }) => !isOfSet).map(({ role }) => `role ${role}`)),
  ]);
  return (now: number): readonly string[] => [
    `${EFFECT} By default, kube-apiserver caches an answer for 2 min, so access ends by ${shownTime(now + FUNCTION_CACHE_MS + APISERVER_CACHE_MS)}.`,
    ...(evading.size === 0
      ? []
      : [
          `Not ended: other session names of ${[...evading].join(", ")}. The caller that assumes such a role chooses the name: ` +
            "change the role's trust policy, or deny the role.",
        ]),
    "Not ended: client certificates, and files with service account tokens or certificates.",
  ];
}

interface SessionPattern {
  readonly role: string;
  /** Of one permission set, whose role's suffix only AWS knows. */
  readonly isOfSet: boolean;
}

function sessionIn(arnLike: string): SessionPattern | undefined {
  const [, role] = /^arn:[^:]*:sts:[^:]*:[^:]*:assumed-role\/([^/]+)\/[^/]+$/i.exec(arnLike) ?? [];
  return role === undefined ? undefined : { role, isOfSet: /^AWSReservedSSO_[^*?]+_\?{16}$/i.test(role) };
}

/** Roles as in the pattern, `*` if it does not contain one, whose AWS-signed tokens a denial of sessions denies. */
function rolesDeniedBy(arnLike: string): (SessionPattern & { readonly account: string }) | undefined {
  if (!isOfSessions(arnLike)) return undefined;
  const { role = "*", isOfSet = false } = sessionIn(arnLike) ?? {};
  return { account: accountOf(arnLike), role, isOfSet };
}

/**
 * An AWS-signed token does not show its session, so a denial of one session denies all of them for the role. Prints the
 * roles.
 *
 * @param found of a person: what the patterns are for
 */
export function tellJwts(
  patterns: readonly string[],
  { settings }: Connection,
  io: IOStreams,
  found: readonly PossibleIdentity[] = [],
): void {
  const mappings = found.filter(({ kind }) => kind === "session").map(({ mapping }) => mapping);
  const roles = found.length > 0 ? mappings : patterns.flatMap((arnLike) => rolesDeniedBy(arnLike)?.role ?? []);
  if (settings.jwt === undefined || roles.length === 0) return;
  io.tell(
    `An AWS-signed token (JWT_ISSUERS) does not show its session: this also denies every AWS-signed token of ${[...new Set(roles)].join(", ")}.\n`,
  );
}

/** Lines with `!`: denials of sessions of several roles, which deny the AWS-signed tokens of all these roles. */
export function jwtMarks(
  changes: readonly Change[],
  { settings }: Connection,
): ReadonlyMap<string, readonly Weakening[]> {
  if (settings.jwt === undefined) return new Map();
  const marks = changes.flatMap((change): (readonly [string, Weakening[]])[] => {
    const texts = newDenials(change)
      .flatMap(({ who }) => rolesDeniedBy(who) ?? [])
      .filter(({ role, isOfSet }) => !isOfSet && /[*?]/.test(role))
      .map(({ account, role }): Weakening => {
        const where = account === "any" ? "any account" : `account ${account}`;
        return {
          kind: "jwts",
          text: `denies every AWS-signed token of the roles ${role} in ${where}, not only of this session`,
        };
      });
    return texts.length === 0 ? [] : [[change.name, texts]];
  });
  return new Map(marks);
}

/** Must not stop a denial: if the mappings cannot be read, the warning reports that. */
export async function warnOfFederatedUsers(
  arnLike: string,
  changes: readonly Change[],
  { ssm, context }: Connection,
  io: IOStreams,
): Promise<void> {
  if (!/^arn:[^:]*:iam:[^:]*:[^:]*:user\//i.test(arnLike)) return;
  const account = accountOf(arnLike);
  const lists = new Set([account, "any"].map((of) => denyParameter(context.prefix, of)));
  const names = [...parametersForFederated(context.prefix, account), ...lists];
  const start = "This denial does not cover federated users, whose names their creator chooses";
  const advice = `To deny them too: mappings deny 'arn:${context.partition}:sts::${account === "any" ? "*" : account}:federated-user/*'`;
  try {
    const stored = await readSome(ssm, names, io.interrupted);
    const granting = grantsToFederated(account, afterwards(stored, changes), context);
    if (granting.length === 0) return;
    const where = granting.map((name) => shortName(name, context.prefix)).join(" and ");
    io.tell(`Warning: ${start} (sts:GetFederationToken): ${where} grants them access. ${advice}\n`);
  } catch (error) {
    if (io.interrupted.aborted) throw error;
    io.tell(`Warning: ${start}. Could not read which mappings grant them access. ${advice}\n`);
  }
}
