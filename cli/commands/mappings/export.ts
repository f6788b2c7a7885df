// `mappings export`: prints all mappings as a mapping file or as the aws-auth ConfigMap.

import { type Command, Option } from "commander";
import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import type { MappingKind } from "../../../functions/authenticator/mapping/kinds.ts";
import {
  denyParameter,
  mappingParameter,
  permissionSetOf,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type Connection, type ConnectionOptions, connect } from "../../aws/connection.ts";
import { readSome } from "../../aws/parameter-store.ts";
import { describe } from "../../cmdline/define.ts";
import { CONNECTION, collect, READING, withOptions } from "../../cmdline/options.ts";
import { type Speller, spellerFor } from "../../cmdline/spelling.ts";
import { finding, usage } from "../../io/errors.ts";
import { readText, shownFile } from "../../io/files.ts";
import { printData, shellWord } from "../../io/print.ts";
import type { IOStreams } from "../../io/streams.ts";
import { parseDocuments, parseYaml, stringifyYaml } from "../../io/yaml.ts";
import {
  deniedIn,
  type Entry,
  type MappingEntry,
  nameOfEntry,
  readParameter,
} from "../../model/entry.ts";
import {
  isActive,
  overlaps,
  type PlacedDenial,
  type PlacedMapping,
  placed,
} from "../../model/entry-arns.ts";
import { decideForPrincipal, type ReviewSettings, shortName } from "../../model/evaluation.ts";
import { writeMappingFile } from "../../model/mapping-file.ts";
import type { VersionedParameter } from "../../model/stored.ts";
import { type StoredEntries, storedEntries } from "../../model/stored-entries.ts";
import { readMappings, requireParameters } from "../../plan/read.ts";
import { type Cause, lineOf, phraseOf, type Skipped } from "./export-skipped.ts";
import { withoutRolePath } from "./foreign.ts";

function translateOut(text: string): string {
  return text.replace(/\{(\w+)\}/g, "{{$1}}");
}

interface ExportInput {
  /** All parameters below the prefix, including invalid ones, since they deny access too. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Roles that IAM Identity Center created for permission sets. */
  readonly roles: readonly KnownRole[];
  readonly review: ReviewSettings;
}

