// ARNs of the parameters below a cluster's prefix.

import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** `below` is what follows the prefix, `*` for everything. */
export function prefixArn(scope: Construct, mappingPrefix: string, below: string): string {
  return Stack.of(scope).formatArn({
    service: "ssm",
    resource: "parameter",
    // Names begin with a slash, which is the ARN's own.
    resourceName: `${mappingPrefix.slice(1)}/${below}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
