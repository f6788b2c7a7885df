// A kube-apiserver that proves itself by IAM: renewal of its token, each kind of refusal, outages of STS, and a flood.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { post } from "../post.ts";
import { findAwsCli } from "./aws-cli.ts";
import { callersParameter } from "./cluster/backend.ts";
import type { ReviewLine } from "./cluster/function-log.ts";
import { MAPPING_PREFIX } from "./cluster/mappings.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/eventually.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CALLER_ID = `${CLUSTER_ID}:caller`;
const TOKEN_MS = 15 * 60_000;
/** bob signs as the role, alice as the user. */
const CALLERS = [
  { name: "control-plane", arn: "arn:aws:iam::111122223333:role/Developers", principalId: "AROALOCALDEVELOPERSAA" },
  { name: "by-the-aws-cli", arn: "arn:aws:iam::111122223333:user/engineering/alice" },
];

interface SignOptions {
  readonly who?: string;
  readonly id?: string;
  /** How long the token is still valid: STS and the function accept 15 minutes from the time of signing. */
  readonly leftMs?: number;
}

function callerToken({ who = "bob", id = CALLER_ID, leftMs = TOKEN_MS }: SignOptions = {}): Promise<string> {
  const now = Date.now() - TOKEN_MS + leftMs;
  return mintToken({ identity: localIdentity(who), clusterId: id, region: REGION, now });
}

/** Adds the IAM callers to the one with a token, for a new environment of the function. */
function acceptIamCallers({ backend }: Cluster): void {
  for (const [name, value] of Object.entries(callersParameter([backend.callerToken]))) {
    assert.equal(name, `${MAPPING_PREFIX}/callers`);
    backend.store.put(name, JSON.stringify([...JSON.parse(value), ...CALLERS]));
  }
  backend.redeploy();
}

/** The complete path of the AWS CLI: kube-apiserver has no PATH. */
function awsCli(): string {
  const found = findAwsCli();
  return found === "aws" ? execFileSync("which", [found], { encoding: "utf8" }).trim() : found;
}

async function login(cluster: Cluster, index = 0, name = "alice"): Promise<string | undefined> {
  const apiserver = cluster.apiservers[index];
  assert.ok(apiserver);
  return (await whoIs(apiserver, await freshToken(name)))?.username;
}

/** The function's log lines during `action`. */
async function linesOf({ backend }: Cluster, action: () => Promise<unknown>): Promise<ReviewLine[]> {
  const before = backend.reviews().length;
  await action();
  return backend.reviews().slice(before);
}

const summary = (lines: readonly ReviewLine[]) =>
  lines.map(({ outcome, reason = "" }) => `${outcome} ${reason}`.trim());

