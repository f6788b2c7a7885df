// Which access a denial ends, and whom it does not cover.

import {
  candidates,
  denyParameter,
  mappingParameter,
  permissionSetInAnyCase,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../../../functions/authenticator/mapping/possible-arn.ts";
import { nearest } from "../../../functions/lib/text.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { MAPPING_FOUND_MS } from "../../../functions/parameters/stored-parameter.ts";
import type { Connection } from "../../aws/connection.ts";
import { readSome } from "../../aws/parameter-store.ts";
import { shownTime } from "../../cmdline/times.ts";
import type { IOStreams } from "../../io/streams.ts";
import { afterwards } from "../../model/access/state.ts";
import { accountOf, readParameter } from "../../model/entry.ts";
import { arnsOverlap, isActive, overlaps, readValue } from "../../model/entry-arns.ts";
import {
  decide,
  type ReviewSettings,
  type StoredParameters,
  shortName,
  supposeIdentity,
} from "../../model/evaluation.ts";
import type { PossibleIdentity } from "../../model/person.ts";
import type { Plan } from "../../plan/changes.ts";
import { type ClusterPlan, EFFECT } from "../../plan/propose.ts";

/** The parameters that can grant access to federated users of any name in the account; `account` may be `any`. */
function parametersForFederated(prefix: string, account: string): string[] {
  const forAny = mappingParameter(prefix, "pattern", "any");
  if (account === "any") return [forAny];
  return [mappingParameter(prefix, "account", account), mappingParameter(prefix, "pattern", account), forAny];
}

/** Those of them that grant it now; empty if a denial covers all federated users. */
function grantsToFederated(account: string, parameters: StoredParameters, review: ReviewSettings): string[] {
  const { prefix, partition, now } = review;
  const all = `arn:${partition}:sts::${account === "any" ? "*" : account}:federated-user/*`;
  // No federated user and no account has this name.
  const sample = supposeIdentity(all.replaceAll("*", "000000000000"));
  const isDenied = sample !== undefined && decide(review, sample, parameters).deciding?.verdict.kind === "deny";
  if (isDenied) return [];
  return parametersForFederated(prefix, account).filter((name) => {
    const stored = parameters.get(name);
    if (stored === undefined) return false;
    return readParameter(prefix, name, stored, partition).entries.some(({ kind, mapping }) => {
      if (kind === "deny" || isExpired(mapping.notAfter, now)) return false;
      return kind === "account" || arnsOverlap(mapping.arnLike ?? "", all);
    });
  });
}

/**
 * In milliseconds: how long kube-apiserver caches an answer, the default of --authentication-token-webhook-cache-ttl, and the
 * 10 s for which it remembers each token besides (TokenSuccessCacheTTL).
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubeapiserver/options/authentication.go
 */
const APISERVER_CACHE_MS = 130_000;

/**
 * What a plan that writes these denials marks and reports. An AWS-signed token does not show its session, so a denial of
 * one session denies all of them for the role: prints these roles.
 *
 * @param found of a person: its possible identities
 * @param endsAccess whether a stored mapping may apply to what is denied
 * @param ending of a person: a sentence, if it is not known that access ends
 */
export function effectOf(
  patterns: readonly string[],
  { functions }: Connection,
  { log }: IOStreams,
  found: readonly PossibleIdentity[] = [],
  endsAccess = true,
  ending: () => string | undefined = () => undefined,
): Pick<ClusterPlan, "effect"> {
  const ofPerson = found.length > 0;
  const sessions = found.filter(({ kind }) => kind === "session");
  const roles = ofPerson
    ? sessions.map(({ mapping }) => mapping)
    : // `*` for a pattern without a role.
      patterns.filter(isOfSessions).map((arnLike) => sessionRole(arnLike) ?? "*");
  if (functions.own.settings.jwt !== undefined && roles.length > 0) {
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
      ending() === undefined
        ? `${EFFECT} By default, kube-apiserver caches an answer for 2 min, so access ends by ${shownTime(now + MAPPING_FOUND_MS + APISERVER_CACHE_MS)}.`
        : `${EFFECT} ${ending()}`,
      ...(evading.length === 0
        ? []
        : [
            `Not ended: other session names of ${[...new Set(evading)].join(", ")}. The caller that assumes such a role chooses the name: ` +
              "change the role's trust policy, or deny the role.",
          ]),
      "Not ended: requests that are open (watch, exec, attach, port-forward) go on. A restart of kube-apiserver ends them.",
      "Not ended: client certificates, and files with service account tokens or certificates.",
    ],
  };
}

/** Whether a stored mapping that has not ended may apply to an identity that one of the patterns denies. */
export function mayEndAccess(patterns: readonly string[], parameters: StoredParameters, review: ReviewSettings) {
  const list = { value: JSON.stringify(patterns.map((arnLike) => ({ arnLike }))), secure: false };
  const denials = readValue(denyParameter(review.prefix, "any"), list, review).entries;
  return [...parameters]
    .flatMap(([name, stored]) => readValue(name, stored, review).entries)
    .some((entry) => entry.kind !== "deny" && isActive(entry, review) && denials.some((one) => overlaps(one, entry)));
}

/**
 * The parameters of the principal that a denial names; `undefined` for a pattern. Only AWS knows the suffix of a permission
 * set's role, and no mapping depends on it.
 */
export function parametersFor(arnLike: string, prefix: string): string[] | undefined {
  const principal = supposeIdentity(arnLike.replace(/\?{16}(?=$|\/)/, "0".repeat(16)));
  return principal && candidates(prefix, principal).map(({ parameter }) => parameter);
}

/** A stored mapping whose name is similar to the principal's, such as `role/111122223333/developers`. */
export function similarMapping(arnLike: string, stored: Iterable<string>, prefix: string): string | undefined {
  const own = parametersFor(arnLike, prefix) ?? [];
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
export async function warnOfFederatedUsers(arnLike: string, { changes }: Plan, connection: Connection, io: IOStreams) {
  const { ssm, review, settings } = connection;
  if (!/^arn:[^:]*:iam:[^:]*:[^:]*:user\//i.test(arnLike)) return;
  const account = accountOf(arnLike);
  const lists = new Set([account, "any"].map((of) => denyParameter(review.prefix, of)));
  const names = [...parametersForFederated(review.prefix, account), ...lists];
  const start = "This denial does not cover federated users, whose names their creator chooses";
  const advice = `To deny them too: iam-authenticator mappings deny -c ${settings.clusterId} 'arn:${review.partition}:sts::${account === "any" ? "*" : account}:federated-user/*'`;
  try {
    const stored = await readSome(ssm, names, io.interrupted);
    const granting = grantsToFederated(account, afterwards(stored, changes), review);
    if (granting.length === 0) return;
    const where = granting.map((name) => shortName(name, review.prefix)).join(" and ");
    io.log(`Warning: ${start} (sts:GetFederationToken): ${where} grants them access. ${advice}\n`);
  } catch (error) {
    if (io.interrupted.aborted) throw error;
    io.log(`Warning: ${start}. Could not read which mappings grant them access. ${advice}\n`);
  }
}
