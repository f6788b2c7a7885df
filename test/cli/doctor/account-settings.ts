// A local Lambda with the account's limit of concurrent executions.

import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";

export type AccountLimit = { readonly total: number; readonly free: number } | "forbidden";

/** GetAccountSettings: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export function startAccountSettings(limit: () => AccountLimit): Promise<LocalServer> {
  return startHttpServer(({ target }) => {
    if (target !== "/2016-08-19/account-settings") return { status: 404, headers: {}, body: "{}" };
    const found = limit();
    if (found === "forbidden") {
      const message =
        "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: lambda:GetAccountSettings";
      const headers = { "content-type": "application/json", "x-amzn-errortype": "AccessDeniedException" };
      return { status: 403, headers, body: JSON.stringify({ Message: message }) };
    }
    const AccountLimit = { ConcurrentExecutions: found.total, UnreservedConcurrentExecutions: found.free };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ AccountLimit }) };
  });
}
