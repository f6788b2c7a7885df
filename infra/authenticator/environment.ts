// The function's environment variables, made of the construct's props.

import { callerAuth, type Endpoint } from "../endpoint/endpoint.ts";
import type { IamAuthenticatorProps } from "./props.ts";

/**
 * Only those that were chosen. The endpoints of STS and Parameter Store are there and empty, since `sam local` passes
 * only variables that the template declares.
 */
export function functionEnvironment(props: IamAuthenticatorProps, endpoint: Endpoint): Record<string, string> {
  const chosen: Record<string, string | undefined> = {
    CLUSTER_ID: props.clusterId,
    CALLER_AUTH: callerAuth(endpoint),
    CALLER_SUBJECTS: endpoint.kind === "mtls" ? endpoint.subjects.join(";") : undefined,
    MAPPING_PREFIX: props.mappingPrefix,
    STS_REGIONS: props.stsRegions?.join(","),
    STS_EXTRA_HOSTS: props.stsExtraHosts?.join(","),
    AUDIENCES: props.audiences?.join(","),
    RESERVED_PREFIXES: props.reservedPrefixes?.join(","),
    USER_INFO: props.userInfo,
    LOG_LEVEL: props.logLevel,
    AWS_ENDPOINT_URL_STS: "",
    AWS_ENDPOINT_URL_SSM: "",
  };
  return Object.fromEntries(
    Object.entries(chosen).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
