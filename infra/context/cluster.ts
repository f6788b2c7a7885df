// The schema of a cluster in CDK's context. Invalid input fails with the key's path.

import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { RegionInfo } from "aws-cdk-lib/region-info";
import { z } from "zod";
import { CALLER_RULE, type Caller, isCaller } from "../../functions/authenticator/caller/caller.ts";
import { knownRegions } from "../../functions/aws/partitions.ts";
import { nearest } from "../../functions/lib/text.ts";
import { CLUSTER_ID_FORM, CLUSTER_ID_RULE } from "../../functions/settings/common.ts";
import type { IamAuthenticatorProps } from "../props.ts";

const text = z.string().refine((value) => value.trim() !== "", "must not be empty");
const texts = z.array(text);

const vpc = z.strictObject({
  vpcId: text,
  availabilityZones: texts,
  /** The ids of the private subnets: one for each zone, in the same order. */
  privateSubnetIds: texts,
  /** Required if an interface endpoint is created: its security group allows this range. */
  cidr: text.exactOptional(),
});

const domain = {
  domainName: text,
  certificateArn: text,
  hostedZone: z.strictObject({ id: text, name: text }).exactOptional(),
};

const http = z.strictObject({
  kind: z.literal("http"),
  domain: z.strictObject(domain).exactOptional(),
});

const mtls = z.strictObject({
  kind: z.literal("mtls"),
  ...domain,
  subjects: texts,
  ownershipCertificateArn: text.exactOptional(),
  truststore: z.strictObject({ bucket: text, key: text, version: text.exactOptional() }),
});

const privateApi = z.strictObject({
  kind: z.literal("private"),
  vpc,
  vpcEndpointId: text.exactOptional(),
  callerAuth: z.enum(["bearer", "none"]).exactOptional(),
  accountLogRole: z.boolean().exactOptional(),
});

const ACCOUNT_ID = /^\d{12}$/;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$/;

/** Checks the region. A newer aws-cdk-lib knows regions that are newer than this code. */
function checkRegion(region: string, { addIssue }: z.core.$RefinementCtx<string>): void {
  const known = [...new Set([...knownRegions(), ...RegionInfo.regions.map(({ name }) => name)])];
  if (known.includes(region)) return;
  const meant = nearest(region, known);
  const hint = meant === undefined ? "such as eu-west-1" : `did you mean ${meant}?`;
  addIssue(`must be an AWS region, not "${region}": ${hint}`);
}

/** The errors for an endpoint with only a kind. */
const ENDPOINT_NEEDS: Readonly<Record<string, string>> = {
  mtls: 'must be an object for mtls: {"kind": "mtls", "domainName", "certificateArn", "subjects", "truststore": {"bucket", "key"}}',
  private:
    'must be an object for private: {"kind": "private", "vpc": {"vpcId", "availabilityZones", "privateSubnetIds"}}',
};

/** `"http"` is short for `{"kind": "http"}`. */
const endpoint = z.preprocess(
  (value) => (value === "http" ? { kind: "http" } : value),
  z.discriminatedUnion("kind", [http, mtls, privateApi], {
    error: ({ input }) =>
      ENDPOINT_NEEDS[String(input)] ?? 'must be "http", or an object of kind http, mtls or private',
  }),
);

/** Props with another spelling in CDK's context. The subnets are those of `vpc`. */
type Spelled = "alarmTopic" | "logRetention" | "encryptionKey" | "securityGroups" | "vpcSubnets";
type EveryProp = Readonly<Record<Exclude<keyof IamAuthenticatorProps, Spelled>, z.ZodType>>;

