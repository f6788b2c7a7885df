// The function's environment variables, made of the construct's props and read once at synth as the function reads them.

import { Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { readSettings, type Settings } from "../../functions/authenticator/settings.ts";
import { partitionOfRegion } from "../../functions/aws/partitions.ts";
import { callerAuth, type Endpoint } from "../endpoint/endpoint.ts";
import type { IamAuthenticatorProps } from "../props.ts";

type Environment = Readonly<Record<string, string>>;

/**
 * Only those that were chosen. Endpoints of AWS are there and empty, since `sam local` passes only variables that the
 * template declares.
 */
export function functionEnvironment(scope: Construct, props: IamAuthenticatorProps, endpoint: Endpoint): Environment {
  const chosen: Record<string, string | undefined> = {
    CLUSTER_ID: props.clusterId,
    CALLER_AUTH: callerAuth(endpoint),
    CALLER_SUBJECTS: endpoint.kind === "mtls" ? joined("subjects", endpoint.subjects, ";") : undefined,
    MAPPING_PREFIX: props.mappingPrefix,
    STS_REGIONS: stsRegions(scope, props),
    STS_EXTRA_HOSTS: joined("stsExtraHosts", props.stsExtraHosts),
    AUDIENCES: joined("audiences", props.audiences),
    RESERVED_PREFIXES: joined("reservedPrefixes", props.reservedPrefixes),
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

/** Throws what the function would throw at its first start, before anything is deployed. */
export function checkedSettings(scope: Construct, environment: Environment): Settings {
  const { region } = Stack.of(scope);
  const { STS_REGIONS = "", ...others } = environment;
  // The stack's own region under its placeholder is always a good one.
  const chosen = Token.isUnresolved(STS_REGIONS) ? "" : STS_REGIONS;
  const example = partitionOfRegion(chosen.split(",")[0] ?? "")?.regions[0] ?? "us-east-1";
  return readSettings({
    ...others,
    STS_REGIONS: chosen,
    AWS_REGION: Token.isUnresolved(region) ? example : region,
  });
}

/** Interface endpoints reach their own region's STS alone: tokens for others are better refused than left waiting. */
function stsRegions(scope: Construct, { stsRegions, vpc, vpcEndpoints = true }: IamAuthenticatorProps) {
  if (stsRegions === undefined && vpc !== undefined && vpcEndpoints) return Stack.of(scope).region;
  return joined("stsRegions", stsRegions);
}

function joined(prop: string, items: readonly string[] | undefined, separator = ","): string | undefined {
  if (items?.length === 0) throw new Error(`${prop} is an empty list: leave it out where nothing is to be chosen`);
  const wrong = items?.find((item) => item.includes(separator));
  if (wrong !== undefined) throw new Error(`${prop}: "${wrong}" may not hold "${separator}"`);
  return items?.join(separator);
}
