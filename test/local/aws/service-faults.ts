// Error responses of AWS that only tests cause, for `fail()` of a local service.
// Sources: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
// docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html

import type { Fault, LocalRequest, LocalResponse } from "../../../local/aws/http-server.ts";
import { ServiceError } from "../../../local/aws/http-server.ts";
import { refuse, renderError, throttled } from "../../../local/aws/protocols.ts";
import { refused } from "../../../local/aws/sts/protocol.ts";

export function ec2Throttling(): Fault {
  const error = new ServiceError("RequestLimitExceeded", "Request limit exceeded.", 503);
  return answer(renderError("ec2", error));
}

export function iamThrottling(): Fault {
  return answer(renderError("iam", new ServiceError("Throttling", "Rate exceeded")));
}

export const ssmThrottling = (): Fault => answer(refuse(throttled()));

/** `sts.fail(stsThrottling)` */
export function stsThrottling(request: LocalRequest): Fault {
  return answer(refused(request, new ServiceError("Throttling", "Rate exceeded")));
}

export function logsForbidden(logGroup: string): Fault {
  const message =
    "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: logs:FilterLogEvents on resource: " +
    `arn:aws:logs:us-east-1:111122223333:log-group:${logGroup}:log-stream: because no identity-based policy allows the logs:FilterLogEvents action`;
  return answer(refuse(new ServiceError("AccessDeniedException", message)));
}

export type FaultRule = Fault | ((request: LocalRequest) => Fault | undefined);

export function answering(
  status: number,
  body = "",
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return { kind: "answer", status, body, headers };
}

/**
 * For `fail()` of Parameter Store: only for this operation, and requests whose body contains
 * `text`.
 */
export const failing =
  (operation: string, fault: Fault, text = "") =>
  ({ headers, body }: LocalRequest): Fault | undefined =>
    headers["x-amz-target"] === `AmazonSSM.${operation}` && body.includes(text) ? fault : undefined;

export function stsError(status: number, Code: string): Fault {
  return answering(
    status,
    JSON.stringify({ Error: { Code, Message: "as it says", Type: "Sender" } }),
  );
}

export function ssmError(status: number, type: string): Fault {
  return answering(status, JSON.stringify({ __type: type, message: "as it says" }), {
    "x-amzn-errortype": type,
  });
}

function answer({ status, headers = {}, body }: LocalResponse): Fault {
  return { kind: "answer", status, headers, body: String(body) };
}
