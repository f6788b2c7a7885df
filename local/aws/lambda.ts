// The operations of Lambda with which `doctor` reads the account's quota and a function's
// configuration.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html

import { type LocalRequest, ServiceError } from "./http-server.ts";
import { unknownOperation } from "./protocols.ts";

/** Environment variables by name of the function. */
export type Functions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const DEFAULT_QUOTA = 1_000;

const ACCOUNT = /^\/2016-08-19\/account-settings\/?$/;

const CONFIGURATION = /^\/2015-03-31\/functions\/([\w-]+)\/configuration\?Qualifier=live$/;

/**
 * Returns the output of a GET. Throws a ServiceError for other operations and unknown functions.
 */
export function answerLambda({ target }: LocalRequest, functions: Functions): object {
  if (ACCOUNT.test(target)) {
    return {
      AccountLimit: {
        ConcurrentExecutions: DEFAULT_QUOTA,
        UnreservedConcurrentExecutions: DEFAULT_QUOTA,
      },
    };
  }
  const [, name] = CONFIGURATION.exec(target) ?? [];
  if (name === undefined) throw unknownOperation("GET", target);
  const { [name]: variables } = functions;
  if (variables === undefined)
    throw new ServiceError("ResourceNotFoundException", `Function not found: ${name}`, 404);
  return { FunctionName: name, Version: "1", Environment: { Variables: variables } };
}
