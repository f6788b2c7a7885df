// The function's environment variables, made of the construct's props and read once at synth as the function reads them.

import { Fn, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { partitionOfRegion } from "../../functions/aws/partitions.ts";
import { SettingInvalid } from "../../functions/errors.ts";
import { defaultMappingPrefix } from "../../functions/settings/common.ts";
import { callerAuth, type Endpoint } from "../endpoint/endpoint.ts";
import type { IamAuthenticatorProps } from "../props.ts";

type Environment = Readonly<Record<string, string>>;

/** Settings that were chosen, and empty endpoints of AWS: `sam local` passes only variables that the template declares. */
export function functionEnvironment(scope: Construct, props: IamAuthenticatorProps, endpoint: Endpoint): Environment {
  // An interface endpoint serves its own region's plain STS name alone. Tokens for other hosts are better refused than
  // left waiting: to kube-apiserver, a timeout is a fault of ours.
  const regional = props.vpc !== undefined && props.vpcEndpoints !== false;
  const chosen: Record<string, string | undefined> = {
    CLUSTER_ID: props.clusterId,
    CALLER_AUTH: callerAuth(endpoint),
    CALLER_SUBJECTS: endpoint.kind === "mtls" ? joined("subjects", endpoint.subjects, ";") : undefined,
    MAPPING_PREFIX: props.mappingPrefix,
    ACCOUNTS: joined("accounts", props.accounts),
    STS_REGIONS: joined("stsRegions", props.stsRegions) ?? (regional ? Stack.of(scope).region : undefined),
    STS_HOSTS: regional ? "regional" : undefined,
    STS_EXTRA_HOSTS: joined("stsExtraHosts", props.stsExtraHosts),
    AUDIENCES: joined("audiences", props.audiences),
    RESERVED_PREFIXES: joined("reservedPrefixes", props.reservedPrefixes),
    NODE_VPCS: joined("nodeVpcs", props.nodeVpcs),
    USER_INFO: props.userInfo,
    LOG_LEVEL: props.logLevel,
    AWS_ENDPOINT_URL_STS: "",
    AWS_ENDPOINT_URL_SSM: "",
    ...(props.nodes === true && { AWS_ENDPOINT_URL_EC2: "", AWS_ENDPOINT_URL_IAM: "" }),
  };
  return Object.fromEntries(
    Object.entries(chosen).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Throws what the function would throw at its first start, before anything is deployed. Gives the mapping prefix. */
export function checkedPrefix(scope: Construct, environment: Environment): string {
  const { region } = Stack.of(scope);
  const known = knownSettings(environment);
  const example = partitionOfRegion(known["STS_REGIONS"]?.split(",")[0] ?? "")?.regions[0] ?? "us-east-1";
  const AWS_REGION = Token.isUnresolved(region) ? example : region;
  namingProps(() => readSettings({ ...known, AWS_REGION }));
  checkSize(known);
  return prefixOf(environment);
}

/** The prop that a setting comes from. */
const PROPS: Readonly<Record<string, string>> = {
  AWS_REGION: "region",
  CLUSTER_ID: "clusterId",
  CALLER_SUBJECTS: "subjects",
  ISSUER_URL: "domain",
  MAPPING_PREFIX: "mappingPrefix",
  ACCOUNTS: "accounts",
  STS_REGIONS: "stsRegions",
  STS_EXTRA_HOSTS: "stsExtraHosts",
  AUDIENCES: "audiences",
  RESERVED_PREFIXES: "reservedPrefixes",
  NODE_VPCS: "nodeVpcs",
  USER_INFO: "userInfo",
  LOG_LEVEL: "logLevel",
};

/** Throws what `read` throws, with the prop's name: at synth, nobody has written an environment variable. */
export function namingProps(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof SettingInvalid)) throw error;
    throw new Error(error.message.replace(/^[A-Z_]+/, (name) => PROPS[name] ?? name));
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 4 KB for all variables together */
const MAX_ENVIRONMENT = 4_096;

function checkSize(environment: Environment): void {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const size = bytes(environment);
  if (size <= MAX_ENVIRONMENT) return;
  const [[name = "", value] = []] = Object.entries(environment).sort(([, a], [, b]) => b.length - a.length);
  throw new Error(
    `the function's settings take ${size} bytes, and Lambda takes ${MAX_ENVIRONMENT}: shorten ${PROPS[name] ?? name}, which takes ${bytes(value)}`,
  );
}

/** Without what only the deployment knows, such as a template's parameters. What is required has an example instead. */
export function knownSettings(environment: Environment): Environment {
  const examples: Environment = {
    CLUSTER_ID: "example",
    ISSUER_URL: "https://example.com",
    CALLER_SUBJECTS: "CN=example",
  };
  const known = Object.entries(environment).map(
    ([name, value]) => [name, Token.isUnresolved(value) ? examples[name] : value] as const,
  );
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Begins with `/`, does not end with one. */
export function prefixOf({ MAPPING_PREFIX, CLUSTER_ID = "" }: Environment): string {
  return MAPPING_PREFIX || defaultMappingPrefix(CLUSTER_ID);
}

function joined(prop: string, items: readonly string[] | undefined, separator = ","): string | undefined {
  if (items?.length === 0) throw new Error(`${prop} must not be an empty list: leave it out for the default`);
  // A list that only the deployment knows is one token.
  if (Token.isUnresolved(items)) return Fn.join(separator, [...(items ?? [])]);
  if (items?.some((item) => item.trim() === ""))
    throw new Error(`${prop} must not have an empty item: leave it out for the default`);
  const wrong = items?.find((item) => item.includes(separator));
  if (wrong !== undefined) throw new Error(`${prop}: "${wrong}" must not contain "${separator}"`);
  return items?.join(separator);
}
