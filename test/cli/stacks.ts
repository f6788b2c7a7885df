// A local CloudFormation with given stacks and outputs.

import { type LocalServer, ServiceError, startHttpServer } from "../../local/aws/http-server.ts";
import { renderError } from "../../local/aws/protocols.ts";
import { queryAnswers, type Stacks } from "../../local/aws/query-services.ts";

export function startStacks(stacks: Stacks): Promise<LocalServer> {
  const none = { instances: [], profiles: [], account: "" };
  return startHttpServer(queryAnswers({ ...none, stacks }, () => {}));
}

export function accessDenied(action: string) {
  const message = `User: arn:aws:iam::111122223333:user/reader is not authorized to perform: ${action}`;
  const {
    status,
    headers = {},
    body,
  } = renderError("cloudformation", new ServiceError("AccessDenied", message, 403));
  return { kind: "answer", status, headers, body: String(body) } as const;
}