const cluster = z.strictObject({
  clusterId: z.string().regex(CLUSTER_ID_FORM, `must be ${CLUSTER_ID_RULE}`),
  /** The stack's account and region. Default: those of the CLI's credentials. */
  account: z.string().regex(ACCOUNT_ID, "must be an AWS account id of 12 digits").exactOptional(),
  region: z.string().superRefine(checkRegion).exactOptional(),
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
  stackName: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
      "must be 1 to 128 letters, digits and hyphens, and begin with a letter, as CloudFormation requires",
    )
    .exactOptional(),
  terminationProtection: z.boolean().exactOptional(),
  tags: z.record(z.string(), z.string()).exactOptional(),
  /** Adds the stack of a service account issuer. */
  issuer: z.boolean().exactOptional(),
  endpoint: endpoint.exactOptional(),
  formerEndpoint: endpoint.exactOptional(),
  failoverUrl: text.exactOptional(),
  throttle: z.strictObject({ rateLimit: z.number(), burstLimit: z.number() }).exactOptional(),
  mappingPrefix: text.exactOptional(),
  accounts: z
    .union([texts, z.literal("any")], { error: 'must be a list of account ids, or "any"' })
    .exactOptional(),
  stsRegions: texts.exactOptional(),
  stsExtraHosts: texts.exactOptional(),
  audiences: texts.exactOptional(),
  reservedPrefixes: texts.exactOptional(),
  userInfo: z.enum(["full", "minimal"]).exactOptional(),
  awsSignedTokens: z.array(z.strictObject({ account: text, issuer: text })).exactOptional(),
  tokens: z.enum(["any", "jwt"]).exactOptional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).exactOptional(),
  nodes: z.boolean().exactOptional(),
  nodeVpcs: texts.exactOptional(),
  nodeRegion: text.exactOptional(),
  architecture: z.enum(["arm64", "x86_64"]).exactOptional(),
  memorySize: z.number().exactOptional(),
  provisionedConcurrency: z.number().exactOptional(),
  reservedConcurrency: z
    .union([z.number(), z.literal(false)], { error: "must be a number, or false for none" })
    .exactOptional(),
  /** Puts the function into a VPC. */
  vpc: vpc.exactOptional(),
  vpcEndpoints: z
    .union([z.boolean(), z.literal("existing")], { error: 'must be true, false or "existing"' })
    .exactOptional(),
  securityGroupIds: texts.exactOptional(),
  safeDeployments: z.boolean().exactOptional(),
  compareStoredValues: z.boolean().exactOptional(),
  alarms: z.boolean().exactOptional(),
  quietHours: z.number().exactOptional(),
  alarmTopicArn: z
    .string()
    .regex(
      TOPIC_ARN,
      "must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:111122223333:on-call",
    )
    .exactOptional(),
  alarmEmail: text.exactOptional(),
  logRetentionDays: z
    .custom<RetentionDays>(
      isRetention,
      "must be a number of days that CloudWatch Logs accepts, such as 90, 180 or 365",
    )
    .exactOptional(),
  encryptionKeyArn: text.exactOptional(),
  callers: z.array(z.custom<Caller>(isCaller, CALLER_RULE)).exactOptional(),
} satisfies EveryProp & Readonly<Record<string, z.ZodType>>);

export const CLUSTER_KEYS: readonly string[] = Object.keys(cluster.shape);

export type ClusterContext = z.infer<typeof cluster>;
export type EndpointContext = z.infer<typeof endpoint>;
export type VpcContext = z.infer<typeof vpc>;

/** Throws an error about the first key that is unknown, missing or of another type. */
export function readCluster(value: unknown): ClusterContext {
  const { success, data, error } = cluster.safeParse(value, { error: problem });
  if (success) return data;
  const { clusterId } = (value ?? {}) as { clusterId?: unknown };
  const [issue] = error.issues;
  const path = pathText(issue?.path ?? []);
  const where = typeof clusterId === "string" ? `cluster ${clusterId}` : 'an entry of "clusters"';
  throw new Error(`${where}: ${path === "" ? "" : `${path} `}${issue?.message}`);
}

/** Returns the path of a key, such as `endpoint.subjects[0]`. Empty for the cluster itself. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return parts.join("").replace(/^\./, "");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Returns what is wrong with a value; `undefined` for zod's own text. */
function problem(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      if (issue.expected === "string" && typeof issue.input === "number")
        return "must be a string: put it in quotes";
      return `must be ${TYPES[issue.expected]}`;
    case "invalid_value":
      return `must be ${issue.values.join(" or ")}`;
    case "unrecognized_keys": {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      const [unknown = ""] = issue.keys;
      const meant = nearest(unknown, known);
      const hint = meant === undefined ? "" : `: did you mean ${meant}?`;
      return `has the unknown key ${unknown}${hint}; the keys are ${known.join(", ")}`;
    }
    default:
      return undefined;
  }
}

function isRetention(days: unknown): boolean {
  return (
    typeof days === "number" &&
    typeof RetentionDays[days] === "string" &&
    days !== RetentionDays.INFINITE
  );
}