/** Returns the ConfigMap, the number of mappings in it, and the skipped mappings and denials. */
export function exportAwsAuth({ parameters, roles, review }: ExportInput) {
  const stored = storedEntries(parameters, review);
  const { mappings, denials } = stored;
  const activeDenials = denials.filter((denial) => isActive(denial, review));
  const source = { ...stored, roles, activeDenials };
  const carried = mappings.map((entry) => ({ entry, ...convert(entry, source) }));
  const exportable = carried.flatMap(({ items }) => (items === undefined ? [] : [items]));
  return {
    configMap: configMapOf(exportable.flat()),
    exported: exportable.length,
    problems: [
      ...carried.flatMap(({ entry, cause }): Skipped[] =>
        cause ? [{ what: nameOfEntry(entry), cause }] : [],
      ),
      ...denials.map(
        ({ mapping }): Skipped => ({ what: deniedIn(mapping), cause: { code: "denial_unknown" } }),
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

/** Entries that aws-auth can express, or the cause why the entry is skipped. */
type Conversion =
  | { readonly items: readonly MappingEntry[]; readonly cause?: undefined }
  | { readonly cause: Cause; readonly items?: undefined };

/** What decides whether aws-auth can express a mapping. */
interface Source extends StoredEntries {
  readonly roles: readonly KnownRole[];
  /** The denials that have not ended. */
  readonly activeDenials: readonly PlacedDenial[];
}

/**
 * Converts an entry. Skipping one is safe, shortening it is not: without its end or a denial, a
 * mapping would grant more access.
 */
function convert(entry: PlacedMapping, source: Source): Conversion {
  const { kind, parameter, mapping } = entry;
  const limit = (["notAfter", "principalId"] as const).find((key) => mapping[key]);
  if (limit !== undefined) return skipped({ code: "key_unknown", key: limit });
  if (claimPlaceholdersIn(mapping.username ?? "").length > 0)
    return skipped({ code: "claims_unknown" });
  const unchanged = () => carryAll([entry], parameter, source);
  const carry: Readonly<Record<MappingKind, () => Conversion>> = {
    role: unchanged,
    user: unchanged,
    root: unchanged,
    "federated-user": unchanged,
    sso: () => carryPermissionSet(entry, source),
    "sso-session": () => skipped({ code: "session_unknown" }),
    pattern: () => skipped({ code: "pattern_unknown" }),
    account: () => carryAccount(entry, source),
  };
  return carry[kind]();
}

function skipped(cause: Cause): Conversion {
  return { cause };
}

function carryAccount(
  entry: MappingEntry,
  { parameters, mappings, problems, review, activeDenials }: Source,
): Conversion {
  const { account, mapping } = entry;
  if (mapping.username !== undefined) return skipped({ code: "account_username_unknown" });
  const pinned = mappings.filter(({ mapping: { principalId } }) => principalId !== undefined);
  for (const name of parameters.keys()) {
    const accountInName = readName(review.prefix, name)?.account;
    if (accountInName !== account && accountInName !== "any") continue;
    const by = shortName(name, review.prefix);
    if (problems.has(name)) return skipped({ code: "denied_by_invalid", by });
    if (pinned.some(({ parameter }) => parameter === name))
      return skipped({ code: "denied_by_principal_id", by });
  }
  return unlessDenied([entry], review, activeDenials);
}

/**
 * Converts a permission set's mapping to the set's known roles, except roles with a separate
 * mapping, even if that one cannot be converted.
 */
function carryPermissionSet(entry: PlacedMapping, source: Source): Conversion {
  const { parameters, mappings, problems, roles, review } = source;
  const { prefix } = review;
  const { account, name: set } = entry;
  const isOfSet = (role: KnownRole) => role.permissionSet.toLowerCase() === set.toLowerCase();
  const known = roles.filter((role) => role.account === account && isOfSet(role));
  if (known.length === 0) return skipped({ code: "set_without_roles" });
  const list = mappingParameter(prefix, "sso-session", account, set);
  const ofSessions = mappings.filter(({ parameter }) => parameter === list);
  if (problems.has(list) || ofSessions.some((session) => isActive(session, review))) {
    return skipped({ code: "set_with_sessions", by: shortName(list, prefix) });
  }
  const others = known.filter(
    ({ name }) => !parameters.has(mappingParameter(prefix, "role", account, name)),
  );
  if (others.length === 0) return skipped({ code: "roles_mapped" });
  const asRoles = others.map(({ name, arn }): MappingEntry => {
    return { kind: "role", account, name, mapping: { ...entry.mapping, arn } };
  });
  return carryAll(asRoles, entry.parameter, source);
}

/** Converts the items only if the function grants access to each principal by this parameter. */
function carryAll(
  items: readonly MappingEntry[],
  parameter: string,
  { parameters, review, activeDenials }: Source,
): Conversion {
  for (const item of items) {
    const deciding = decideForPrincipal(item, parameters, review)?.deciding;
    const kind = deciding?.verdict.kind;
    if (kind === "match" && deciding?.parameter === parameter) continue;
    const by =
      deciding === undefined ? "no parameter" : shortName(deciding.parameter, review.prefix);
    if (kind === "deny") return skipped({ code: "denied", by });
    if (kind === "invalid") return skipped({ code: "denied_by_invalid", by });
    return skipped({ code: "not_applied", by });
  }
  return unlessDenied(items, review, activeDenials);
}

/**
 * Finds denials that one sample principal does not show: of a session, a user's path, or a part of
 * an account.
 */
function unlessDenied(
  items: readonly MappingEntry[],
  { partition }: ReviewSettings,
  denials: readonly PlacedDenial[],
): Conversion {
  const principals = items.map((item) => placed(item, "", partition));
  const denial = denials.find((entry) =>
    principals.some((principal) => overlaps(entry, principal)),
  );
  return denial === undefined
    ? { items }
    : skipped({ code: "denied_by_entry", denied: deniedIn(denial.mapping) });
}

type KnownRole = ReturnType<typeof readSetRoles>[number];

/**
 * Reads `{"Roles": [{"Arn": ...}]}`, a list of such roles, or a list of ARNs. Skips roles without a
 * permission set.
 */
function readSetRoles(text: string, file: string) {
  const roles = parseDocuments(text, file).flatMap(({ value }) => {
    const list = isObject(value) ? value["Roles"] : value;
    if (!Array.isArray(list))
      throw usage(`--roles-from ${shownFile(file)}: must be the output of aws iam list-roles.`);
    return list;
  });
  return roles.flatMap((role: unknown) => {
    const arn = isObject(role) ? role["Arn"] : role;
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (typeof arn !== "string" || mapped?.kind !== "role") {
      throw usage(
        `--roles-from ${shownFile(file)}: ${JSON.stringify(role)} is not a role with an Arn.`,
      );
    }
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    const permissionSet = permissionSetOf(name);
    if (permissionSet === undefined) return [];
    // Without the path `aws-reserved/sso.amazonaws.com/`, as aws-auth needs it.
    const bare = `arn:${mapped.partition}:iam::${mapped.accountId}:role/${name}`;
    return [{ account: mapped.accountId, permissionSet, arn: bare, name }];
  });
}

interface ExportOptions extends ConnectionOptions {
  readonly format: "mappings" | "aws-auth";
  readonly output: "yaml" | "json";
  readonly rolesFrom?: readonly string[];
}

export function exportCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Skips mappings that the ConfigMap cannot express, with a line on standard error and exit code 1. With " +
      "--roles-from, it replaces a permission set with its roles.",
    examples: [
      "mappings export -c prod > mappings.yaml",
      () => "aws iam list-roles --path-prefix /aws-reserved/ > roles.json",
      "mappings export -c prod --format aws-auth --roles-from roles.json",
    ],
  });
  return withOptions(command, CONNECTION, READING)
    .addOption(new Option("--format <name>").choices(["mappings", "aws-auth"]).default("mappings"))
    .addOption(new Option("-o, --output <format>").choices(["yaml", "json"]).default("yaml"))
    .option(
      "--roles-from <file>",
      "output of aws iam list-roles, for permission sets (may be repeated)",
      collect,
    )
    .action((options: ExportOptions) => exportAll(options, io));
}

async function exportAll(options: ExportOptions, io: IOStreams): Promise<void> {
  if (options.rolesFrom !== undefined && options.format !== "aws-auth") {
    throw usage("--roles-from requires --format aws-auth.");
  }
  const connection = await connect(options, io);
  const { prefix } = connection.review;
  const parameters = await readMappings(connection, io);
  await requireParameters(parameters, connection, io);
  const readings = [...parameters.values()].map((stored) => ({
    name: shortName(stored.name, prefix),
    ...readParameter(prefix, stored.name, stored),
  }));
  const entries = readings.flatMap((reading) => reading.entries);
  const invalid = readings.flatMap(({ name, problems }) =>
    problems.map((problem): Skipped => ({ what: name, cause: { code: "invalid", problem } })),
  );
  const { text, exported, problems } =
    options.format === "aws-auth"
      ? await awsAuth(parameters, connection, options, io)
      : { text: writeMappingFile(entries), exported: entries.length, problems: [] };
  if (options.output === "yaml") io.print(text);
  // Mapping files may be JSON too.
  else await printData(parseYaml(text, "the export").value, "json", io);
  const left = [...invalid, ...problems];
  for (const entry of left) io.log(`Skipped ${lineOf(entry)}.\n`);
  if (left.length > 0)
    throw finding(
      `${exported} exported, ${left.length} skipped.`,
      ...causesOf(left, spellerFor(options, io.environment)),
    );
}

/**
 * Returns sentences: the most frequent causes, and advice about the denial that causes most skips.
 */
function causesOf(all: readonly Skipped[], { spell }: Speller): string[] {
  const causes = [...Map.groupBy(all, ({ cause }) => phraseOf(cause))]
    .map(([phrase, entries]) => ({ phrase, cause: entries[0]?.cause, length: entries.length }))
    .filter(({ length }) => length > 1)
    .toSorted((a, b) => b.length - a.length);
  const [denial] = causes.flatMap(({ cause }) =>
    cause?.code === "denied_by_entry" ? cause.denied : [],
  );
  return [
    ...causes.slice(0, MOST_CAUSES).map(({ phrase, length }) => `${length} skipped: ${phrase}.`),
    ...(denial === undefined
      ? []
      : [
          `aws-auth cannot deny ${denial}. End its access in AWS, then remove the denial and export again: ${spell("mappings allow", shellWord(denial))}`,
        ]),
  ];
}

const MOST_CAUSES = 5;

async function awsAuth(
  parameters: ReadonlyMap<string, VersionedParameter>,
  { ssm, review, account }: Connection,
  { rolesFrom = [] }: ExportOptions,
  io: IOStreams,
) {
  const { prefix } = review;
  // `readMappings` skips these with --account, but they deny identities of the account too.
  const ofAny = [denyParameter(prefix, "any"), mappingParameter(prefix, "pattern", "any")];
  const others =
    account === undefined
      ? new Map<string, VersionedParameter>()
      : await readSome(ssm, ofAny, io.interrupted);
  const roles: KnownRole[] = [];
  for (const file of rolesFrom) roles.push(...readSetRoles(await readText(file, io), file));
  const { configMap, ...rest } = exportAwsAuth({
    parameters: new Map([...parameters, ...others]),
    roles,
    review,
  });
  return { text: configMap, ...rest };
}
