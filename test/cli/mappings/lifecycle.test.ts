// The whole life of a cluster's mappings against the local Parameter Store.

import { test } from "node:test";
import { wholeLife } from "../lifecycle.ts";
import { storedCluster } from "./cluster.ts";

test("300 entries as they grow in the real io, from aws-auth to aws-auth", async (t) => {
  const cluster = await storedCluster();
  t.after(() => cluster.store.close());
  await wholeLife(cluster.mappings);
});
