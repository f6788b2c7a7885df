// `reviews`, `whoami` and `doctor` with several clusters: which cluster each item is from, and failures by cluster.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { kubeconfigOf } from "../../cli/kubeconfig/webhook.ts";
import { denial } from "../../functions/errors.ts";
import { type LocalServer, startHttpServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { startLogs } from "../../local/logs/logs.ts";
import { type MemoryStore, startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "./cli.ts";
import { exits } from "./mappings/cluster.ts";
import { lineOf, MINUTE, NOW } from "./reviews/services.ts";
import { startStacks } from "./stacks.ts";

const home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const folder = join(home, ".config", "iam-authenticator");
const ALICE = "arn:aws:iam::111122223333:user/alice";
const BOB = { arn: "arn:aws:iam::111122223333:role/Developers", username: "dev:{SessionName}" };

const servers: LocalServer[] = [];
let store: MemoryStore;
let api: LocalServer;
before(async () => {
  store = await startParameterStore({
    parameters: { "/iam-authenticator/prod/role/111122223333/developers": JSON.stringify(BOB) },
  });
  const granted = { outcome: "granted", arn: ALICE, time: NOW - MINUTE } as const;
  const user = (groups: string[]) => ({ record: { user: { username: "alice", groups, extra: {} } } });
  const logs = await startLogs({
    groups: {
      "log-prod": () => [
        lineOf({ ...granted, ...user(["admins"]) }),
        lineOf({ ...granted, ...user(["viewers"]), time: NOW - 2 * MINUTE }),
      ],
      "log-staging": () => [
        lineOf({ time: NOW - MINUTE, outcome: "denied", arn: ALICE, error: denial("identity_unmapped", "x") }),
      ],
    },
  });
  api = await startHttpServer(() => ({ status: 404, body: "{}" }));
  const stacks = await startStacks({
    "IamAuthenticator-prod": { LogGroup: "log-prod", Endpoint: `${api.url}/authenticate` },
    "IamAuthenticator-staging": { LogGroup: "log-staging", Endpoint: "https://new.example.com/authenticate" },
  });
  const sts = await startSts();
  servers.push(store, logs, stacks, sts, api);
  useLocalAws({
    ...keyVariables(localIdentity("bob")),
    AWS_ENDPOINT_URL_SSM: store.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "webhook.kubeconfig"), kubeconfigOf(`${api.url}/authenticate`, undefined, { token: "t" }));
  const contexts = {
    prod: { webhookKubeconfig: "webhook.kubeconfig" },
    staging: { webhookKubeconfig: "webhook.kubeconfig" },
  };
  writeFileSync(join(folder, "config.yaml"), JSON.stringify({ contexts }));
});
after(async () => {
  rmSync(home, { recursive: true });
  await Promise.all(servers.map((server) => server.close()));
});

const run = (...words: string[]) => cli(words, { environment: { HOME: home }, now: NOW });
const both = ["--all-contexts"];

test("reviews names the cluster of each item, and --group keeps only reviews of users in the group", async () => {
  const json = JSON.parse((await run("reviews", ...both, "-o", "json")).out);
  assert.deepEqual(
    json.map(({ cluster, outcome }: Record<string, string>) => `${cluster} ${outcome}`),
    ["prod granted", "staging denied"],
  );
  assert.match(json[1].explain, /explain -c staging /);
  const grouped = JSON.parse((await run("reviews", ...both, "--group", "admins", "-o", "json")).out);
  assert.deepEqual(
    grouped.map(({ cluster, groups }: Record<string, unknown>) => [cluster, groups]),
    [["prod", ["admins"]]],
  );
  assert.match((await run("reviews", ...both)).out, /^prod\nTIME[\s\S]*\nstaging\nTIME/);
  const lines = (await run("reviews", ...both, "--each", "-o", "json")).out.trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).cluster),
    ["prod", "prod", "staging"],
  );
  assert.match((await run("reviews", ...both, "--each")).out, /^prod: .*\nprod: .*\nstaging: .*\n$/);
  const stats = JSON.parse((await run("reviews", "stats", ...both, "-o", "json")).out);
  assert.deepEqual(
    stats.map(({ cluster, reviews }: Record<string, unknown>) => [cluster, reviews]),
    [
      ["prod", 2],
      ["staging", 1],
    ],
  );
  const one = JSON.parse((await run("reviews", "-c", "prod", "-o", "json")).out);
  assert.ok(one.length === 1 && one.every((item: object) => !("cluster" in item)));
  const refused = await run("reviews", ...both, "--log-group", "log-prod");
  assert.deepEqual(
    [refused.code, refused.err.split("\n")[0]],
    [2, "prod: --log-group and --stack are for one cluster."],
  );
});

test("reviews continues when one cluster's log cannot be found, and exits with the worst code", async () => {
  const { out } = await exits(
    run("reviews", "-c", "nowhere", "-c", "staging", "-o", "json"),
    2,
    /^nowhere: There is no stack IamAuthenticator-nowhere in region us-east-1\./m,
  );
  assert.deepEqual(
    JSON.parse(out).map(({ cluster }: { cluster: string }) => cluster),
    ["staging"],
  );
});

test("whoami shows each cluster's answer, and exits with 1 if one denies access", async () => {
  const { out } = await exits(run("whoami", ...both), 1);
  assert.match(out, /^cluster +prod\nidentity [\s\S]*\nuser +dev:[\s\S]*\ncluster +staging\nidentity /);
  const json = JSON.parse((await run("whoami", ...both, "-o", "json")).out);
  assert.deepEqual(
    json.map(({ cluster, refusal }: { cluster: string; refusal?: { code: string } }) => [cluster, refusal?.code]),
    [
      ["prod", undefined],
      ["staging", "identity_unmapped"],
    ],
  );
  const one = JSON.parse((await run("whoami", "-c", "prod", "-o", "json")).out);
  assert.ok(!Array.isArray(one) && !("cluster" in one));
});

test("doctor reads each context's webhook kubeconfig, and reports a URL that is not the stack's", async () => {
  const { out } = await exits(run("doctor", ...both, "-o", "json"), 1);
  const urls = JSON.parse(out).filter(({ check }: { check: string }) => check === "url");
  assert.deepEqual(
    urls.map(({ cluster, state }: Record<string, string>) => [cluster, state]),
    [
      ["prod", "ok"],
      ["staging", "warning"],
    ],
  );
  assert.match(urls[1].seen, /is not the endpoint of the stack IamAuthenticator-staging, new\.example\.com$/);
  assert.match(
    urls[1].advice,
    /kubeconfig webhook --from <old kubeconfig> --endpoint https:\/\/new\.example\.com\/authenticate$/,
  );
  assert.match((await run("doctor", ...both)).out, /^prod\nok +version[\s\S]*\nstaging\nok +version/);
  await exits(
    run("doctor", ...both, "--endpoint", api.url),
    2,
    /^--kubeconfig and --endpoint are for one cluster\. For several, set webhookKubeconfig/,
  );
  const missing = await run("doctor", "-c", "nowhere");
  assert.deepEqual(
    [missing.code, missing.err],
    [2, "Give either --kubeconfig or --endpoint, or set webhookKubeconfig in the cluster's context.\n"],
  );
});