describe("callers by IAM", { concurrency: true }, () => {
  describe("a token file that is renewed", { concurrency: 1 }, () => {
    let cluster: Cluster;
    let file: string;
    let script: string;
    before(async () => {
      script = join(ROOT, "examples", "caller-token", "renew-caller-token");
      cluster = await startCluster({
        webhooks: [
          {
            user: (_, folder) => {
              mkdirSync(join(folder, "mounted"));
              file = join(folder, "mounted", "caller-token");
              writeFileSync(file, "not yet a token\n", { mode: 0o600 });
              return { tokenFile: file };
            },
          },
          {},
        ],
      });
      acceptIamCallers(cluster);
    });
    after(() => cluster.stop());

    /** As the example's script does, with a token that is already old. */
    async function renew(leftMs: number): Promise<string> {
      const token = await callerToken({ leftMs });
      writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return token;
    }

    /** Only this machine's keys, and no other configuration. */
    function renewByScript(): void {
      const PATH = `${dirname(awsCli())}:${process.env["PATH"]}`;
      const env = { PATH, HOME: cluster.folder, ...isolatedVariables(localIdentity("alice")) };
      execFileSync(script, [CLUSTER_ID, REGION, file], { env });
    }

    test("no login is lost in two lifetimes of tokens, and in a flood of unknown bearers", {
      timeout: 400_000,
    }, async (t) => {
      const { backend } = cluster;
      // kube-apiserver reads the file for its first call of the webhook, and then every minute.
      const LIFE_MS = 75_000;
      const RUN_MS = 140_000;
      const FLOOD_MS = 20_000;
      const start = Date.now();
      let lost = 0;
      const ms: { quiet: number[]; flood: number[] } = { quiet: [], flood: [] };
      let renewals = 0;
      let next = 0;
      let isFlooded = false;
      let flooding: Promise<Flood> | undefined;
      while (Date.now() - start < RUN_MS) {
        if (Date.now() >= next) {
          // For the last minute, by the example's script with the AWS CLI.
          if (Date.now() - start < 70_000) await renew(LIFE_MS);
          else renewByScript();
          renewals += 1;
          next = Date.now() + 8_000;
        }
        if (flooding === undefined && Date.now() - start > RUN_MS - FLOOD_MS - 2_000) {
          isFlooded = true;
          flooding = flood(cluster, FLOOD_MS).finally(() => {
            isFlooded = false;
          });
        }
        const flooded = isFlooded;
        const before = Date.now();
        const user = await login(cluster).catch((error: unknown) => `${error}`);
        ms[flooded ? "flood" : "quiet"].push(Date.now() - before);
        if (user !== "alice") lost += 1;
        await sleep(250);
      }
      const { tokens, statuses, seconds } = await (flooding ?? assert.fail("no flood"));
      const accepted = backend.reviews().filter(({ outcome }) => outcome === "granted").length;
      t.diagnostic(
        `${accepted} logins, ${lost} lost, ${renewals} renewals; flood: ${JSON.stringify(statuses)} in ${seconds} s; ` +
          `median login ${median(ms.quiet)} ms, in the flood ${median(ms.flood)} ms`,
      );
      assert.equal(lost, 0);
      assert.ok(ms.flood.length > 10 && accepted > 100);
      assert.deepEqual(Object.keys(statuses).sort(), ["401", "429"]);
      const strangers = new Set(tokens);
      const signers = backend.sts.requests.map(({ target }) => /X-Amz-Credential=(\w+)/.exec(target)?.[1] ?? "");
      const ofStrangers = signers.filter((key) => strangers.has(key)).length;
      assert.ok(ofStrangers > 0 && ofStrangers <= seconds + 1, `${ofStrangers} calls of STS in ${seconds} s`);
      // The tokens of the first half live 75 s: without renewals, most logins would have failed.
      const used = new Set(backend.gateway.events.map(({ headers }) => keyOf(headers["authorization"])));
      assert.ok(used.has(localIdentity("bob").accessKeyId), "tokens of the role");
      assert.ok(used.has(localIdentity("alice").accessKeyId), "tokens that the AWS CLI signed");
    });

    test("a caller with a token is accepted too", async () => {
      assert.equal(await login(cluster, 1), "alice");
    });
  });

  describe("each kind of token, and an outage of STS", { concurrency: 1 }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster();
      acceptIamCallers(cluster);
    });
    after(() => cluster.stop());

    /** Restarts kube-apiserver with a bearer in its kubeconfig. */
    async function provesBy(token: string): Promise<void> {
      await cluster.restart(0, { user: () => ({ token }) });
    }

    test("a user's token is never a caller's, and a caller's never a user's: all four combinations", async () => {
      const asUser = (id: string) => callerToken({ who: "alice", id });
      const answered = async (token: string) => {
        const lines = await linesOf(cluster, () => whoIs(cluster.apiservers[0], token));
        return summary(lines);
      };
      await provesBy(await callerToken());
      assert.deepEqual(await answered(await asUser(CLUSTER_ID)), ["granted"]);
      assert.deepEqual(await answered(await asUser(CALLER_ID)), ["denied sts_refused"]);
      await provesBy(await callerToken({ id: CLUSTER_ID }));
      assert.deepEqual(await answered(await asUser(CLUSTER_ID)), ["caller_refused caller_refused"]);
      assert.deepEqual(await answered(await asUser(CALLER_ID)), ["caller_refused caller_refused"]);
    });

    test("another role, another cluster and an expired token are a 401 without a retry", async () => {
      for (const [options, reason] of [
        [{ who: "carol" }, /is not in the list of callers/],
        [{ id: "another:caller" }, /sts_refused: .*SignatureDoesNotMatch/],
        [{ leftMs: -1_000 }, /token_expired: signed 16 min ago/],
      ] as const) {
        await provesBy(await callerToken(options));
        const lines = await linesOf(cluster, async () => assert.equal(await login(cluster), undefined));
        assert.deepEqual(summary(lines), ["caller_refused caller_refused"]);
        assert.match(lines[0]?.message ?? "", reason);
        await eventually("kube-apiserver logs the reason", 5_000, () => {
          const isReason = (line: string) => line.includes("Unable to authenticate the request") && reason.test(line);
          return cluster.apiservers[0].log().split("\n").some(isReason) || undefined;
        });
      }
    });

    test("while STS is down, a proof is valid until the token expires, and a new token is a 500", {
      timeout: 200_000,
    }, async () => {
      const { sts } = cluster.backend;
      const LEFT_MS = 95_000;
      const end = Date.now() + LEFT_MS;
      await provesBy(await callerToken({ leftMs: LEFT_MS }));
      assert.equal(await login(cluster), "alice");
      const proven = Date.now();
      sts.fail({ kind: "reset" });
      // No user's token: only the caller matters.
      const caller = async () =>
        summary(await linesOf(cluster, () => whoIs(cluster.apiservers[0], `opaque-${Date.now()}`)));
      while (Date.now() < end - 4_000) {
        assert.deepEqual(await caller(), ["not_ours"], `${Date.now() - proven} ms after the proof`);
        await sleep(2_000);
      }
      assert.ok(Date.now() - proven > 65_000, "longer than the 60 s after which STS is asked again");
      await sleep(Math.max(0, end + 1_000 - Date.now()));
      assert.deepEqual(await caller(), ["caller_refused caller_refused"]);
      await provesBy(await callerToken());
      const lines = await caller();
      assert.deepEqual([lines[0], lines.length], ["fault sts_unreachable", 5]);
      assert.ok(!lines.includes("caller_refused caller_refused"));
      sts.fail(undefined);
      assert.equal(await login(cluster), "alice");
    });

    test("an exec plugin: the users entry of docs/callers.md, with the AWS CLI", async () => {
      const [, block = ""] =
        /^```yaml\n(users:\n.*?)^```$/ms.exec(readFileSync(join(ROOT, "docs", "callers.md"), "utf8")) ?? [];
      const [{ user }] = parse(block).users;
      const args = user.exec.args.map((word: string) =>
        word.replace("my-cluster", CLUSTER_ID).replace("eu-west-1", REGION),
      );
      const alice = localIdentity("alice");
      const variables = { PATH: process.env["PATH"] ?? "", ...isolatedVariables(alice) };
      const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
      const config = parse(readFileSync(join(cluster.folder, "webhook-1.kubeconfig"), "utf8"));
      const configFile = join(cluster.folder, "exec.kubeconfig");
      config.users = [{ name: "kube-apiserver", user: { exec: { ...user.exec, command: awsCli(), args, env } } }];
      writeFileSync(configFile, stringify(config), { mode: 0o600 });
      await cluster.restart(0, { configFile });
      assert.equal(await login(cluster), "alice");
      const bearer = cluster.backend.gateway.events.at(-1)?.headers["authorization"];
      assert.equal(keyOf(bearer), alice.accessKeyId);
    });
  });
});

