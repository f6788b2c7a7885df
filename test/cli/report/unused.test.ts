// `report --unused`: only commands, only for mappings that surely had no login, and complete.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { LocalRequest } from "../../../local/http-server.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits } from "../mappings/cluster.ts";
import { NOW } from "../reviews/services.ts";
import { ACCOUNT, DAY, login, type ReportCluster, reportCluster } from "./services.ts";

const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const USED = `role/${ACCOUNT}/used`;
const MAPPINGS = {
  [USED]: { arn: arn("Used"), username: "used" },
  [`role/${ACCOUNT}/unused`]: { arn: arn("Unused"), username: "unused" },
  [`sso-session/${ACCOUNT}/admin`]: [
    { session: "jane@example.com", username: "jane" },
    { session: "joe", username: "joe" },
  ],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:role/ci-*", username: "ci" }],
  "account/444455556666": {},
  [`role/${ACCOUNT}/invalid`]: { user: "x" },
  "deny/any": [{ arnLike: arn("Mallory") }],
};
const events = [login(USED, arn("Used"), 3), login(`sso-session/${ACCOUNT}/admin`, arn("Used"), 3)];

let cluster: ReportCluster;
afterEach(() => cluster.close());

test("it prints commands that remove the mappings without a login, and no pattern, account or invalid value", async () => {
  cluster = await reportCluster({ mappings: MAPPINGS, events });
  const { out } = await exits(cluster.report(["--unused", "90d", "--region", "us-east-1"]), 0, "");
  const session = `sso-session/${ACCOUNT}/admin --session`;
  const names = [`role/${ACCOUNT}/unused`, `${session} jane@example.com`, `${session} joe`];
  const remove = "lambda-iam-authenticator mappings remove -c prod --region us-east-1";
  assert.equal(out, names.map((name) => `npx ${remove} ${name}\n`).join(""));
  assert.equal(cluster.iam.requests.length, 0);
  for (const line of out.trim().split("\n")) {
    const words = `${line.replace(/^npx \S+ /, "")} --yes --force --allow-weakening --rate 1000`;
    await exits(cli(words, { now: NOW }), 0);
  }
  const left = JSON.parse((await cluster.report(["-o", "json"])).out);
  const parameters = left.map(({ parameter }: { parameter: string }) => parameter.replace(/^(\/[^/]+){2}\//, ""));
  assert.deepEqual(parameters, ["account/444455556666", "pattern/any", `role/${ACCOUNT}/invalid`, USED]);
});

test("a mapping that was written since then is left out", async () => {
  cluster = await reportCluster({ mappings: MAPPINGS, events, written: 40 });
  await exits(cluster.report(["--unused", "90d"]), 0, /^No unused mappings\./, "");
  assert.match((await cluster.report(["--unused", "30d"])).out, /role\/111122223333\/unused\n/);
});

test("it prints nothing and exits with 1 if the log cannot show the entire time", async () => {
  const logs = [
    { log: { retentionInDays: 30 }, reason: "because the log group keeps 30 days." },
    { log: { creationTime: NOW - 5 * DAY }, reason: "when the log group was created." },
    { events: [], reason: "With a logLevel above info, the function does not log granted logins." },
  ];
  for (const { reason, ...setup } of logs) {
    cluster = await reportCluster({ mappings: MAPPINGS, events, ...setup });
    const { err } = await exits(cluster.report(["--unused", "90d"]), 1, undefined, "");
    assert.ok(err.includes(reason), err);
    assert.match(err, /^The log cannot show which mappings are unused\.$/m);
    if (setup !== logs.at(-1)) await cluster.close();
  }
  cluster = await reportCluster({ mappings: MAPPINGS, events, log: { retentionInDays: 30 } });
  assert.equal((await cluster.report(["--unused", "30d"])).code, 0);
});

test("options that have no effect are refused", async () => {
  cluster = await reportCluster({ mappings: MAPPINGS, events });
  for (const more of ["--since 1d", "-o json", "--kubeconfig x"]) {
    assert.equal((await cluster.report(`--unused 90d ${more}`)).code, 2);
  }
});

test("with two contexts of one id, a login in one counts for both, and a command removes the mapping from both", async () => {
  const OTHER = "/other";
  const named = (name: string) => [`role/${ACCOUNT}/${name.toLowerCase()}`, { arn: arn(name), username: name }];
  const mappings = Object.fromEntries(["Used", "Standby", "Unused"].map(named));
  const standby = login(`role/${ACCOUNT}/standby`, arn("Standby"), 3, OTHER);
  cluster = await reportCluster({ mappings, events: [login(USED, arn("Used"), 3), standby] });
  for (const [name, value] of Object.entries(mappings)) cluster.store.put(`${OTHER}/${name}`, JSON.stringify(value));
  const home = useFolder();
  const regions = { one: "eu-west-1", other: "eu-central-1" };
  const other = { cluster: "prod", region: regions.other, prefix: OTHER };
  home.configure({ contexts: { one: { cluster: "prod", region: regions.one }, other } });
  const run = () => cluster.report(["--unused", "30d"], { environment: { HOME: home.path } });
  const only = `npx lambda-iam-authenticator mappings remove -c prod role/${ACCOUNT}/unused\n`;
  assert.deepEqual(await run(), { code: 0, out: only, err: "" });

  const ofOther = ({ headers }: LocalRequest) => headers["authorization"]?.includes(`/${regions.other}/`);
  const none = { kind: "answer", status: 200, body: '{"status":"Complete","results":[]}' } as const;
  const isResults = ({ headers }: LocalRequest) => headers["x-amz-target"]?.endsWith(".GetQueryResults");
  cluster.logs.fail((request) => (isResults(request) && ofOther(request) ? none : undefined));
  const remove = only.split(" role/")[0];
  // The log of a standby is empty.
  assert.deepEqual((await run()).out.trim().split("\n"), [`${remove} role/${ACCOUNT}/standby`, only.trim()]);
  cluster.logs.fail((request) => (isResults(request) ? none : undefined));
  const empty = await run();
  assert.deepEqual([empty.code, empty.out], [1, ""]);
  assert.match(empty.err, /^prod: The log has no granted login since .*\n(.*\n)*prod: The log cannot show which /);
  cluster.logs.fail((request) => (ofOther(request) ? { kind: "answer", status: 500, body: "{}" } : undefined));
  await exits(run(), 3, /^other: /, "");
});
