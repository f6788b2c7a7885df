// Measures how long a user with one token can still log in after the mapping is removed or denied.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MAPPING_PREFIX } from "./cluster/mappings.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/eventually.ts";

/** The function's mapping cache, and kube-apiserver's two caches, of which only the first is configurable. */
const MAPPING_S = 30;
const WEBHOOK_CACHE_S = 2;
/** https://github.com/kubernetes/kubernetes/blob/master/pkg/kubeapiserver/authenticator/config.go: tokencache, success */
const TOKEN_CACHE_S = 10;
const TOLERANCE_S = 3;

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ webhooks: [{ cacheTtl: `${WEBHOOK_CACHE_S}s` }] });
});
after(() => cluster.stop());

const WAYS = [
  {
    way: "removed",
    name: "alice",
    username: "alice",
    reason: "identity_unmapped",
    revoke: () => cluster.backend.store.remove(`${MAPPING_PREFIX}/user/111122223333/alice`),
  },
  {
    way: "denied",
    name: "bob",
    username: "dev:bob-example.com",
    reason: "identity_denied",
    revoke: () => {
      const value = [{ arnLike: "arn:aws:iam::111122223333:role/Developers" }];
      cluster.backend.store.put(`${MAPPING_PREFIX}/deny/111122223333`, JSON.stringify(value));
    },
  },
];

for (const { way, name, username, reason, revoke } of WAYS) {
  test(`a mapping that is ${way}: the user is denied within the cache times`, { timeout: 120_000 }, async (context) => {
    const [apiserver] = cluster.apiservers;
    const token = await freshToken(name);
    assert.equal((await whoIs(apiserver, token))?.username, username);
    revoke();
    const start = Date.now();
    const limit = MAPPING_S + WEBHOOK_CACHE_S + TOKEN_CACHE_S + TOLERANCE_S;
    await eventually("the user is denied", limit * 1000, async () => {
      const user = await whoIs(apiserver, token);
      assert.ok(user === undefined || user.username === username);
      return user === undefined || undefined;
    });
    context.diagnostic(`denied ${((Date.now() - start) / 1000).toFixed(1)} s after it was ${way}`);
    assert.equal(cluster.backend.reviews().at(-1)?.reason, reason);
    // and stays denied
    assert.equal(await whoIs(apiserver, token), undefined);
  });
}
