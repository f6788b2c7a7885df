// ARNs of a cluster's parameters.

import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** `below` is what follows the prefix, `*` for everything; without it, the prefix itself. */
export function prefixArn(scope: Construct, mappingPrefix: string, below?: string): string {
  // Names begin with a slash, which is the ARN's own. Nothing is cut off: the prefix may be known only to the deployment.
  const resource = `parameter${mappingPrefix}${below === undefined ? "" : `/${below}`}`;
  return Stack.of(scope).formatArn({ service: "ssm", resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
}
