// Converts stored mappings to the aws-auth ConfigMap, and finds those that it cannot express.

import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import type { MappingKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { deniedIn, type Entry, type MappingEntry, nameOfEntry } from "../../model/entry.ts";
import {
  isActive,
  overlaps,
  type PlacedDenial,
  type PlacedMapping,
  placed,
} from "../../model/entry-arns.ts";
import {
  decideForPrincipal,
  type ReviewSettings,
  type StoredParameters,
} from "../../model/evaluation.ts";
import { type StoredEntries, storedEntries } from "../../model/stored-entries.ts";
import { withoutRolePath } from "./foreign.ts";

/** Why a mapping or a denial is skipped. */
interface Cause {
  readonly phrase: string;
  /** The pattern or name of the denial that is the cause; not set for another cause. */
  readonly denied?: string;
}

export interface Skipped extends Cause {
  /** The mapping, denial or parameter, as in a message. */
  readonly what: string;
}

interface ExportInput {
  /** All parameters below the prefix, including invalid ones, since they deny access too. */
  readonly parameters: StoredParameters;
  readonly review: ReviewSettings;
}

/** Returns the ConfigMap, the number of mappings in it, and the skipped mappings and denials. */
export function exportAwsAuth({ parameters, review }: ExportInput) {
  const stored = storedEntries(parameters, review);
  const { mappings, denials } = stored;
  const activeDenials = denials.filter((denial) => isActive(denial, review));
  const source = { ...stored, activeDenials };
  const examined = mappings.map((entry) => ({ entry, cause: causeToSkip(entry, source) }));
  const exportable = examined.flatMap(({ entry, cause }) => (cause === undefined ? [entry] : []));
  return {
    configMap: configMapOf(exportable),
    exported: exportable.length,
    problems: [
      ...examined.flatMap(({ entry, cause }): Skipped[] =>
        cause ? [{ what: nameOfEntry(entry), ...cause }] : [],
      ),
      ...denials.map(
        ({ mapping }): Skipped => ({ what: deniedIn(mapping), phrase: "aws-auth has no denials" }),
      ),
    ],
  };
}

function configMapOf(exportable: readonly Entry[]): string {
  const roles = exportable
    .filter(({ kind }) => kind === "role")
    .map((entry) => item(entry, "rolearn"));
  const accounts = exportable
    .filter(({ kind }) => kind === "account")
    .map(({ account }) => account);
  const users = exportable
    .filter(({ kind }) => kind !== "role" && kind !== "account")
    .map((entry) => item(entry, "userarn"));
  const data = {
    ...(roles.length > 0 && { mapRoles: stringifyYaml(roles) }),
    ...(users.length > 0 && { mapUsers: stringifyYaml(users) }),
    ...(accounts.length > 0 && { mapAccounts: stringifyYaml(accounts) }),
  };
  const metadata = { name: "aws-auth", namespace: "kube-system" };
  return stringifyYaml({ apiVersion: "v1", kind: "ConfigMap", metadata, data }, { blocks: true });
}

function item({ mapping }: Entry, arnKey: "rolearn" | "userarn"): Record<string, unknown> {
  const { arn = "", username = "", groups = [] } = mapping;
  return {
    // aws-iam-authenticator does not see a role's path, and never matches an ARN with one.
    [arnKey]: withoutRolePath(arn),
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}

/** Returns the text with the placeholders of aws-iam-authenticator, such as `{{SessionName}}`. */
function translateOut(text: string): string {
  return text.replace(/\{(\w+)\}/g, "{{$1}}");
}

/** What decides whether aws-auth can express a mapping. */
interface Source extends StoredEntries {
  /** The denials that have not ended. */
  readonly activeDenials: readonly PlacedDenial[];
}

/**
 * Returns why a mapping is skipped; `undefined` if the ConfigMap grants what the function grants.
 * Skipping one is safe, shortening it is not: without its end or a denial, a mapping would grant
 * more access.
 */
function causeToSkip(entry: PlacedMapping, source: Source): Cause | undefined {
  const { kind, mapping } = entry;
  const { username = "", groups = [] } = mapping;
  const limit = (["notAfter", "principalId"] as const).find((key) => mapping[key]);
  if (limit !== undefined) return { phrase: `aws-auth has no ${limit}` };
  if ([username, ...groups].some((name) => claimPlaceholdersIn(name).length > 0))
    return { phrase: "aws-auth has no claims of AWS-signed tokens" };
  const ofPrincipal = () => causeOfPrincipal(entry, source);
  const causes: Readonly<Record<MappingKind, () => Cause | undefined>> = {
    role: ofPrincipal,
    user: ofPrincipal,
    root: ofPrincipal,
    "federated-user": ofPrincipal,
    sso: () => ({ phrase: "aws-auth has no permission sets" }),
    "sso-session": () => ({ phrase: "aws-auth cannot map a single session" }),
    pattern: () => ({ phrase: "aws-auth has no patterns" }),
    account: () => causeOfAccount(entry, source),
  };
  return causes[kind]();
}

function causeOfAccount(
  entry: MappingEntry,
  { parameters, mappings, problems, review, activeDenials }: Source,
): Cause | undefined {
  const { account, mapping } = entry;
  if (mapping.username !== undefined)
    return { phrase: "aws-auth cannot name the users of an account" };
  const pinned = mappings.filter(({ mapping: { principalId } }) => principalId !== undefined);
  for (const name of parameters.keys()) {
    const accountInName = readName(review.prefix, name)?.account;
    if (accountInName !== account && accountInName !== "any") continue;
    const by = shortName(name, review.prefix);
    if (problems.has(name)) return wouldGrant(`${by} denies, because it is invalid`);
    if (pinned.some(({ parameter }) => parameter === name))
      return wouldGrant(`${by} denies by principalId`);
  }
  return denialOf(entry, review, activeDenials);
}

/** A principal is exported only if the function grants it access by this parameter. */
function causeOfPrincipal(
  entry: PlacedMapping,
  { parameters, review, activeDenials }: Source,
): Cause | undefined {
  const deciding = decideForPrincipal(entry, parameters, review)?.deciding;
  const kind = deciding?.verdict.kind;
  if (kind === "match" && deciding?.parameter === entry.parameter)
    return denialOf(entry, review, activeDenials);
  const by = deciding === undefined ? "no parameter" : shortName(deciding.parameter, review.prefix);
  if (kind === "deny") return wouldGrant(`${by} denies`);
  if (kind === "invalid") return wouldGrant(`${by} denies, because it is invalid`);
  return { phrase: `it does not apply: ${by} does` };
}

/**
 * Finds denials that one sample principal does not show: of a session, a user's path, or a part of
 * an account.
 */
function denialOf(
  entry: MappingEntry,
  { partition }: ReviewSettings,
  denials: readonly PlacedDenial[],
): Cause | undefined {
  const principal = placed(entry, "", partition);
  const denial = denials.find((active) => overlaps(active, principal));
  if (denial === undefined) return undefined;
  const denied = deniedIn(denial.mapping);
  return { ...wouldGrant(`${denied} denies`), denied };
}

function wouldGrant(denier: string): Cause {
  return { phrase: `it would grant access to identities that ${denier}` };
}
