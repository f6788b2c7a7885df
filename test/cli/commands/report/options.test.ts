// `report --kubeconfig`: the RBAC roles of each mapping's username and groups. `report --unused`:
// commands for mappings that surely had no login.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LocalRequest } from "../../../../local/aws/http-server.ts";
import { startLogs } from "../../../local-aws.ts";
import { cli, endpoints } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";
import { kubeconfig, startService } from "../irsa/services.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { ACCOUNT } from "../mappings/several.ts";
import { NOW } from "../reviews/services.ts";
import { DAY, login, useReport } from "./services.ts";

const files = useFolder();
const open = useReport();
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

const named = (text: string) => ({ kind: text.split(" ")[0], name: text.split(" ")[1] });
const binding = (name: string, role: string, subjects: readonly string[], namespace?: string) => ({
  metadata: { name, namespace },
  roleRef: named(role),
  subjects: subjects.map(named),
});
const BOUND: Readonly<Record<string, readonly object[]>> = {
  clusterrolebindings: [
    binding("cluster-admin", "ClusterRole cluster-admin", ["Group system:masters"]),
    binding("system:discovery", "ClusterRole system:discovery", ["Group system:authenticated"]),
    binding("view", "ClusterRole view", ["Group dev", "User c", "ServiceAccount a"]),
    binding("everyone", "ClusterRole metrics", ["Group system:authenticated"]),
  ],
  rolebindings: [
    binding("edit", "Role edit", ["User a", "Group dev", "User dev:jane"], "team-a"),
    binding("payments", "Role edit", ["Group team:payments", "Group team:a:b"], "payments"),
    binding("other", "ClusterRole edit", ["Group team-x", "User a.c", "Group devs"], "team-b"),
    { metadata: { name: "empty", namespace: "team-b" }, roleRef: { kind: "Role", name: "empty" } },
  ],
};
const apiserver = useServer(startService);

test("each mapping has the roles of its username and groups", async () => {
  const { report } = await open({
    mappings: {
      [`role/${ACCOUNT}/a`]: {
        arn: arn("A"),
        username: "a",
        groups: ["dev", "team-{SessionName}"],
      },
      [`role/${ACCOUNT}/b`]: { arn: arn("B"), username: "dev:{SessionName}" },
      [`role/${ACCOUNT}/c`]: { arn: arn("C"), username: "c", groups: ["system:masters"] },
      [`role/${ACCOUNT}/d`]: { arn: arn("D"), username: "d", groups: ["team:{PrincipalTag:team}"] },
    },
  });
  const words = `--kubeconfig ${files.write("admin.conf", kubeconfig(apiserver))}`;
  const refused =
    /kube-apiserver refused \/apis\/rbac\.authorization\.k8s\.io\/v1\/clusterrolebindings: HTTP 404/;
  await exits(report(words), 3, refused, "");
  for (const [kind, items] of Object.entries(BOUND)) {
    apiserver.answers.set(`GET /apis/rbac.authorization.k8s.io/v1/${kind}`, () => [200, { items }]);
  }
  const { out } = await exits(report(`${words} -o json`), 0);
  const roles = JSON.parse(out).map((line: { roles: string[] }) => line.roles);
  assert.deepEqual(roles, [
    // A template's roles name the subject that it may become.
    [
      "Role/edit in team-a",
      "ClusterRole/view",
      "ClusterRole/edit in team-b (team-x)",
      "ClusterRole/metrics",
    ],
    ["Role/edit in team-a (dev:jane)", "ClusterRole/metrics"],
    ["ClusterRole/view", "ClusterRole/cluster-admin", "ClusterRole/metrics"],
    ["Role/edit in payments (team:payments)", "ClusterRole/metrics"],
  ]);
  await prints(
    report(words),
    /PRINCIPAL +ROLES +FINDINGS\n.* Role\/edit in team-a, ClusterRole\/view, /,
  );
  assert.doesNotMatch((await report("-o json")).out, /"roles"/);
  await prints(report([]), /PRINCIPAL +FINDINGS\n/);
});

const USED = `role/${ACCOUNT}/used`;
const MAPPINGS = {
  [USED]: { arn: arn("Used"), username: "used" },
  [`role/${ACCOUNT}/unused`]: { arn: arn("Unused"), username: "unused" },
  [`sso-session/${ACCOUNT}/admin`]: ["jane@example.com", "joe"].map((session) => ({
    session,
    username: "x",
  })),
  "pattern/any": [{ arnLike: "arn:aws:iam::*:role/ci-*", username: "ci" }],
  "account/444455556666": {},
  [`role/${ACCOUNT}/invalid`]: { user: "x" },
  "deny/any": [{ arnLike: arn("Mallory") }],
};
const events = [login(USED, arn("Used"), 3), login(`sso-session/${ACCOUNT}/admin`, arn("Used"), 3)];
const UNUSED = { mappings: MAPPINGS, events };

