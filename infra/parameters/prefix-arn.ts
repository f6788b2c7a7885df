// ARNs of a cluster's parameters.

import { ArnFormat, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** `below`: the path below the prefix, or `*`. Default: the prefix itself. */
export function prefixArn(scope: Construct, mappingPrefix: string, below?: string): string {
  // The name's leading slash is also the ARN's separator. The prefix can be a token, so it must stay intact.
  const resource = `parameter${mappingPrefix}${below === undefined ? "" : `/${below}`}`;
  return Stack.of(scope).formatArn({ service: "ssm", resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
}
