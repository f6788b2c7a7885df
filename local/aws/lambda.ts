// The operations of Lambda that read: the account's quota and a function's configuration, for
// `doctor`, and its versions.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
// https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html

import { type LocalRequest, ServiceError } from "./http-server.ts";
import { unknownOperation } from "./protocols.ts";

/** Environment variables by name of the function. */
export type Functions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const DEFAULT_QUOTA = 1_000;

const ACCOUNT = /^\/2016-08-19\/account-settings\/?$/;

const CONFIGURATION = /^\/2015-03-31\/functions\/([\w-]+)\/configuration\?Qualifier=live$/;

const VERSIONS = /^\/2015-03-31\/functions\/([\w-]+)\/versions\/?$/;

/** The version behind the alias. */
const VERSION = "1";

/**
 * Returns the output of a GET. Throws a ServiceError for other operations and unknown functions.
 */
export function answerLambda({ method, target }: LocalRequest, functions: Functions): object {
  if (method !== "GET") throw unknownOperation(method, target);
  if (ACCOUNT.test(target)) {
    return {
      AccountLimit: {
        ConcurrentExecutions: DEFAULT_QUOTA,
        UnreservedConcurrentExecutions: DEFAULT_QUOTA,
      },
    };
  }
  const [, name = VERSIONS.exec(target)?.[1]] = CONFIGURATION.exec(target) ?? [];
  if (name === undefined) throw unknownOperation(method, target);
  const { [name]: variables } = functions;
  if (variables === undefined)
    throw new ServiceError("ResourceNotFoundException", `Function not found: ${name}`, 404);
  if (VERSIONS.test(target)) {
    const Versions = ["$LATEST", VERSION].map((Version) => ({ FunctionName: name, Version }));
    return { Versions };
  }
  return { FunctionName: name, Version: VERSION, Environment: { Variables: variables } };
}
