// A connection of a command to the local store of a test, without the command's options and without a rate limit.

import { SSMClient } from "@aws-sdk/client-ssm";
import type { Connection } from "../../../cli/aws/connection.ts";
import { CONTEXT } from "../access/any-plan.ts";
import { type LocalCluster, PREFIX } from "../mappings/cluster.ts";

export function connectionTo({ store }: LocalCluster, more: object = {}): Connection {
  const ssm = new SSMClient({ endpoint: store.url, maxAttempts: 1 });
  const rates = { reads: 1e6, writes: 1e6 };
  return { ssm, context: { ...CONTEXT, prefix: PREFIX }, rates, ...more } as Connection;
}
