// Throttling responses of EC2 and IAM, for `fail()`.
// Sources: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and
// docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html

import type { Fault } from "../faults.ts";
import { ServiceError } from "../service-error.ts";
import { renderError } from "./query-protocol.ts";

export function ec2Throttling(): Fault {
  const error = new ServiceError("RequestLimitExceeded", "Request limit exceeded.", 503);
  return { kind: "answer", ...renderError("ec2", error) };
}

export function iamThrottling(): Fault {
  return { kind: "answer", ...renderError("iam", new ServiceError("Throttling", "Rate exceeded")) };
}
