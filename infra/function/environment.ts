// Creates the function's environment variables from the construct's props, and validates them at
// synth.

import { Fn, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { partitionOfIssuer, partitionOfRegion } from "../../functions/aws/partitions.ts";
import { defaultMappingPrefix } from "../../functions/parameters/names.ts";
import { isSettingError } from "../../functions/settings/environment.ts";
import { given } from "../cdk-rules.ts";
import { callerAuth, type Endpoint } from "../endpoint/endpoint.ts";
import type { IamAuthenticatorProps } from "../props.ts";

type Environment = Readonly<Record<string, string>>;

/**
 * Returns the settings, and empty endpoints of AWS, since `sam local` passes only variables that
 * the template declares.
 */
export function functionEnvironment(
  scope: Construct,
  props: IamAuthenticatorProps,
  endpoint: Endpoint,
): Environment {
  // An interface endpoint serves only the plain STS host of its region. Tokens for other hosts are
  // refused, since a timeout would be a fault for kube-apiserver.
  const regional = props.vpc !== undefined && props.vpcEndpoints !== false;
  return given({
    CLUSTER_ID: props.clusterId,
    CALLER_AUTH: callerAuth(endpoint),
    CALLER_SUBJECTS:
      endpoint.kind === "mtls" ? joined("subjects", endpoint.subjects, ";") : undefined,
    MAPPING_PREFIX: props.mappingPrefix,
    ACCOUNTS: joined("accounts", acceptedAccounts(scope, props)),
    STS_REGIONS:
      joined("stsRegions", props.stsRegions) ?? (regional ? Stack.of(scope).region : undefined),
    STS_HOSTS: regional ? "regional" : undefined,
    STS_EXTRA_HOSTS: joined("stsExtraHosts", props.stsExtraHosts),
    AUDIENCES: joined("audiences", props.audiences),
    RESERVED_PREFIXES: joined("reservedPrefixes", props.reservedPrefixes),
    NODE_VPCS: joined("nodeVpcs", props.nodeVpcs),
    NODE_REGION: props.nodeRegion,
    FAILOVER_URL: props.failoverUrl,
    USER_INFO: props.userInfo,
    TOKENS: props.tokens,
    JWT_ISSUERS: joined(
      "awsSignedTokens",
      props.awsSignedTokens?.map(({ account, issuer }) => `${account}=${issuer}`),
    ),
    LOG_LEVEL: props.logLevel,
    AWS_ENDPOINT_URL_STS: "",
    AWS_ENDPOINT_URL_SSM: "",
    ...(props.nodes === true && { AWS_ENDPOINT_URL_EC2: "", AWS_ENDPOINT_URL_IAM: "" }),
  });
}

/**
 * Returns the accepted accounts; `undefined` if every account is accepted. Throws if
 * `awsSignedTokens` has another account: its tokens would be denied.
 */
function acceptedAccounts(
  scope: Construct,
  props: IamAuthenticatorProps,
): readonly string[] | undefined {
  const { accounts = [Stack.of(scope).account], awsSignedTokens = [] } = props;
  if (accounts === "any") return undefined;
  // A list that is known only at deployment can have every account.
  if (Token.isUnresolved(accounts)) return accounts;
  const others = awsSignedTokens.filter(({ account }) => !accounts.includes(account));
  // Each account that is known only at deployment can be one of them.
  const unknown = accounts.filter((account) => Token.isUnresolved(account));
  if (others.length <= unknown.length) return accounts;
  throw new Error(
    `awsSignedTokens has the account ${others[0]?.account}, whose identities are denied: set accounts to a list that has it, or to "any"`,
  );
}

/**
 * Throws, before deployment, the error that the function would throw at its start. Returns the
 * mapping prefix.
 */
export function checkedPrefix(scope: Construct, environment: Environment): string {
  const { region } = Stack.of(scope);
  const known = knownSettings(environment);
  const [, issuer] = known["JWT_ISSUERS"]?.split(",")[0]?.split("=") ?? [];
  const partition =
    partitionOfRegion(known["STS_REGIONS"]?.split(",")[0] ?? "") ?? partitionOfIssuer(issuer);
  const example = partition?.regions[0] ?? "us-east-1";
  const AWS_REGION = Token.isUnresolved(region) ? example : region;
  namingProps(() => readSettings({ ...known, AWS_REGION }));
  checkSize(known);
  const [unstorable] = Object.entries(known).find(([, value]) => value.includes("{{")) ?? [];
  if (unstorable !== undefined) {
    throw new Error(
      `${propOf(unstorable)} must not contain "{{": Parameter Store, which has the settings too, refuses it`,
    );
  }
  return prefixOf(environment);
}

/** The prop of each setting whose name is not the prop's. */
const PROPS: Readonly<Record<string, string>> = {
  AWS_REGION: "region",
  CALLER_SUBJECTS: "subjects",
  ISSUER_URL: "domain",
  JWT_ISSUERS: "awsSignedTokens",
};

/** Returns the prop that sets a setting. */
function propOf(setting: string): string {
  return (
    PROPS[setting] ??
    setting.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  );
}

/** Throws the errors of `read` with the names of the props instead of the environment variables. */
export function namingProps(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!isSettingError(error)) throw error;
    throw new Error(`${propOf(error.setting)} ${error.problem}`);
  }
}

/**
 * The limit for all variables together:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_ENVIRONMENT = 4_096;

/** Throws an error that names the prop with the longest value. */
function checkSize(environment: Environment): void {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const size = bytes(environment);
  if (size <= MAX_ENVIRONMENT) return;
  const byLength = Object.entries(environment).sort(([, a], [, b]) => b.length - a.length);
  const [name = "", value] = byLength[0] ?? [];
  throw new Error(
    `the function's settings have ${size} bytes, and Lambda allows ${MAX_ENVIRONMENT}: shorten ${propOf(name)}, which has ${bytes(value)}`,
  );
}

/**
 * Returns the settings without values that are known only at deployment, such as a template's
 * parameters. Required ones become examples.
 */
export function knownSettings(environment: Environment): Environment {
  const examples: Environment = {
    CLUSTER_ID: "example",
    ISSUER_URL: "https://example.com",
    CALLER_SUBJECTS: "CN=example",
  };
  const known = Object.entries(environment).flatMap(([name, value]) => {
    const text = Token.isUnresolved(value) ? examples[name] : value;
    return text === undefined ? [] : [[name, text]];
  });
  return Object.fromEntries(known);
}

/** Returns the prefix, which starts with `/` and does not end with it. */
export function prefixOf({ MAPPING_PREFIX, CLUSTER_ID = "" }: Environment): string {
  return MAPPING_PREFIX || defaultMappingPrefix(CLUSTER_ID);
}

/**
 * Returns a list as the text of a setting; `undefined` without a list. Throws if the function would
 * read another list.
 */
function joined(
  prop: string,
  items: readonly string[] | undefined,
  separator = ",",
): string | undefined {
  if (items?.length === 0)
    throw new Error(`${prop} must not be an empty list: leave it out for the default`);
  // A list that is known only at deployment is one token.
  if (Token.isUnresolved(items)) return Fn.join(separator, [...(items ?? [])]);
  if (items?.some((item) => item.trim() === ""))
    throw new Error(`${prop} must not contain an empty item: leave ${prop} out for the default`);
  const wrong = items?.find((item) => item.includes(separator));
  if (wrong !== undefined) throw new Error(`${prop}: "${wrong}" must not contain "${separator}"`);
  return items?.join(separator);
}
