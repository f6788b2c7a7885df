// The life cycle of a cluster's mappings against the local Parameter Store.

import { test } from "node:test";
import { wholeLife } from "../lifecycle.ts";
import { storedCluster } from "./cluster.ts";

test("100 realistic entries are imported from aws-auth, changed and exported to aws-auth", async (t) => {
  const cluster = await storedCluster();
  t.after(() => cluster.store.close());
  await wholeLife(cluster.mappings, 100);
});
