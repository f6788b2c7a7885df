// The operations of Lambda with which `doctor` reads the account's quota and a function's configuration.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html

import { type LocalRequest, type LocalResponse, ServiceError } from "./http-server.ts";

/** Environment variables by name of the function. */
export type Functions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const DEFAULT_QUOTA = 1_000;

const CONFIGURATION = /^\/2015-03-31\/functions\/([\w-]+)\/configuration\?Qualifier=live$/;

/** Throws a ServiceError for other operations and unknown functions. */
export function answerLambda({ method, target }: LocalRequest, functions: Functions): LocalResponse {
  if (method === "GET" && target.replace(/\/$/, "") === "/2016-08-19/account-settings") {
    const AccountLimit = { ConcurrentExecutions: DEFAULT_QUOTA, UnreservedConcurrentExecutions: DEFAULT_QUOTA };
    return respond({ AccountLimit });
  }
  const name = (method === "GET" && CONFIGURATION.exec(target)?.[1]) || undefined;
  if (name === undefined) {
    throw new ServiceError(
      "UnknownOperationException",
      `The sandbox's Lambda does not support ${method} ${target}.`,
      404,
    );
  }
  const { [name]: variables } = functions;
  if (variables === undefined) throw new ServiceError("ResourceNotFoundException", `Function not found: ${name}`, 404);
  return respond({ FunctionName: name, Version: "1", Environment: { Variables: variables } });
}

function respond(output: object): LocalResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(output) };
}
