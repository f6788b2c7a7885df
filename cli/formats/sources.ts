// The files that import reads: which kind a document is, and the mappings in it.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import { usage } from "../errors.ts";
import { nameOf } from "../io/files.ts";
import { parseYaml } from "../io/yaml.ts";
import type { Foreign } from "./record.ts";

/** Any of the four kinds, told apart by their own keys. */
export function readForeign(text: string, file: string): Foreign[] {
  const documents = documentsIn(text, file).flatMap((document) =>
    isObject(document) && document["kind"] === "List" && Array.isArray(document["items"])
      ? document["items"]
      : Array.isArray(document)
        ? document
        : [document],
  );
  if (documents.length === 0) throw usage(`${nameOf(file)}: nothing in it.`);
  return documents.flatMap((document) => {
    const found = isObject(document) ? readDocument(document, file) : undefined;
    if (found === undefined) {
      throw usage(
        `${nameOf(file)}: not a file that import knows. It reads the aws-auth ConfigMap, aws-iam-authenticator's server ` +
          "config, eksctl's ClusterConfig, and answers of aws eks describe-access-entry.",
      );
    }
    return found;
  });
}

/** The AWS CLI, called for each entry in a loop, leaves one JSON object after the other; `jq -c` each in a line. */
function documentsIn(text: string, file: string): unknown[] {
  const isSeries = text.trimStart().startsWith("{") && parseJson(text) === undefined;
  return (isSeries ? text.split(/\n(?=\{)/) : [text]).map((part) => parseYaml(part, file).value);
}

function readDocument(document: Record<string, unknown>, file: string): Foreign[] | undefined {
  const { data, server, iamIdentityMappings, accessEntry } = document;
  if (document["kind"] === "ConfigMap") return fromConfigMap(isObject(data) ? data : {}, file);
  // Read with viper, to which the case of a key is nothing.
  if (isObject(server)) return fromLists(lowerCaseKeys(server));
  if (Array.isArray(iamIdentityMappings)) return iamIdentityMappings.map(fromEksctl);
  return isObject(accessEntry) ? [fromAccessEntry(accessEntry)] : undefined;
}

const SECTIONS = ["mapRoles", "mapUsers", "mapAccounts"];

/** Each section is YAML inside of the ConfigMap's text. */
function fromConfigMap(data: Record<string, unknown>, file: string): Foreign[] {
  const lists: Record<string, unknown> = {};
  const problems: Foreign[] = [];
  for (const [key, text] of Object.entries(data)) {
    if (!SECTIONS.includes(key)) problems.push({ where: key, problem: `only ${SECTIONS.join(", ")} are ever read` });
    else lists[key.toLowerCase()] = typeof text === "string" ? parseYaml(text, `${nameOf(file)}, ${key}`).value : text;
  }
  return [...fromLists(lists), ...problems];
}

/** https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format: keys of a mapping in any case */
function fromLists(lists: Record<string, unknown>): Foreign[] {
  const section = (name: string): unknown[] => {
    const items = lists[name.toLowerCase()] ?? [];
    if (!Array.isArray(items)) throw usage(`${name} is no list.`);
    return items;
  };
  return [
    ...section("mapRoles").map((item, i) => fromListItem(item, `mapRoles ${i + 1}`, "rolearn")),
    ...section("mapUsers").map((item, i) => fromListItem(item, `mapUsers ${i + 1}`, "userarn")),
    ...section("mapAccounts").map((account, i) => ({ where: `mapAccounts ${i + 1}`, account })),
  ];
}

function fromListItem(item: unknown, where: string, arnKey: string): Foreign {
  const { username, groups, sso, [arnKey]: arn, ...rest } = lowerCaseKeys(item);
  const { permissionsetname: permissionSet, accountid: account } = lowerCaseKeys(sso);
  return {
    where,
    username,
    groups,
    ...remarkOn(rest),
    ...(arn === undefined && isObject(sso) ? { permissionSet, account } : { arn: arn ?? null }),
  };
}

/** A slip such as `group:` is to be seen; aws-iam-authenticator overlooks it. */
function remarkOn(rest: Record<string, unknown>): Pick<Foreign, "remark"> {
  const keys = Object.keys(rest);
  if (keys.length === 0) return {};
  const pin = "userid" in rest ? "; to pin it, give principalId" : "";
  return { remark: `${keys.join(", ")} is left out${pin}` };
}

function lowerCaseKeys(item: unknown): Record<string, unknown> {
  if (!isObject(item)) return {};
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.toLowerCase(), value]));
}

/** https://docs.aws.amazon.com/eks/latest/eksctl/iam-identity-mappings.html */
function fromEksctl(item: unknown, index: number): Foreign {
  const where = `iamIdentityMappings ${index + 1}`;
  const { arn, username, groups, account, serviceName, noDuplicateARNs: _, ...rest } = isObject(item) ? item : {};
  if (serviceName !== undefined) return { where, problem: `service ${String(serviceName)} is RBAC that eksctl makes` };
  if (account !== undefined) return { where, account, ...remarkOn(rest) };
  return { where, arn: arn ?? null, username, groups, ...remarkOn(rest) };
}

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html */
function fromAccessEntry({ principalArn, username, kubernetesGroups }: Record<string, unknown>): Foreign {
  const hasGroups = Array.isArray(kubernetesGroups) && kubernetesGroups.length > 0;
  return {
    where: `access entry of ${String(principalArn)}`,
    arn: principalArn ?? null,
    username,
    groups: kubernetesGroups,
    ...(!hasGroups && { remark: "it has no groups; what EKS access policies give it is not here: bind it by RBAC" }),
  };
}
