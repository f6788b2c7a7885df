// Makes up sample principals that an entry matches, to check whether the entry grants access.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import { encodeName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { listParameters, type StoredParameters } from "./denials.ts";
import { principalOf, SAMPLE_SESSION, supposeIdentity } from "./evaluation.ts";
import { vocabularyOf } from "./vocabulary.ts";

export interface SamplePrincipal {
  /** Candidates for the principal, of which one exists: a result is sure only if it holds for all of them. */
  readonly identities: readonly VerifiedIdentity[];
  /** ARN patterns of further candidates. */
  readonly mayBe: readonly string[];
}

/** Replaces a `*`: no principal has this name. */
const ANY = "0000000000000000";
const SOME_ACCOUNT = "000000000000";
/** Sample suffixes: a permission set's role ends in 16 hex digits that only AWS knows. */
const SUFFIXES = ["0000000000000000", "ffffffffffffffff"];

/** One element for each principal; empty for an entry that no principal can match. */
export function samplePrincipalsOf(
  entry: Entry,
  parameters: StoredParameters,
  context: EvaluationContext,
): SamplePrincipal[] {
  const { kind, account, name, mapping } = entry;
  const { partition } = context;
  if (kind === "account") return [onlySample(roleOf(partition, account, ANY))];
  if (kind === "sso" || kind === "sso-session") {
    return [permissionSetSample(account, name, parameters, context, mapping.session)];
  }
  if (kind !== "pattern") {
    const principal = principalOf(entry, context);
    return principal?.partition === partition ? [{ identities: [principal], mayBe: pathsOf(principal) }] : [];
  }
  const accounts = account === "any" ? accountsIn(parameters, context) : [account];
  return accounts.flatMap((one) => patternSamples(mapping.arnLike ?? "", one, parameters, context));
}

/** Roles first: most principals are roles, so a role represents a pattern for all principals. */
function patternSamples(
  arnLike: string,
  account: string,
  parameters: StoredParameters,
  context: EvaluationContext,
): SamplePrincipal[] {
  const { partition } = context;
  const resource = arnLike.split(":").slice(5).join(":");
  const name = resource.replace(/^[^/]*\//, "");
  const start = `arn:${partition}:iam::${account}`;
  const candidates: SamplePrincipal[] = /^awsreserved/i.test(name)
    ? [permissionSetSample(account, fill(setIn(name), "0"), parameters, context)]
    : [
        roleOf(partition, account, fill(name, ANY)),
        `${start}:user/${fill(name, ANY)}`,
        `${start}:root`,
        `${start}:${fill(resource, ANY)}`,
        `arn:${partition}:sts::${account}:federated-user/${fill(name, ANY)}`,
      ].map(onlySample);
  const isMatched = ({ identities }: SamplePrincipal) =>
    identities.some((one) => matchesArnLike(arnLike, one.canonicalArn));
  return candidates.filter(isMatched).slice(0, 1);
}

function onlySample(arn: string): SamplePrincipal {
  const identity = supposeIdentity(arn);
  return { identities: identity === undefined ? [] : [identity], mayBe: [] };
}

/** The set's role in the account. Candidates include the suffixes in separate mappings and in patterns. */
function permissionSetSample(
  account: string,
  set: string,
  parameters: StoredParameters,
  { prefix, partition }: EvaluationContext,
  sessionName: string = SAMPLE_SESSION,
): SamplePrincipal {
  const start = `${prefix}/role/${account}/${encodeName(`AWSReservedSSO_${set}_`)}`;
  const mapped = [...parameters.keys()].filter((parameter) => parameter.startsWith(start));
  const suffixes = [
    ...SUFFIXES,
    ...mapped.map((parameter) => parameter.slice(start.length)),
    ...[account, "any"]
      .flatMap((of) => listParameters(prefix, of))
      .flatMap((name) => vocabularyOf(parameters.get(name)).globs)
      .flatMap(([, , , , , resource = ""]) => suffixIn(resource, set)),
  ];
  const roles = new Set(
    suffixes.filter((suffix) => /^[0-9a-f]{16}$/.test(suffix)).map((suffix) => `AWSReservedSSO_${set}_${suffix}`),
  );
  const anyRole = `AWSReservedSSO_${set}_${"?".repeat(16)}`;
  return {
    identities: [...roles].flatMap((role) => supposeIdentity(roleOf(partition, account, role), { sessionName }) ?? []),
    // A denial may match the role's ARN or its session's.
    mayBe: [
      roleOf(partition, account, anyRole),
      `arn:${partition}:sts::${account}:assumed-role/${anyRole}/${sessionName}`,
    ],
  };
}

/** A suffix that the resource of a pattern matches, if it contains the set and a part of the suffix. In lower case. */
function suffixIn(resource: string, set: string): string[] {
  // A denial may have a path before the name or a session after it.
  const rest = resource.split(`/awsreservedsso_${set.toLowerCase()}_`)[1]?.split("/")[0];
  if (rest === undefined) return [];
  const literal = rest.replaceAll("*", "");
  return [fill(rest.replace("*", "0".repeat(Math.max(0, 16 - literal.length))), "")];
}

/** The set in a pattern for permission sets' roles: the part before the suffix. */
function setIn(name: string): string {
  const [, set = "*"] = /^awsreservedsso_(.+)$/i.exec(name) ?? [];
  return set.replace(/_[^_]*$/, "");
}

function fill(pattern: string, any: string): string {
  return pattern.replaceAll("*", any).replaceAll("?", "0");
}

/** A user's ARN has a path, which patterns match. The mapping's ARN may lack it. */
function pathsOf({ kind, partition, accountId, name }: VerifiedIdentity): string[] {
  const start = `arn:${partition}:iam::${accountId}:user`;
  return kind === "user" ? [`${start}/${name}`, `${start}/*/${name}`] : [];
}

function roleOf(partition: string, account: string, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}

/** The accounts that other mappings name: the cluster has no users from other accounts. */
function accountsIn(parameters: StoredParameters, context: EvaluationContext): string[] {
  const accounts = new Set(
    [...parameters.keys()].flatMap((name) => {
      const { kind = "deny", account = "any" } = readName(context.prefix, name) ?? {};
      return kind === "deny" || account === "any" ? [] : account;
    }),
  );
  return accounts.size === 0 ? [SOME_ACCOUNT] : [...accounts];
}
