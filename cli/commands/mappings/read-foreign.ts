// Reads the mappings in files of aws-iam-authenticator, eksctl, EKS and Terraform.

import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { usage } from "../../io/errors.ts";
import { shownFile } from "../../io/files.ts";
import { type Path, parseDocuments, type YamlDocument } from "../../io/yaml.ts";
import { stringAt } from "../../kube/objects.ts";
import { fromAccessEntry, fromAssociatedPolicies } from "./access-entries.ts";
import type { At, Foreign } from "./foreign.ts";

const KINDS =
  "the aws-auth ConfigMap, aws-iam-authenticator's server config (as a file or in its ConfigMap), IAMIdentityMapping " +
  "objects, eksctl's ClusterConfig, the output of aws eks describe-access-entry and list-associated-access-policies, and " +
  "Terraform's aws_auth_roles, aws_auth_users and aws_auth_accounts (as .tfvars.json, or one of these lists)";

const TO_JSON =
  "Convert it to JSON, in the folder of its configuration: echo 'jsonencode({aws_auth_roles = var.aws_auth_roles})' | " +
  "terraform console -var-file=<file> | jq -r . > aws-auth.tfvars.json (and aws_auth_users and aws_auth_accounts alike). " +
  "If a list is the argument of a module, move it into a locals block first, and give local.aws_auth_roles instead of " +
  "var.aws_auth_roles.";

/**
 * Reads a file, and detects kinds by their keys. Throws if no document in the file has a known
 * kind.
 *
 * @param isOneOfSeveral whether other files are imported too: then a file may be an empty list
 * @returns the mappings, and phrases about documents without mappings
 */
export function readForeign(text: string, file: string, isOneOfSeveral: boolean) {
  if (/^[ \t]*aws_auth_\w+[ \t]*=/m.test(text))
    throw usage(`${shownFile(file)}: HCL is not supported. ${TO_JSON}`);
  const documents = documentsIn(text, file);
  const read = documents.flatMap(partsOf).map((part) => ({ part, items: readPart(part, file) }));
  // A list of Terraform without users is `[]`. Alone, it is more likely that the program that wrote
  // it found nothing.
  const isEmptyList = read.length === 0 && documents.length > 0;
  if (read.length === 0 && !(isOneOfSeveral && isEmptyList))
    throw usage(`${shownFile(file)}: it is empty.`);
  if (!isEmptyList && read.every(({ items }) => items === undefined)) {
    throw usage(`${shownFile(file)}: unknown format. import reads ${KINDS}.`);
  }
  return {
    items: read.flatMap(({ items }) => items ?? []),
    notes: read.flatMap(({ part, items }) =>
      items?.length ? [] : noteOnDocument(part, items !== undefined),
    ),
  };
}

function noteOnDocument({ value, lineOf }: YamlDocument, isKnown: boolean): string {
  const kind = isObject(value) ? value["kind"] : undefined;
  const hint =
    isKnown && kind === "ConfigMap"
      ? `: import reads its keys ${SECTIONS.join(", ")} and ${SERVER_CONFIG}`
      : "";
  return `line ${lineOf([])}: ${String(kind ?? "a document")} has no mappings${hint}`;
}

function readPart(part: YamlDocument, file: string): Foreign[] | undefined {
  if (Array.isArray(part.value) && isBareList(part.value))
    return bareList(part.value, "entry", part.lineOf);
  if (!isObject(part.value)) return undefined;
  const variables = fromVariables(part, part.value);
  if (variables !== undefined) return variables;
  const { kind, data, spec, server, iamIdentityMappings, accessEntry, associatedAccessPolicies } =
    part.value;
  const name = stringAt(part.value, "metadata", "name");
  if (kind === "ConfigMap") return fromConfigMap(below(part, ["data"], data), name, file);
  if (kind === "IAMIdentityMapping") {
    return [
      fromListItem(spec, { where: `IAMIdentityMapping ${name}`, line: part.lineOf([]) }, "arn"),
    ];
  }
  if (isObject(server)) return fromLists(below(part, ["server"], server));
  if (Array.isArray(iamIdentityMappings)) {
    return iamIdentityMappings.map((item, i) =>
      fromEksctl(item, {
        where: `iamIdentityMappings ${i + 1}`,
        line: part.lineOf(["iamIdentityMappings", i]),
      }),
    );
  }
  if (Array.isArray(associatedAccessPolicies)) return fromAssociatedPolicies(part);
  if (!isObject(accessEntry)) return undefined;
  return [fromAccessEntry(accessEntry, { where: "access entry", line: part.lineOf([]) })];
}

