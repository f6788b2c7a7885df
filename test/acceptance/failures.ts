// Makes the cluster's function fail in four ways, and restores it.

import { AwsError } from "./aws.ts";
import { NotRun } from "./rows.ts";
import type { Site } from "./site.ts";
import { until } from "./world.ts";

export const FAILURES = ["fault", "crash", "time-out", "throttle"] as const;
export type Failure = (typeof FAILURES)[number];

/** No host of this network answers: https://www.rfc-editor.org/rfc/rfc5737 */
export const SILENT = "https://192.0.2.1";
const UPDATED_MS = 3 * 60_000;

/**
 * Runs an action while each review ends with this failure, and restores the function afterwards.
 */
export function whileFailing<T>(
  site: Site,
  failure: Failure,
  action: () => Promise<T>,
): Promise<T> {
  switch (failure) {
    case "fault":
      return withoutCallers(site, action);
    case "throttle":
      return throttled(site, action);
    case "crash":
      // Every invocation starts a new environment, which ends with setting_invalid.
      return withVersion(site, { variables: { LOG_LEVEL: "invalid" } }, action);
    case "time-out":
      return withVersion(site, { variables: { AWS_ENDPOINT_URL_SSM: SILENT }, Timeout: 1 }, action);
  }
}

/** The function answers `callers_invalid`, once no environment remembers the callers. */
async function withoutCallers<T>({ aws, clusterId }: Site, action: () => Promise<T>): Promise<T> {
  const Name = `/iam-authenticator/${clusterId}/callers`;
  const { Parameter } = await aws<{ Parameter: { Value: string } }>("ssm", "get-parameter", {
    Name,
  });
  await aws("ssm", "delete-parameter", { Name });
  try {
    return await action();
  } finally {
    await aws("ssm", "put-parameter", { Name, Type: "String", Value: Parameter.Value });
  }
}

/**
 * 0 throttles every invocation:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
async function throttled<T>(site: Site, action: () => Promise<T>): Promise<T> {
  const FunctionName = await functionOf(site);
  const { ReservedConcurrentExecutions: before } = await site.aws<{
    ReservedConcurrentExecutions?: number;
  }>("lambda", "get-function-concurrency", { FunctionName });
  await site
    .aws("lambda", "put-function-concurrency", { FunctionName, ReservedConcurrentExecutions: 0 })
    .catch(unlessTooFew);
  try {
    return await action();
  } finally {
    if (before === undefined)
      await site.aws("lambda", "delete-function-concurrency", { FunctionName });
    else
      await site.aws("lambda", "put-function-concurrency", {
        FunctionName,
        ReservedConcurrentExecutions: before,
      });
  }
}

/**
 * Lambda refuses reservations that leave too few executions unreserved, perhaps also one of 0, in an
 * account with a quota of 10.
 */
function unlessTooFew(error: unknown): never {
  const isTooFew =
    error instanceof AwsError && /UnreservedConcurrentExecution below/.test(error.message);
  throw isTooFew
    ? new NotRun("Lambda refuses to reserve 0 executions: the account's quota is too low for it")
    : error;
}

type Configuration = {
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  readonly Timeout: number;
  readonly LoggingConfig?: Readonly<Record<string, string>>;
  readonly LastUpdateStatus?: string;
};

interface Change {
  readonly variables: Readonly<Record<string, string>>;
  /** Seconds; default: unchanged. */
  readonly Timeout?: number;
  /** Default: unchanged. INFO also logs a report of each invocation. */
  readonly systemLogLevel?: "INFO";
}

/**
 * Moves the alias to a version with other settings during the action, which gets the version's
 * number.
 */
export async function withVersion<T>(
  site: Site,
  change: Change,
  action: (version: string) => Promise<T>,
): Promise<T> {
  const { aws, world } = site;
  const FunctionName = await functionOf(site);
  const alias = { FunctionName, Name: "live" };
  const configuration = () =>
    aws<Configuration>("lambda", "get-function-configuration", { FunctionName });
  const configure = async (
    given: Pick<Configuration, "Environment" | "Timeout" | "LoggingConfig">,
  ) => {
    await aws("lambda", "update-function-configuration", { FunctionName, ...given });
    await until(
      world,
      UPDATED_MS,
      configuration,
      ({ LastUpdateStatus }) => LastUpdateStatus === "Successful",
    );
  };
  const before = await configuration();
  const { FunctionVersion } = await aws<{ FunctionVersion: string }>("lambda", "get-alias", alias);
  try {
    const { variables, Timeout = before.Timeout, systemLogLevel: SystemLogLevel } = change;
    await configure({
      Environment: { Variables: { ...before.Environment?.Variables, ...variables } },
      Timeout,
      ...(SystemLogLevel !== undefined && {
        LoggingConfig: { ...before.LoggingConfig, SystemLogLevel },
      }),
    });
    const { Version } = await aws<{ Version: string }>("lambda", "publish-version", {
      FunctionName,
    });
    await aws("lambda", "update-alias", { ...alias, FunctionVersion: Version });
    return await action(Version);
  } finally {
    await aws("lambda", "update-alias", { ...alias, FunctionVersion });
    const { Environment = {}, Timeout, LoggingConfig } = before;
    await configure({
      Environment,
      Timeout,
      ...(LoggingConfig !== undefined && { LoggingConfig }),
    });
  }
}

async function functionOf(site: Site): Promise<string> {
  return (await site.ensure()).outputs["FunctionName"] ?? "";
}

interface Integration {
  readonly IntegrationId: string;
  readonly ResponseParameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export async function integrationOf({
  aws,
  stacks,
  stack,
}: Site): Promise<Integration & { readonly ApiId: string }> {
  const ApiId = await stacks.idOf(stack, "AWS::ApiGatewayV2::Api");
  const { Items } = await aws<{ Items: Integration[] }>("apigatewayv2", "get-integrations", {
    ApiId,
  });
  const [integration] = Items;
  if (integration === undefined) throw new Error("the API has no integration");
  return { ...integration, ApiId };
}

/**
 * Runs an action while API Gateway maps no status. An empty map removes a status:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
 */
export async function withoutMapping<T>(site: Site, action: () => Promise<T>): Promise<T> {
  const { ApiId, IntegrationId, ResponseParameters = {} } = await integrationOf(site);
  const update = (given: object) =>
    site.aws("apigatewayv2", "update-integration", {
      ApiId,
      IntegrationId,
      ResponseParameters: given,
    });
  await update(Object.fromEntries(Object.keys(ResponseParameters).map((status) => [status, {}])));
  try {
    return await action();
  } finally {
    await update(ResponseParameters);
  }
}
