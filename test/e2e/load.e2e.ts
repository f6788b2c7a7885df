// Load test with three kube-apiservers and 200 identities: every result is correct, and AWS calls are within the
// documented limits. E2E_LOAD_SECONDS sets the duration.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { type Member, people } from "../bench/crowd.ts";
import { MAPPING_PREFIX } from "./cluster/mappings.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";

const SECONDS = Number(process.env["E2E_LOAD_SECONDS"] || 30);
const PER_SECOND = 30;
const AT_ONCE = 20;
/** A kubectl command sends several requests to one kube-apiserver, which caches the first review. */
const IN_A_ROW = 3;
/** Lifetime of a member's token, as for users who run kubectl occasionally. */
const TOKEN_MS = 40_000;

const webhook = { cacheTtl: "10s" };
const { members: crowd, identities, parameters } = people(200, 50, MAPPING_PREFIX);
let cluster: Cluster;
before(async () => {
  cluster = await startCluster({
    webhooks: [webhook, webhook, webhook],
    identities,
    parameters,
  });
});
after(() => cluster.stop());

/** The current token of a member; concurrent calls share it. */
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
    // 77 and 200 are coprime, so all members take part, in a mixed order
    const member = crowd[(turn * 77) % crowd.length];
    const apiserver = cluster.apiservers[turn % cluster.apiservers.length];
    assert.ok(member && apiserver);
    const token = await currentToken(member);
    const start = performance.now();
    const user = await whoIs(apiserver, token);
    times.push(performance.now() - start);
    const { expected } = member;
    const wanted = "denial" in expected ? undefined : [expected.username, ...expected.groups, "system:authenticated"];
    const seen = user && [user.username, ...(user.groups ?? [])];
    if (seen?.join() !== wanted?.join()) wrong.push(`${member.identity.name} is ${seen?.join(" in ")}`);
  }

  const begin = Date.now();
  const running = new Set<Promise<void>>();
  for (let index = 0; index < SECONDS * PER_SECOND; index += 1) {
    await sleep(Math.max(0, begin + (index * 1000) / PER_SECOND - Date.now()));
    while (running.size >= AT_ONCE) await Promise.race(running);
    const one: Promise<void> = ask(index).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);

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
  // A token is verified more than once only if several kube-apiservers send it at the same time: TOKEN_MS is below 60 s.
  assert.ok(stsCalls >= tokens.size && stsCalls <= tokens.size * cluster.apiservers.length);
  // At most one call for the mappings of a review, and one per minute for the callers.
  assert.ok(ssmCalls <= reviews.length + Math.ceil(SECONDS / 60) + 1);
});

function quantile(values: readonly number[], part: number): string {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]?.toFixed(1) ?? "-";
}