/** The access key id of the token in an Authorization header; `undefined` for another bearer. */
function keyOf(authorization: string | undefined): string | undefined {
  const [, encoded = ""] = /^Bearer k8s-aws-v1\.(.*)$/.exec(authorization ?? "") ?? [];
  return /X-Amz-Credential=(\w+)/.exec(Buffer.from(encoded, "base64url").toString())?.[1];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Flood {
  /** Access key ids of the bearers. */
  readonly tokens: readonly string[];
  /** How often each status was the answer. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** About 40 well-formed bearers a second, each with another access key that STS does not know. */
async function flood({ backend }: Cluster, durationMs: number): Promise<Flood> {
  const statuses: Record<string, number> = {};
  const tokens: string[] = [];
  const start = Date.now();
  const body = JSON.stringify({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: "opaque" },
  });
  while (Date.now() - start < durationMs) {
    const accessKeyId = `AKIASTRANGER${String(tokens.length).padStart(8, "0")}`;
    tokens.push(accessKeyId);
    const identity = { ...localIdentity("alice"), accessKeyId };
    const authorization = `Bearer ${await mintToken({ identity, clusterId: CALLER_ID, region: REGION })}`;
    const headers = { authorization, "content-type": "application/json" };
    const { status } = await post(backend.url, { method: "POST", headers, body, tls: { ca: backend.authority.ca } });
    statuses[status] = (statuses[status] ?? 0) + 1;
    await sleep(20);
  }
  return { tokens, statuses, seconds: Math.ceil((Date.now() - start) / 1_000) };
}
