// Makes up sample principals that an entry matches, to check whether the entry grants access.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import { denyParameter, encodeName, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { principalOf, SAMPLE_SESSION, supposeIdentity } from "./evaluation.ts";

export interface SamplePrincipal {
  /** Candidates for the principal, of which one exists: a result is sure only if it holds for all of them. */
  readonly identities: readonly VerifiedIdentity[];
  /** ARN patterns of further candidates. */
  readonly mayBe: readonly string[];
}

type StoredParameters = ReadonlyMap<string, StoredParameter>;

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
  if (kind === "account") return [{ identities: identitiesOf([roleOf(partition, account, ANY)]), mayBe: [] }];
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
  const candidates: SamplePrincipal[] = /^awsreserved/i.test(name)
    ? [permissionSetSample(account, fill(setIn(name), "0"), parameters, context)]
    : [
        roleOf(partition, account, fill(name, ANY)),
        `arn:${partition}:iam::${account}:user/${fill(name, ANY)}`,
        `arn:${partition}:iam::${account}:root`,
        `arn:${partition}:iam::${account}:${fill(resource, ANY)}`,
        `arn:${partition}:sts::${account}:federated-user/${fill(name, ANY)}`,
      ].map((arn) => ({ identities: identitiesOf([arn]), mayBe: [] }));
  const isMatched = ({ identities }: SamplePrincipal) =>
    identities.some((one) => matchesArnLike(arnLike, one.canonicalArn));
  return candidates.filter(isMatched).slice(0, 1);
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
      .flatMap((of) => [mappingParameter(prefix, "pattern", of), denyParameter(prefix, of)])
      .flatMap((name) => patternsIn(parameters.get(name)))
      .flatMap((arnLike) => suffixIn(arnLike, set)),
  ];
  const roles = new Set(
    suffixes.filter((suffix) => /^[0-9a-f]{16}$/.test(suffix)).map((suffix) => `AWSReservedSSO_${set}_${suffix}`),
  );
  return {
    identities: [...roles].flatMap((role) => supposeIdentity(roleOf(partition, account, role), { sessionName }) ?? []),
    mayBe: arnsOf(partition, account, `AWSReservedSSO_${set}_${"?".repeat(16)}`, sessionName),
  };
}

function patternsIn(stored: StoredParameter | undefined): string[] {
  const list = parseJson(stored?.value ?? "");
  return (Array.isArray(list) ? list : []).flatMap((item: unknown) =>
    isObject(item) && typeof item["arnLike"] === "string" ? [item["arnLike"]] : [],
  );
}

/** A suffix that the pattern matches, if the pattern contains the set and a part of the suffix. */
function suffixIn(arnLike: string, set: string): string[] {
  // A denial may have a path before the name or a session after it.
  const [, rest] =
    arnLike
      .toLowerCase()
      .split(`/awsreservedsso_${set.toLowerCase()}_`)[1]
      ?.match(/^([^/]*)/) ?? [];
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

function identitiesOf(arns: readonly string[]): VerifiedIdentity[] {
  return arns.flatMap((arn) => supposeIdentity(arn) ?? []);
}

/** A user's ARN has a path, which patterns match. The mapping's ARN may lack it. */
function pathsOf({ kind, partition, accountId, name }: VerifiedIdentity): string[] {
  const start = `arn:${partition}:iam::${accountId}:user`;
  return kind === "user" ? [`${start}/${name}`, `${start}/*/${name}`] : [];
}

/** The ARNs of a role and its session: a denial may match either. */
function arnsOf(partition: string, account: string, role: string, session: string): string[] {
  return [roleOf(partition, account, role), `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`];
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
