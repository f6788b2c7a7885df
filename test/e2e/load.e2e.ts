// Load test with three kube-apiservers and 200 identities, while mappings change, callers and
// signing keys rotate, and services fail: every answer is one that the contract's cache times
// allow, AWS calls are within the documented limits, and the function's memory does not grow.
// E2E_LOAD_SECONDS sets the duration; `npm run test:soak` takes 30 minutes.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TOKEN_ISSUERS } from "../../local/sandbox-files.ts";
import { tokenReview } from "../../local/webhook.ts";
import { median } from "../bench/measure.ts";
import { LOCAL_IDENTITIES } from "../local-aws.ts";
import { post } from "../post.ts";
import type { BackendOptions } from "./cluster/backend.ts";
import { startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { createJudge } from "./load/judge.ts";
import { createMembers, identities } from "./load/members.ts";
import { planOutages } from "./load/outages.ts";
import { createCallers, startIssuer, writeCaller } from "./load/rotating.ts";

const SECONDS = Number(process.env["E2E_LOAD_SECONDS"] || 30);
const PER_SECOND = 30;
const AT_ONCE = 100;
/** Lifetime of a member's token, as for users who run kubectl occasionally. */
const TOKEN_MS = 40_000;
const CHANGE_MS = 1_000;
const PROBE_MS = 5_000;
/**
 * Longer than a minute, in which callers and keys are cached and kube-apiserver rereads its files,
 * and an outage.
 */
const ROTATION_MS = 120_000;
const SAMPLES = 60;
/**
 * After the warm-up, in which caches fill, the last third's median may be this much of the first
 * third's.
 */
const [WARM_UP, GROWTH] = [0.25, 1.1];
/** Shorter tests only print the memory: V8 enlarges its young generation in the first outages. */
const JUDGED_FROM_S = { heapUsed: 300, rss: 1_500 };

async function startLoad(t: TestContext) {
  let onAnswer: NonNullable<BackendOptions["onAnswer"]> = () => undefined;
  const cacheTtl = "1s";
  const { apiservers, backend, folder, stop } = await startCluster({
    identities: [...identities, ...LOCAL_IDENTITIES],
    onAnswer: (...answer) => onAnswer(...answer),
    webhooks: [
      { cacheTtl, user: (_, folder) => ({ tokenFile: writeCaller(folder, "secret") }) },
      { cacheTtl, user: (_, folder) => ({ tokenFile: writeCaller(folder, "iam") }) },
      { cacheTtl },
    ],
  });
  t.after(stop);
  const { sts, store, ec2, callerToken } = backend;
  const outages = planOutages();
  const { explain } = outages;
  const issuer = await startIssuer(explain);
  t.after(issuer.server.close);
  const callers = createCallers(callerToken, folder, store, explain);
  const { members, change } = createMembers(store, ec2, issuer, explain);
  const judge = createJudge(explain, callers);
  onAnswer = judge.review;
  const servers = { sts, store, ec2, keys: issuer.server };
  await callers.renew();
  backend.redeploy({
    JWT_ISSUERS: Array.from(TOKEN_ISSUERS, (pair) => pair.join("=")).join(),
    JWT_KEYS_ENDPOINT: issuer.server.url,
    NODE_OPTIONS: `--expose-gc --import ${new URL("cluster/report-memory.ts", import.meta.url)}`,
    MEMORY_SAMPLES_MS: String((SECONDS * 1000) / SAMPLES),
  });

  async function rotate(turn: number): Promise<void> {
    const step = (["publish", "use", "withdraw"] as const)[turn % 3] ?? assert.fail();
    for (const server of [callers, issuer]) await server[step]();
    await callers.renew();
  }
  /** Calls the webhook with the caller's old token. */
  async function probe(): Promise<void> {
    const headers = {
      authorization: `Bearer ${callers.old()}`,
      "content-type": "application/json",
    };
    await post(backend.url, {
      headers,
      body: tokenReview("opaque"),
      tls: { ca: backend.authority.ca },
    });
  }
  return { apiservers, backend, servers, outages, judge, members, change, rotate, probe };
}

test(`${SECONDS} s at ${PER_SECOND} reviews a second`, {
  timeout: (SECONDS + 600) * 1000,
}, async (t) => {
  const { apiservers, backend, servers, outages, judge, members, change, rotate, probe } =
    await startLoad(t);
  const times: number[] = [];
  const current = new Map<string, Promise<string>>();

  /**
   * The current token of a member; concurrent calls share it. Members renew their tokens one after
   * the other.
   */
  function currentToken(which: number): Promise<string> {
    const { name, needs, mint } = members[which] ?? assert.fail();
    const key = `${name} ${Math.floor(Date.now() / TOKEN_MS + which / members.length)}`;
    const minted = async () => {
      const { token, answers } = await mint();
      judge.tokens.set(token, { name, needs, answers });
      return token;
    };
    const token = current.get(key) ?? minted();
    current.set(key, token);
    return token;
  }
  async function ask(index: number): Promise<void> {
    // 77 and 200 are coprime, so all members take part, in a mixed order. A token returns to a
    // kube-apiserver after 20 s, after that one's cache time.
    const token = await currentToken((index * 77) % members.length);
    const which = index % apiservers.length;
    const [from, start] = [Date.now(), performance.now()];
    const user = await whoIs(apiservers[which] ?? assert.fail(), token);
    times.push(performance.now() - start);
    judge.login(token, user, which === 1, from);
  }

  const begin = Date.now();
  async function repeat(ms: number, action: (turn: number) => unknown): Promise<void> {
    for (let turn = 0; turn * ms < SECONDS * 1000; turn += 1) {
      await sleep(Math.max(0, begin + turn * ms - Date.now()));
      await action(turn);
    }
  }
  const running = new Set<Promise<void>>();
  async function askSoon(index: number): Promise<void> {
    while (running.size >= AT_ONCE) await Promise.race(running);
    const asked: Promise<void> = ask(index).finally(() => running.delete(asked));
    running.add(asked);
  }
  outages.start(servers, begin, SECONDS);
  await Promise.all([
    repeat(1000 / PER_SECOND, askSoon),
    repeat(CHANGE_MS, change),
    repeat(ROTATION_MS, rotate),
    repeat(PROBE_MS, probe),
  ]);
  await Promise.all(running);

  const { wrong, counts, tokens } = judge;
  const { past, calls } = outages;
  const reviews = Object.values(counts).reduce((sum, count) => sum + count, 0);
  t.diagnostic(
    `${times.length} logins, ${tokens.size} tokens, ${reviews} reviews: ${JSON.stringify(counts)}`,
  );
  t.diagnostic(`${wrong.length} wrong answers, ${past.length} outages, ${JSON.stringify(calls)}`);
  const sorted = times.toSorted((a, b) => a - b);
  const [middle, most] = [0.5, 0.99].map((part) =>
    sorted[Math.floor(sorted.length * part)]?.toFixed(1),
  );
  t.diagnostic(`ms at kube-apiserver: median ${middle}, 99 % ${most}`);
  assert.deepEqual(wrong.slice(0, 20), []);
  for (const { service } of past)
    assert.ok(calls[service].failed > 0, `no call of ${service} failed`);
  // A token is verified more than once only if several kube-apiservers send it at the same time:
  // TOKEN_MS is below 60 s.
  assert.ok(calls.sts.answered <= tokens.size * apiservers.length);
  // At most one call for the mappings of a review, and one per minute for the callers.
  assert.ok(calls.store.answered <= reviews + Math.ceil(SECONDS / 60) + 1);

  const samples = backend.memory().slice(SAMPLES * WARM_UP);
  const third = Math.ceil(samples.length / 3);
  for (const kind of ["heapUsed", "rss"] as const) {
    const parts = [0, 1, 2].map((part) =>
      samples.slice(part * third, (part + 1) * third).map((line) => line[kind]),
    );
    const [first = 0, second = 0, last = 0] = parts.map(
      (values) => Math.round(median(values) / 1e5) / 10,
    );
    t.diagnostic(`${kind} by third, MB: ${first}, ${second}, ${last}`);
    assert.ok(SECONDS < JUDGED_FROM_S[kind] || last <= first * GROWTH, `${kind} grows`);
  }
});