const SECTIONS = ["mapRoles", "mapUsers", "mapAccounts"];

/** The key of the ConfigMap of aws-iam-authenticator that has its server config. */
const SERVER_CONFIG = "config.yaml";

/**
 * Reads a ConfigMap, in which sections and the server config are YAML texts. Returns `undefined`
 * for another program's ConfigMap.
 */
function fromConfigMap(data: YamlDocument, name: string, file: string): Foreign[] | undefined {
  const texts = isObject(data.value) ? data.value : {};
  const isKnown = Object.keys(texts).some((key) => SECTIONS.includes(key) || key === SERVER_CONFIG);
  if (!isKnown && !["", "aws-auth", "aws-iam-authenticator"].includes(name)) return undefined;
  return Object.entries(texts).flatMap(([key, text]) => {
    const at = { where: key, line: data.lineOf([key]) };
    if (!SECTIONS.includes(key) && key !== SERVER_CONFIG) {
      return [{ ...at, problem: `only ${SECTIONS.join(", ")} and ${SERVER_CONFIG} are read` }];
    }
    const inner =
      typeof text === "string" ? textPart(data, key, text, file) : below(data, [key], text);
    return key === SERVER_CONFIG ? (readPart(inner, file) ?? []) : section(inner, key);
  });
}

function textPart(data: YamlDocument, key: string, text: string, file: string): YamlDocument {
  const first = data.blockLine([key]);
  const [part] = parseDocuments(text, `${shownFile(file)}, ${key}`, first);
  if (part !== undefined && first !== undefined) return part;
  // Quoted text has no separate lines.
  return { value: part?.value ?? [], lineOf: () => data.lineOf([key]), blockLine: () => undefined };
}

/**
 * Reads the lists of a server config, whose keys viper reads in any case:
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format
 */
function fromLists(server: YamlDocument): Foreign[] {
  const keys = isObject(server.value) ? server.value : {};
  return Object.entries(keys).flatMap(([key, value]) => {
    const name = SECTIONS.find((known) => known.toLowerCase() === key.toLowerCase());
    return name === undefined ? [] : section(below(server, [key], value), name);
  });
}

const ARN_KEYS: Readonly<Record<string, string>> = { mapRoles: "rolearn", mapUsers: "userarn" };

function section({ value, lineOf }: YamlDocument, name: string): Foreign[] {
  const items = value ?? [];
  if (!Array.isArray(items)) throw usage(`line ${lineOf([])}: ${name} must be a list.`);
  const arnKey = ARN_KEYS[name];
  return items.map((item, i) => {
    const at = { where: `${name} ${i + 1}`, line: lineOf([i]) };
    return arnKey === undefined ? { ...at, account: item } : fromListItem(item, at, arnKey);
  });
}

function fromListItem(item: unknown, at: At, arnKey: string): Foreign {
  const { username, groups, sso, [arnKey]: arn, ...rest } = lowerCaseKeys(item);
  const { permissionsetname: permissionSet, accountid: account } = lowerCaseKeys(sso);
  return {
    ...at,
    username,
    groups,
    ...remarkOn(rest),
    ...(arn === undefined && isObject(sso) ? { permissionSet, account } : { arn: arn ?? null }),
  };
}

/** https://github.com/terraform-aws-modules/terraform-aws-eks/blob/v19.21.0/variables.tf */
const VARIABLES = ["aws_auth_roles", "aws_auth_users", "aws_auth_accounts"];

/**
 * Reads variables of Terraform. Returns `undefined` without a variable of these names. Other
 * variables are not about access.
 */
