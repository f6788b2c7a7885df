// Which version of the function an alias called, for metrics that compare the versions of a deployment.

import { isObject } from "../lib/json.ts";

/**
 * `context` is Lambda's. `undefined` where the version itself was called, as CodeDeploy's check does before the version
 * gets traffic, and outside Lambda: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export function versionBehindAlias(context: unknown): string | undefined {
  const { functionVersion, invokedFunctionArn } = isObject(context) ? context : {};
  if (typeof functionVersion !== "string" || !/^\d+$/.test(functionVersion)) return undefined;
  const qualifier = typeof invokedFunctionArn === "string" ? invokedFunctionArn.split(":")[7] : undefined;
  return qualifier === undefined || qualifier === functionVersion ? undefined : functionVersion;
}
