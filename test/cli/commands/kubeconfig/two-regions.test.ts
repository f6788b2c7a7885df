// `kubeconfig client` for a cluster with a stack in two Regions: --publish writes to both, and users
// get one context.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createCertificateAuthority } from "../../../../local/certificates.ts";
import { useFolder } from "../../fixtures.ts";
import { useTwoRegions } from "../../two-regions.ts";
import { ADMIN, exits } from "../mappings/cluster.ts";

const regions = useTwoRegions(ADMIN);
const folder = useFolder();
const { ca } = createCertificateAuthority();
const file = folder.write("ca.crt", ca);
/** Nothing listens there. */
const SERVER = "https://127.0.0.1:1";
const PUBLISH = `kubeconfig client -c prod --publish --server ${SERVER} --ca ${file} --yes --allow-weakening`;

test("writes to both stores, and users merge one context, also while one Region fails", async () => {
  const { err } = await exits(regions.run(PUBLISH), 0);
  assert.match(err, /^Published in 2 of 2 clusters\.$/m);
  const published = { format: 1, server: SERVER, certificateAuthority: ca };
  assert.deepEqual(await regions.values("cluster/prod"), [published, published]);
  const environment = { KUBECONFIG: join(folder.path, "config") };
  const merge = () => regions.run("kubeconfig client -c prod --merge", { environment });
  await exits(merge(), 0, /^Wrote the context "prod" to \S+\.$/m);
  regions.strike("one");
  await exits(merge(), 3, /^\S+ has the context "prod" already\.$|^Wrote the context/m);
});

test("nothing is published if one of both cannot be read", async () => {
  regions.strike("other");
  await exits(
    regions.run(PUBLISH),
    3,
    /Nothing was written, because not every cluster can be changed\./,
  );
  assert.deepEqual(await regions.values("cluster/prod"), [undefined, undefined]);
});
