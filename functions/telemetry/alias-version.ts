// Finds the function's version behind an alias, for metrics that compare the versions of a deployment.

import { isObject } from "../lib/json.ts";

/**
 * `context` is Lambda's: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html. Returns `undefined` outside of
 * Lambda, and if the version was invoked directly, as by the deployment check.
 */
export function versionBehindAlias(context: unknown): string | undefined {
  const { functionVersion, invokedFunctionArn } = isObject(context) ? context : {};
  if (typeof functionVersion !== "string" || !/^\d+$/.test(functionVersion)) return undefined;
  const qualifier = typeof invokedFunctionArn === "string" ? invokedFunctionArn.split(":")[7] : undefined;
  return qualifier === undefined || qualifier === functionVersion ? undefined : functionVersion;
}
