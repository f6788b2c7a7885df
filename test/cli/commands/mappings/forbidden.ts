// Denials of IAM by the local Parameter Store.

import type { Fault } from "../../../../local/aws/http-server.ts";
import { failing } from "../../../local/aws/service-faults.ts";

/**
 * As the service words it:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDenied(action: string, name: string): Fault {
  const message =
    `User: arn:aws:iam::111122223333:user/team is not authorized to perform: ${action} on resource: ` +
    `arn:aws:ssm:us-east-1:111122223333:parameter${name} because no identity-based policy allows the ${action} action`;
  const type = "AccessDeniedException";
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type };
  return { kind: "answer", status: 400, headers, body: JSON.stringify({ __type: type, message }) };
}

export const forbidden = (action: string) => failing(action, accessDenied(`ssm:${action}`, ""));
