// Three kube-apiservers, two hundred identities, at a bounded rate: no wrong answer, and no more calls to AWS than documented.
// E2E_LOAD_SECONDS makes it longer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { runAtRate } from "./load/at-rate.ts";
import { createCrowd, type Member } from "./load/crowd.ts";

const SECONDS = Number(process.env["E2E_LOAD_SECONDS"] || 60);
const PER_SECOND = 30;
const AT_ONCE = 20;
/** One kubectl command is several requests to one kube-apiserver, of which all but the first are answered from its cache. */
const IN_A_ROW = 3;
/** Each member gets a new token in this time, as everybody does who runs kubectl now and then. */
const TOKEN_MS = 40_000;

const webhook = { cacheTtl: "10s" };
const crowd = createCrowd(200);
let cluster: Cluster;
before(async () => {
  cluster = await startCluster({
    webhooks: [webhook, webhook, webhook],
    identities: crowd.map(({ identity }) => identity),
    parameters: Object.assign({}, ...crowd.map(({ parameters }) => parameters)),
  });
});
after(() => cluster.stop());

/** The token that a member uses at this time; asked for by many at once, made once. */
const tokens = new Map<string, Promise<string>>();
function currentToken({ identity }: Member): Promise<string> {
  const key = `${identity.name} ${Math.floor(Date.now() / TOKEN_MS)}`;
  const token = tokens.get(key) ?? mintToken({ identity, clusterId: CLUSTER_ID, region: REGION });
  tokens.set(key, token);
  return token;
}

test(`${SECONDS} s at ${PER_SECOND} requests a second`, { timeout: (SECONDS + 60) * 1000 }, async (context) => {
  const wrong: string[] = [];
  const times: number[] = [];

  async function ask(index: number): Promise<void> {
    const turn = Math.floor(index / IN_A_ROW);
    // 77 and 200 have no common divisor: everybody takes part, in no order that the members were made in
    const member = crowd[(turn * 77) % crowd.length];
    const apiserver = cluster.apiservers[turn % cluster.apiservers.length];
    assert.ok(member && apiserver);
    const token = await currentToken(member);
    const start = performance.now();
    const user = await whoIs(apiserver, token);
    times.push(performance.now() - start);
    const groups = member.groups && [...member.groups, "system:authenticated"];
    if (user?.username === member.username && user?.groups?.join() === groups?.join()) return;
    wrong.push(`${member.identity.name} is ${user?.username ?? "nobody"} in ${user?.groups}`);
  }

  await runAtRate({ perSecond: PER_SECOND, count: SECONDS * PER_SECOND, atOnce: AT_ONCE }, ask);

  const reviews = cluster.backend.reviews();
  const stsCalls = cluster.backend.sts.requests.length;
  const ssmCalls = cluster.backend.store.requests.length;
  context.diagnostic(`${times.length} requests, ${wrong.length} wrong answers`);
  context.diagnostic(`${tokens.size} tokens, ${reviews.length} reviews, ${stsCalls} STS calls, ${ssmCalls} SSM calls`);
  context.diagnostic(`ms at kube-apiserver: median ${quantile(times, 0.5)}, 99 % ${quantile(times, 0.99)}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    reviews.filter(({ outcome }) => outcome !== "granted" && outcome !== "denied"),
    [],
  );
  // A token is proven again only where several kube-apiservers show it at one moment: TOKEN_MS is less than 60 s.
  assert.ok(stsCalls >= tokens.size && stsCalls <= tokens.size * cluster.apiservers.length);
  // One call for the mappings of a review, at most; and the callers' list each minute.
  assert.ok(ssmCalls <= reviews.length + Math.ceil(SECONDS / 60) + 1);
});

function quantile(values: readonly number[], part: number): string {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]?.toFixed(1) ?? "-";
}
