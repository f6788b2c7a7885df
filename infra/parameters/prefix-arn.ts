// ARNs of a cluster's parameters.

import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** `below` is what follows the prefix, `*` for everything; without it, the prefix itself. */
export function prefixArn(scope: Construct, mappingPrefix: string, below?: string): string {
  // Names begin with a slash, which is the ARN's own.
  const path = mappingPrefix.slice(1);
  return Stack.of(scope).formatArn({
    service: "ssm",
    resource: "parameter",
    resourceName: below === undefined ? path : `${path}/${below}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
