// The shapes in which a parameter goes over the wire: with its value, as history, as a description.

import { createHash } from "node:crypto";
import { type ParameterVersion, parameterArn, type Site } from "./parameter.ts";
import type { Selected } from "./selector.ts";

/** `Parameter` of GetParameter, GetParameters and GetParametersByPath. */
export function renderParameter(site: Site, { name, selector, version }: Selected, decrypt: boolean): object {
  return {
    Name: name,
    Type: version.type,
    Value: renderValue(version, decrypt),
    Version: version.version,
    ...(selector === undefined ? {} : { Selector: selector }),
    LastModifiedDate: seconds(version.modified),
    ARN: parameterArn(site, name),
    DataType: "text",
  };
}

/** `ParameterHistory`: one for each version that is kept. */
export function renderHistory(site: Site, name: string, version: ParameterVersion, decrypt: boolean): object {
  return { ...renderCommon(site, name, version), Value: renderValue(version, decrypt), Labels: [] };
}

/** `ParameterMetadata` of DescribeParameters: everything but the value. */
export function renderMetadata(site: Site, name: string, version: ParameterVersion): object {
  return { ...renderCommon(site, name, version), ARN: parameterArn(site, name) };
}

function renderCommon(site: Site, name: string, version: ParameterVersion): object {
  return {
    Name: name,
    Type: version.type,
    ...(version.type === "SecureString" ? { KeyId: "alias/aws/ssm" } : {}),
    LastModifiedDate: seconds(version.modified),
    LastModifiedUser: `arn:${site.partition}:iam::${site.account}:user/local`,
    ...(version.description === undefined ? {} : { Description: version.description }),
    Version: version.version,
    Tier: version.tier,
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