const PARTLY =
  "Checked 4 of 7 mappings. Patterns, accounts, invalid mappings and those that were written since then cannot be checked.\n";

test("it prints commands that remove the mappings without a login", async () => {
  const cluster = await open(UNUSED);
  const { out } = await exits(cluster.report("--unused 90d --region us-east-1"), 0, PARTLY);
  const session = `sso-session/${ACCOUNT}/admin --session`;
  const names = [`role/${ACCOUNT}/unused`, `${session} jane@example.com`, `${session} joe`];
  const remove = "lambda-iam-authenticator mappings remove -c prod --region us-east-1";
  assert.equal(out, names.map((name) => `npx --no -- ${remove} ${name}\n`).join(""));
  assert.equal(cluster.iam.requests.length, 0);
  for (const line of out.trim().split("\n")) {
    const words = `${line.replace(/^npx --no -- \S+ /, "")} --yes --force --allow-weakening --rate 1000`;
    await exits(cli(words, { now: NOW }), 0);
  }
  const left = JSON.parse((await cluster.report(["-o", "json"])).out);
  const parameters = left.map(({ parameter }: { parameter: string }) =>
    parameter.replace(/^(\/[^/]+){2}\//, ""),
  );
  assert.deepEqual(parameters, [
    "account/444455556666",
    "pattern/any",
    `role/${ACCOUNT}/invalid`,
    USED,
  ]);
});

test("a login that is later than this machine's wrong clock counts", async () => {
  const early = login(`sso-session/${ACCOUNT}/admin`, arn("Used"), 20);
  const { report } = await open({ ...UNUSED, events: [early, ...events], sendsDate: true });
  const { out } = await exits(report("--unused 90d", { now: NOW - 10 * 86_400_000 }), 0);
  assert.deepEqual([out.includes("/unused"), out.includes("/used")], [true, false]);
});

test("a mapping that was written since then is left out", async () => {
  const { report } = await open({ ...UNUSED, written: 40 });
  await exits(
    report("--unused 90d"),
    0,
    /^No unused mappings found\. Checked 0 of 7 mappings\. Patterns, /,
    "",
  );
  await prints(report("--unused 30d"), /role\/111122223333\/unused\n/);
});

test("it prints nothing if the log cannot show the entire time", async () => {
  for (const [setup, reason] of [
    [{ log: { creationTime: NOW - 5 * DAY } }, "when the log group was created."],
    [{ events: [] }, "With a logLevel above info, the function does not log granted logins."],
    [{ log: { retentionInDays: 30 } }, "because the log group keeps 30 days."],
  ] as const) {
    const { report } = await open({ ...UNUSED, ...setup });
    const { err } = await exits(
      report("--unused 90d"),
      1,
      /^The log cannot show which mappings are unused\.$/m,
      "",
    );
    assert.ok(err.includes(reason), err);
    if ("log" in setup && "retentionInDays" in setup.log) await exits(report("--unused 30d"), 0);
    for (const more of ["--since 1d", "-o json", "--kubeconfig x"])
      await exits(report(`--unused 90d ${more}`), 2);
  }
});

test("a login in one cluster counts for another that reads the same store", async () => {
  const cluster = await open({ mappings: MAPPINGS, events: [] });
  const own = {
    a: [login(USED, arn("Used"), 3)],
    b: [login(`role/${ACCOUNT}/unused`, arn("Unused"), 3)],
  };
  const groups = Object.entries(own).map(([name, events]) => [name, () => events] as const);
  const logs = await startLogs({ groups: Object.fromEntries(groups) });
  const outputs = ["a", "b"].map((name) => [`IamAuthenticator-${name}`, { LogGroup: name }]);
  const stacks = await startStacks(Object.fromEntries(outputs));
  const prefix = "/iam-authenticator/prod";
  files.configure({ contexts: { a: { prefix }, b: { prefix } } });
  await cluster.report("--unused 90d");
  Object.assign(process.env, endpoints({ CLOUDWATCH_LOGS: logs, CLOUDFORMATION: stacks }));
  const run = (words: string) =>
    cli(`report --unused 90d ${words}`, { now: NOW, environment: { HOME: files.path } });
  await prints(run("-c a"), / role\/111122223333\/unused\n/);
  const { out } = await exits(run("-c a -c b"), 0, PARTLY);
  assert.doesNotMatch(out, /role/);
  assert.match(
    out,
    /^npx --no -- \S+ mappings remove -c a -c b sso-session\/111122223333\/admin --session joe$/m,
  );
  await Promise.all([logs.close(), stacks.close()]);
});

test("a login counts in every cluster that is related through another one", async (t) => {
  const unused = `role/${ACCOUNT}/unused`;
  const mappings = {
    [USED]: { arn: arn("Used"), username: "used" },
    [unused]: { arn: arn("Unused"), username: "unused" },
  };
  const [OTHER, ID] = ["/other", "prod"];
  const cluster = await open({ mappings, events: [login(USED, arn("Used"), 3)] });
  for (const [name, value] of Object.entries(mappings))
    cluster.store.put(`${OTHER}/${name}`, JSON.stringify(value));
  // `first` and `last` are related only through `joining`, which has the id of one and the store of
  // the other.
  const contexts = {
    first: { cluster: ID, region: "eu-west-1" },
    last: { cluster: "staging", region: "eu-west-1", prefix: OTHER },
    joining: { cluster: ID, region: "eu-central-1", prefix: OTHER },
  };
  files.configure({ contexts });
  const words = "report --unused 30d -c first -c last -c joining";
  const stacks = await startStacks({
    [`IamAuthenticator-${ID}`]: { LogGroup: "used" },
    "IamAuthenticator-staging": { LogGroup: "empty" },
  });
  const logs = await startLogs({
    groups: { used: () => [login(USED, arn("Used"), 3)], empty: () => [] },
    servesRegion: () => true,
  });
  t.after(() => Promise.all([logs.close(), stacks.close()]));
  await cluster.report("--unused 90d");
  Object.assign(process.env, endpoints({ CLOUDWATCH_LOGS: logs, CLOUDFORMATION: stacks }));
  const { out } = await exits(cli(words, { now: NOW, environment: { HOME: files.path } }), 0);
  // No command names the mapping that is used. Those for the other one name both clusters.
  assert.doesNotMatch(out, /\/used/);
  assert.deepEqual(new Set(out.match(/(?<=-c )\w+/g)), new Set([ID, "staging"]));
});

test("with two contexts of one id, a login in one counts for both", async () => {
  const [OTHER, region] = ["/other", "eu-central-1"];
  const mapped = (name: string) => [
    `role/${ACCOUNT}/${name.toLowerCase()}`,
    { arn: arn(name), username: name },
  ];
  const mappings = Object.fromEntries(["Used", "Standby", "Unused"].map(mapped));
  const standby = login(`role/${ACCOUNT}/standby`, arn("Standby"), 3, OTHER);
  const cluster = await open({ mappings, events: [login(USED, arn("Used"), 3), standby] });
  for (const [name, value] of Object.entries(mappings))
    cluster.store.put(`${OTHER}/${name}`, JSON.stringify(value));
  const contexts = {
    one: { cluster: "prod", region: "eu-west-1" },
    other: { cluster: "prod", region, prefix: OTHER },
  };
  files.configure({ contexts });
  const run = () => cluster.report("--unused 30d", { environment: { HOME: files.path } });
  const removes = (...names: string[]) =>
    names
      .map(
        (name) =>
          `npx --no -- lambda-iam-authenticator mappings remove -c prod role/${ACCOUNT}/${name}\n`,
      )
      .join("");
  await prints(run(), removes("unused"), "Checked 3 of 3 mappings.\n");

  const ofOther = ({ headers }: LocalRequest) => headers["authorization"]?.includes(`/${region}/`);
  const none = { kind: "answer", status: 200, body: '{"status":"Complete","results":[]}' } as const;
  const isResults = ({ headers }: LocalRequest) =>
    headers["x-amz-target"]?.endsWith(".GetQueryResults");
  cluster.logs.fail((request) => (isResults(request) && ofOther(request) ? none : undefined));
  // The log of a standby is empty.
  await prints(run(), removes("standby", "unused"));
  cluster.logs.fail((request) => (isResults(request) ? none : undefined));
  await exits(
    run(),
    1,
    /^prod: The log has no granted login since .*\n(.*\n)*prod: The log cannot show which /,
    "",
  );
  cluster.logs.fail((request) =>
    ofOther(request) ? { kind: "answer", status: 500, body: "{}" } : undefined,
  );
  await exits(run(), 3, /^other: /, "");
});
