// `reviews`, `whoami` and `doctor` with several clusters: which cluster each item is from, and
// failures by cluster.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kubeconfigOf } from "../../../cli/kube/kubeconfig.ts";
import { denial } from "../../../functions/errors.ts";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { keyVariables } from "../../aws-variables.ts";
import { localIdentity, startLogs, startParameterStore, startSts } from "../../local-aws.ts";
import { settingsOf } from "../../stored-settings.ts";
import { cli, endpoints, useLocalAws } from "../cli.ts";
import { exits, prints } from "../commands/mappings/cluster.ts";
import { lineOf, MINUTE, NOW } from "../commands/reviews/services.ts";
import { prepare, useFolder, useServer } from "../fixtures.ts";
import { startStacks } from "../stacks.ts";

const home = useFolder();
const BOB = { arn: "arn:aws:iam::111122223333:role/Developers", username: "dev:{SessionName}" };
const granted = {
  outcome: "granted",
  arn: "arn:aws:iam::111122223333:user/alice",
  time: NOW - MINUTE,
} as const;
const user = (groups: string[]) => ({ record: { user: { username: "alice", groups, extra: {} } } });
const denied = { ...granted, outcome: "denied", error: denial("identity_unmapped", "x") } as const;
const ofViewer = { ...granted, ...user(["viewers"]), time: NOW - 2 * MINUTE };
const ofProd = [{ ...granted, ...user(["admins"]) }, ofViewer].map(lineOf);
const groups = { "log-prod": () => ofProd, "log-staging": () => [lineOf(denied)] };
const parameters = {
  ...settingsOf("prod"),
  ...settingsOf("staging"),
  "/iam-authenticator/prod/role/111122223333/developers": JSON.stringify(BOB),
};
const store = useServer(() => startParameterStore({ parameters }));
const logs = useServer(() => startLogs({ groups }));
const api = useServer(() => startHttpServer(() => ({ status: 404, body: "{}" })));
const sts = useServer(startSts);
const stacks = useServer(() =>
  startStacks({
    "IamAuthenticator-prod": { LogGroup: "log-prod", Endpoint: `${api.url}/authenticate` },
    "IamAuthenticator-staging": {
      LogGroup: "log-staging",
      Endpoint: "https://new.example.com/authenticate",
    },
  }),
);
prepare(() => {
  const urls = endpoints({ SSM: store, STS: sts, CLOUDWATCH_LOGS: logs, CLOUDFORMATION: stacks });
  useLocalAws({ ...keyVariables(localIdentity("bob")), ...urls });
  const kubeconfig = kubeconfigOf(`${api.url}/authenticate`, undefined, { token: "t" });
  home.write(".config/iam-authenticator/webhook.kubeconfig", kubeconfig);
  const context = { webhookKubeconfig: "webhook.kubeconfig" };
  home.configure({ contexts: { prod: context, staging: context } });
});

const run = (...words: string[]) => cli(words, { environment: { HOME: home.path }, now: NOW });
const both = ["--all-contexts"];

test("reviews names the cluster of each item, and --group selects users", async () => {
  const reviews = async (...words: string[]) =>
    JSON.parse((await run("reviews", ...words, "-o", "json")).out);
  const json = await reviews(...both);
  assert.partialDeepStrictEqual(json, [
    { cluster: "prod", outcome: "granted", groups: ["viewers"] },
    { cluster: "prod", outcome: "granted", groups: ["admins"] },
    { cluster: "staging", outcome: "denied" },
  ]);
  assert.match(json[2]?.explain ?? "", /explain -c staging /);
  assert.partialDeepStrictEqual(await reviews(...both, "--group", "admins"), [
    { cluster: "prod", groups: ["admins"] },
  ]);
  const ofOne = await reviews("-c", "prod");
  assert.deepEqual(
    ofOne.map((item: object) => "cluster" in item),
    [false, false],
  );
  await prints(run("reviews", ...both), /^prod\nTIME[\s\S]*\nstaging\nTIME/);
  await prints(run("reviews", ...both, "--each"), /^prod: .*\nprod: .*\nstaging: .*\n$/);
  const { out } = await run("reviews", ...both, "--each", "-o", "json");
  assert.deepEqual(out.match(/(?<="cluster":")\w+/g), ["prod", "prod", "staging"]);
  const refused = /^prod, staging: --log-group and --stack are for one cluster\.\n/;
  await exits(run("reviews", ...both, "--log-group", "log-prod"), 2, refused);
});

test("a context that is given twice is read once, as one cluster", async () => {
  const twice = await run("reviews", "-c", "prod", "-c", "prod", "-o", "json");
  assert.deepEqual(twice, await run("reviews", "-c", "prod", "-o", "json"));
});

test("reviews continues when one cluster's log cannot be found, and exits with the worst code", async () => {
  const message = /^nowhere: No stack IamAuthenticator-nowhere in region us-east-1\./m;
  const { out } = await exits(
    run("reviews", "-c", "nowhere", "-c", "staging", "-o", "json"),
    2,
    message,
  );
  assert.partialDeepStrictEqual(JSON.parse(out), [{ cluster: "staging" }]);
});

test("whoami shows each cluster's answer, and exits with 1 if one denies access", async () => {
  const answers =
    /^cluster +prod, .*\nidentity [\s\S]*\nuser +dev:[\s\S]*\ncluster +staging, .*\n.*\nidentity /;
  await exits(run("whoami", ...both), 1, undefined, answers);
  const denied = { cluster: "staging", refusal: { code: "identity_unmapped" } };
  const json = JSON.parse((await run("whoami", ...both, "-o", "json")).out);
  assert.partialDeepStrictEqual(json, [{ cluster: "prod", granted: true }, denied]);
  const single = JSON.parse((await run("whoami", "-c", "prod", "-o", "json")).out);
  assert.ok(!Array.isArray(single) && !("cluster" in single));
});

test("doctor reads each context's webhook kubeconfig, and reports a URL that is not the stack's", async () => {
  const { out } = await exits(run("doctor", ...both, "-o", "json"), 1);
  const urls = JSON.parse(out).filter(({ check }: { check: string }) => check === "url");
  const states = urls.map(({ cluster, state }: Record<string, string>) => `${cluster} ${state}`);
  assert.deepEqual(states, ["prod ok", "staging warning"]);
  assert.match(
    urls[1].seen,
    /is not the endpoint of the stack IamAuthenticator-staging, new\.example\.com$/,
  );
  assert.match(
    urls[1].advice,
    /kubeconfig webhook --from <old kubeconfig> --endpoint https:\S+new\.example\.com\/au/,
  );
  await exits(
    run("doctor", ...both),
    1,
    undefined,
    /^prod\nok +version[\s\S]*\nstaging\nok +version/,
  );
  const message =
    /^--kubeconfig and --endpoint are for one cluster\. For several, set webhookKubeconfig/;
  await exits(run("doctor", ...both, "--endpoint", api.url), 2, message);
  const needed =
    "Give either --kubeconfig or --endpoint, or set webhookKubeconfig in the cluster's context.\n";
  await exits(run("doctor", "-c", "nowhere"), 2, needed);
});