function fromVariables(part: YamlDocument, values: Record<string, unknown>): Foreign[] | undefined {
  const names = Object.keys(values).filter((name) => name.startsWith("aws_auth_"));
  if (names.length === 0) return undefined;
  return names.flatMap((name) => {
    const { value, lineOf } = below(part, [name], values[name] ?? []);
    if (VARIABLES.includes(name) && Array.isArray(value)) return bareList(value, name, lineOf);
    const problem = VARIABLES.includes(name)
      ? "it must be a list"
      : `only ${VARIABLES.join(", ")} are read`;
    return [{ where: name, line: lineOf([]), problem }];
  });
}

function bareList(
  items: readonly unknown[],
  name: string,
  lineOf: YamlDocument["lineOf"],
): Foreign[] {
  return items.map((item, i) => {
    const at = { where: `${name} ${i + 1}`, line: lineOf([i]) };
    if (!isObject(item)) return { ...at, account: item };
    return fromListItem(item, at, "userarn" in lowerCaseKeys(item) ? "userarn" : "rolearn");
  });
}

/** Returns whether these are users, roles or accounts, and not the responses of several calls. */
function isBareList(items: readonly unknown[]): boolean {
  return items.some((item) => {
    const keys = lowerCaseKeys(item);
    return "rolearn" in keys || "userarn" in keys || /^"?\d{12}"?$/.test(JSON.stringify(item));
  });
}

/** Reports typos such as `group:`, which aws-iam-authenticator ignores. */
function remarkOn(rest: Record<string, unknown>): Pick<Foreign, "remark"> {
  const keys = Object.keys(rest);
  if (keys.length === 0) return {};
  const pin = "userid" in rest ? "; to pin the mapping to this principal, set principalId" : "";
  return { remark: `unknown ${keys.length > 1 ? "keys" : "key"} ${keys.join(", ")} skipped${pin}` };
}

function lowerCaseKeys(item: unknown): Record<string, unknown> {
  if (!isObject(item)) return {};
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.toLowerCase(), value]));
}

/**
 * Reads an identity mapping of eksctl:
 * https://docs.aws.amazon.com/eks/latest/eksctl/iam-identity-mappings.html
 */
function fromEksctl(item: unknown, at: At): Foreign {
  const {
    arn,
    username,
    groups,
    account,
    serviceName,
    noDuplicateARNs: _,
    ...rest
  } = isObject(item) ? item : {};
  if (serviceName !== undefined) {
    return {
      ...at,
      problem: `service ${String(serviceName)} is RBAC that eksctl creates, not a mapping`,
    };
  }
  if (account !== undefined) return { ...at, account, ...remarkOn(rest) };
  return { ...at, arn: arn ?? null, username, groups, ...remarkOn(rest) };
}

/**
 * Returns the documents of a text. Calls of the AWS CLI in a loop print consecutive JSON objects,
 * `jq -c` prints one per line.
 */
function documentsIn(text: string, file: string): YamlDocument[] {
  const isSeries = text.trimStart().startsWith("{") && parseJson(text) === undefined;
  if (!isSeries) return parseDocuments(text, file);
  let line = 1;
  return text.split(/\n(?=\{)/).flatMap((piece) => {
    const parts = parseDocuments(piece, file, line);
    line += piece.split("\n").length;
    return parts;
  });
}

/** Splits kubectl's `kind: List`, and a list of responses. */
function partsOf(part: YamlDocument): YamlDocument[] {
  const { value } = part;
  if (Array.isArray(value) && isBareList(value)) return [part];
  if (Array.isArray(value)) return value.map((item, i) => below(part, [i], item));
  const { kind, items } = isObject(value) ? value : {};
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [part];
  return items.map((item, i) => below(part, ["items", i], item));
}

/** Returns the part at this path. */
function below({ lineOf, blockLine }: YamlDocument, path: Path, value: unknown): YamlDocument {
  return {
    value,
    lineOf: (rest) => lineOf([...path, ...rest]),
    blockLine: (rest) => blockLine([...path, ...rest]),
  };
}
