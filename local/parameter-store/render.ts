// The shapes in which a parameter goes over the wire: as it is now, and as history.

import { createHash } from "node:crypto";
import { type ParameterVersion, parameterArn, type StoreLocation, TIER } from "./parameter.ts";

/** `Parameter` of GetParameter, GetParameters and GetParametersByPath; undefined where there is none. */
export function renderParameter(
  location: StoreLocation,
  name: string,
  version: ParameterVersion | undefined,
  decrypt: boolean,
): object | undefined {
  if (version === undefined) return undefined;
  return {
    Name: name,
    Type: version.type,
    Value: renderValue(version, decrypt),
    Version: version.version,
    LastModifiedDate: seconds(version.modified),
    ARN: parameterArn(location, name),
    DataType: "text",
  };
}

/** `ParameterHistory`: one for each version that is kept. */
export function renderHistory(
  location: StoreLocation,
  name: string,
  version: ParameterVersion,
  decrypt: boolean,
): object {
  return {
    Name: name,
    Type: version.type,
    ...(version.type === "SecureString" ? { KeyId: "alias/aws/ssm" } : {}),
    LastModifiedDate: seconds(version.modified),
    LastModifiedUser: `arn:${location.partition}:iam::${location.account}:user/local`,
    ...(version.description === undefined ? {} : { Description: version.description }),
    Value: renderValue(version, decrypt),
    Version: version.version,
    Labels: [],
    Tier: TIER,
    Policies: [],
    DataType: "text",
  };
}

/** Not encrypted: nothing of the value can be read from it, and it looks like what KMS gives (base64, `AQICAH...`). */
function renderValue({ type, value }: ParameterVersion, decrypt: boolean): string {
  if (type !== "SecureString" || decrypt) return value;
  return `AQICAHh${createHash("sha512").update(value).digest("base64")}`;
}

/** Times are seconds with a fraction in AWS JSON 1.1. */
function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
