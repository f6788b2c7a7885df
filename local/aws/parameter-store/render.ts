// Builds the response shapes of a parameter and of its history.

import { createHash } from "node:crypto";
import { type ParameterVersion, parameterArn, type StoreLocation, TIER } from "./parameter.ts";

/** `Parameter` of GetParameter, GetParameters and GetParametersByPath; undefined without a version. */
export function renderParameter(
  location: StoreLocation,
  name: string,
  version: ParameterVersion | undefined,
  decrypt: boolean,
): object | undefined {
  if (version === undefined) return undefined;
  return { ...common(name, version, decrypt), ARN: parameterArn(location, name) };
}

/** An item of `ParameterHistory`. */
export function renderHistory(
  location: StoreLocation,
  name: string,
  version: ParameterVersion,
  decrypt: boolean,
): object {
  return {
    ...common(name, version, decrypt),
    ...(version.type === "SecureString" ? { KeyId: "alias/aws/ssm" } : {}),
    LastModifiedUser: `arn:${location.partition}:iam::${location.account}:user/local`,
    ...(version.description === undefined ? {} : { Description: version.description }),
    Labels: [],
    Tier: TIER,
    Policies: [],
  };
}

function common(name: string, version: ParameterVersion, decrypt: boolean): object {
  return {
    Name: name,
    Type: version.type,
    Value: renderValue(version, decrypt),
    Version: version.version,
    // AWS JSON 1.1 uses fractional seconds.
    LastModifiedDate: version.modified / 1000,
    DataType: "text",
  };
}

/** Without decryption, a SecureString is a hash that looks like KMS ciphertext (base64, `AQICAH...`). */
function renderValue({ type, value }: ParameterVersion, decrypt: boolean): string {
  if (type !== "SecureString" || decrypt) return value;
  return `AQICAHh${createHash("sha512").update(value).digest("base64")}`;
}
