// Errors of CloudWatch Logs.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html

import { refuse } from "../aws-json.ts";
import type { Fault } from "../faults.ts";
import { ServiceError } from "../service-error.ts";

export function invalidParameter(message: string): ServiceError {
  return new ServiceError("InvalidParameterException", message);
}

export function noSuchLogGroup(): ServiceError {
  return new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
}

/** Missing permission in IAM, for `fail()`. */
export function logsForbidden(logGroup: string): Fault {
  const message =
    "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: logs:FilterLogEvents on resource: " +
    `arn:aws:logs:us-east-1:111122223333:log-group:${logGroup}:log-stream: because no identity-based policy allows the logs:FilterLogEvents action`;
  return { kind: "answer", ...refuse(new ServiceError("AccessDeniedException", message)) };
}
