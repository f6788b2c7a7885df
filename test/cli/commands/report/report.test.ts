// `report`: what each mapping shows in each format, and the findings with their counterparts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useServer } from "../../fixtures.ts";
import { accessDenied } from "../../stacks.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { ACCOUNT } from "../mappings/several.ts";
import { login, reportCluster, useReport } from "./services.ts";

const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const sessionArn = (role: string, session: string) =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`;
const SET_ROLE = "AWSReservedSSO_Admin_0123456789abcdef";
const OTHER = "444455556666";
const UNKNOWN =
  'unknown key "user": the keys are arn, username, groups, principalId, notAfter, description';

const MAPPINGS = {
  [`role/${ACCOUNT}/used`]: {
    arn: roleArn("Used"),
    username: "used:{SessionName}",
    groups: ["dev", "ops"],
  },
  [`role/${ACCOUNT}/unused`]: { arn: roleArn("Unused"), username: "unused" },
  [`role/${ACCOUNT}/ended`]: {
    arn: roleArn("Ended"),
    username: "ended",
    notAfter: "2026-01-01T00:00:00Z",
  },
  [`role/${ACCOUNT}/pinned`]: {
    arn: roleArn("Pinned"),
    username: "pinned",
    principalId: "AROAPINNED",
  },
  [`role/${ACCOUNT}/recreated`]: {
    arn: roleArn("Recreated"),
    username: "recreated",
    principalId: "AROABEFORE",
  },
  [`role/${ACCOUNT}/absent`]: { arn: roleArn("path/Absent"), username: "absent" },
  [`role/${OTHER}/foreign`]: { arn: `arn:aws:iam::${OTHER}:role/Foreign`, username: "foreign" },
  [`user/${ACCOUNT}/denied`]: { arn: `arn:aws:iam::${ACCOUNT}:user/Denied`, username: "denied" },
  [`user/${ACCOUNT}/gone`]: { arn: `arn:aws:iam::${ACCOUNT}:user/gone`, username: "gone" },
  [`root/${ACCOUNT}`]: { arn: `arn:aws:iam::${ACCOUNT}:root`, username: "root" },
  [`role/${ACCOUNT}/awsreservedsso_admin_0123456789abcdef`]: {
    arn: roleArn(SET_ROLE),
    username: "by-role",
  },
  [`sso/${ACCOUNT}/admin`]: { username: "admin:{SessionName}" },
  [`sso/${ACCOUNT}/gone`]: { username: "gone:{SessionName}" },
  [`sso-session/${ACCOUNT}/admin`]: ["jane", "joe"].map((name) => ({
    session: `${name}@example.com`,
    username: name,
  })),
  "pattern/any": ["ci-*", "c*", "ci-x*"].map((name) => ({
    arnLike: `arn:aws:iam::*:role/${name}`,
    username: "x",
  })),
  [`account/${OTHER}`]: {},
  [`role/${ACCOUNT}/invalid`]: { arn: roleArn("Invalid"), user: "x" },
  "deny/any": [{ arnLike: `arn:aws:iam::${ACCOUNT}:user/Denied` }],
};

const EVENTS = [
  login(`role/${ACCOUNT}/used`, sessionArn("Used", "a"), 9),
  login(`role/${ACCOUNT}/used`, sessionArn("Used", "b"), 2),
  login(`role/${ACCOUNT}/unused`, sessionArn("Unused", "a"), 91),
  login(`sso-session/${ACCOUNT}/admin`, sessionArn(SET_ROLE, "jane@example.com"), 3),
  login("pattern/any", sessionArn("ci-1", "x"), 4),
  login("pattern/any", sessionArn("ci-2", "x"), 5),
];
const IDS = { Pinned: "AROAPINNED", Recreated: "AROAAFTER", [SET_ROLE]: "AROAS" };
const iam = {
  roles: { Used: "AROAU", UNUSED: "AROAN", Ended: "AROAE", ...IDS },
  users: { Denied: "AIDAD" },
};
const cluster = useServer(() => reportCluster({ mappings: MAPPINGS, events: EVENTS, iam }));

type Reported = Readonly<
  Record<
    "parameter" | "session" | "arnLike" | "sessionChosenBy" | "principal" | "lastLogin",
    string | undefined
  >
> & { readonly reviews: number; readonly findings: readonly Record<"code" | "message", string>[] };

async function reported(...words: string[]): Promise<Map<string, Reported>> {
  const { out } = await exits(cluster.report(["-o", "json", ...words]), 0);
  const lines: Reported[] = JSON.parse(out);
  const nameOf = ({ parameter = "", session = "", arnLike = session }: Reported) =>
    `${parameter.replace("/iam-authenticator/prod/", "")} ${arnLike}`.trim();
  return new Map(lines.map((line) => [nameOf(line), line]));
}

test("each mapping has its findings, and a mapping without any has none", async () => {
  const lines = await reported();
  const unused = ["unused: no login since 2026-08-26T16:30:00Z"];
  const absent = (what: string) => `absent: ${what} does not exist in account ${ACCOUNT}`;
  const expected: Record<string, string[]> = {
    [`role/${ACCOUNT}/used`]: [],
    [`role/${ACCOUNT}/unused`]: unused,
    [`role/${ACCOUNT}/ended`]: ["ended: ended on 2026-01-01T00:00:00Z", ...unused],
    [`role/${ACCOUNT}/pinned`]: unused,
    [`role/${ACCOUNT}/recreated`]: [
      "re-created: the role was re-created: its id is no longer AROABEFORE",
      ...unused,
    ],
    [`role/${ACCOUNT}/absent`]: [absent("the role"), ...unused],
    [`role/${OTHER}/foreign`]: unused,
    [`user/${ACCOUNT}/denied`]: ["denied: denied by deny/any", ...unused],
    [`user/${ACCOUNT}/gone`]: [absent("the user"), ...unused],
    [`root/${ACCOUNT}`]: unused,
    [`role/${ACCOUNT}/awsreservedsso_admin_0123456789abcdef`]: unused,
    [`sso/${ACCOUNT}/admin`]: unused,
    [`sso/${ACCOUNT}/gone`]: [absent("the role of the permission set"), ...unused],
    [`sso-session/${ACCOUNT}/admin jane@example.com`]: [],
    [`sso-session/${ACCOUNT}/admin joe@example.com`]: unused,
    "pattern/any arn:aws:iam::*:role/ci-*": [],
    // The earlier pattern of the list applied to the logins that this one matches too.
    "pattern/any arn:aws:iam::*:role/c*": unused,
    "pattern/any arn:aws:iam::*:role/ci-x*": [
      "shadowed: arn:aws:iam::*:role/ci-* takes precedence",
      ...unused,
    ],
    [`account/${OTHER}`]: unused,
    [`role/${ACCOUNT}/invalid`]: [`invalid: ${UNKNOWN}`],
  };
  const texts = ({ findings }: Reported) =>
    findings.map(({ code, message }) => `${code}: ${message}`);
  assert.deepEqual(
    Object.fromEntries([...lines].map(([name, line]) => [name, texts(line)])),
    expected,
  );
});

const open = useReport();
async function reportedOf(setup: Parameters<typeof open>[0]): Promise<Reported[]> {
  return JSON.parse((await (await open(setup)).report("-o json")).out);
}
const pattern = (name: string, more: object = {}) => ({
  arnLike: roleArn(name),
  username: "x",
  ...more,
});

test("a login counts for the mapping that applied, with the time of the last one", async () => {
  const lines = await reported();
  const use = (name: string) => [lines.get(name)?.reviews, lines.get(name)?.lastLogin];
  assert.deepEqual(use(`role/${ACCOUNT}/used`), [2, "2026-11-22T16:30:00.000Z"]);
  assert.deepEqual(use(`role/${ACCOUNT}/unused`), [0, undefined]);
  assert.deepEqual(use(`sso-session/${ACCOUNT}/admin jane@example.com`), [
    1,
    "2026-11-21T16:30:00.000Z",
  ]);
  assert.deepEqual(use("pattern/any arn:aws:iam::*:role/ci-*"), [2, "2026-11-20T16:30:00.000Z"]);
  const all = await reported("--since", "100d");
  assert.equal(all.get(`role/${ACCOUNT}/unused`)?.reviews, 1);
});

test("a login may be of a later pattern if an earlier one that matches has an end", async () => {
  const patterns = [
    pattern("c*", { notAfter: "2026-11-23T00:00:00Z" }),
    pattern("ci-*"),
    pattern("ci-1"),
  ];
  const events = [login("pattern/any", sessionArn("ci-1", "x"), 4)];
  const lines = await reportedOf({ mappings: { "pattern/any": patterns }, events });
  assert.equal(lines.map(({ reviews }) => reviews).join(" "), "1 1 0");
});

test("a username with the session's name, whose sessions only programs named, is a finding", async () => {
  const names = ["Shared", "Mixed", "Fixed"];
  const username = (name: string) => (name === "Fixed" ? "fixed" : `${name}:{SessionName}`);
  const mappings = Object.fromEntries(
    names.map((name) => [
      `role/${ACCOUNT}/${name.toLowerCase()}`,
      { arn: roleArn(name), username: username(name) },
    ]),
  );
  const sessions = ["EKSGetTokenAuth", "botocore-session-1790000000", "EKSGetTokenAuth"];
  const events = names.flatMap((name) =>
    [...sessions, ...(name === "Mixed" ? ["alice"] : [])].map((session) =>
      login(`role/${ACCOUNT}/${name.toLowerCase()}`, sessionArn(name, session), 1),
    ),
  );
  const { report } = await open({
    mappings,
    events,
    iam: { roles: { Shared: "AROAS", Mixed: "AROAM", Fixed: "AROAF" } },
  });
  const { out = "" } = await exits(report("-o json"), 0);
  const lines: Reported[] = JSON.parse(out);
  const found = Object.fromEntries(
    lines.map(({ parameter = "", findings }) => [parameter.replace(/.*\//, ""), findings]),
  );
  const message =
    "programs named all its sessions (EKSGetTokenAuth, botocore-session-1790000000): the username does not show who it was";
  assert.deepEqual(found, {
    shared: [{ code: "program-sessions", message }],
    mixed: [],
    fixed: [],
  });
});

test("it shows who chooses the session name, and whether the principal exists", async () => {
  const lines = await reported();
  const anyone = "anyone who assumes the role";
  for (const [name, ...shown] of [
    [`role/${ACCOUNT}/used`, anyone, "exists"],
    [`role/${ACCOUNT}/recreated`, anyone, "re-created"],
    [`role/${OTHER}/foreign`, anyone, "not checked"],
    [`user/${ACCOUNT}/denied`, undefined, "exists"],
    [`root/${ACCOUNT}`, undefined, undefined],
    [`sso/${ACCOUNT}/admin`, "Identity Center", "exists"],
    [`role/${ACCOUNT}/awsreservedsso_admin_0123456789abcdef`, "Identity Center", "exists"],
    [`account/${OTHER}`, anyone, undefined],
  ] as const) {
    const { sessionChosenBy, principal } = lines.get(name) ?? assert.fail(name);
    assert.deepEqual([sessionChosenBy, principal], shown, name);
  }
});

test("without IAM or STS, principals are not checked", async () => {
  cluster.iam.fail(({ body }) =>
    body.includes("ListRoles") ? accessDenied("iam:ListRoles") : undefined,
  );
  const message = /^Not checked whether all principals exist: No permission: .*iam:ListRoles/m;
  const { out } = await exits(cluster.report("-o json"), 0, message);
  cluster.iam.fail(undefined);
  const states = new Set(
    JSON.parse(out).map(({ kind, principal }: Record<string, string>) => `${kind}: ${principal}`),
  );
  const unchecked = ["role", "sso", "sso-session"].map((kind) => `${kind}: not checked`);
  const none = ["account", "pattern", "root", "undefined"].map((kind) => `${kind}: undefined`);
  assert.deepEqual(states, new Set([...unchecked, ...none, "user: absent", "user: exists"]));
  cluster.sts.fail({ kind: "answer", status: 500, body: "" });
  const unknown = /^(?![\s\S]*"principal": "(?!not checked))/;
  await prints(
    cluster.report("-o json"),
    unknown,
    /^Not checked whether principals exist: no answer from STS\.$/m,
  );
  cluster.sts.fail(undefined);
});

test("an incomplete list of roles is never read as absent roles", async () => {
  for (const members of ["", "<IsTruncated>true</IsTruncated><Roles></Roles>"]) {
    const body = `<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult>${members}</ListRolesResult></ListRolesResponse>`;
    cluster.iam.fail(() => ({
      kind: "answer",
      status: 200,
      headers: { "content-type": "text/xml" },
      body,
    }));
    const { out, err } = await cluster.report(["-o", "json"]);
    cluster.iam.fail(undefined);
    assert.equal(err.match(/IAM's list is incomplete/g)?.length, 1);
    assert.doesNotMatch(out, /"principal": "absent"/);
  }
});

test("a table has one row for each mapping, also as CSV and without headers", async () => {
  const { out } = await cluster.report([]);
  const [head = "", ...rows] = out.trimEnd().split("\n");
  assert.match(
    head,
    /^WHO +USERNAME +GROUPS +SESSION CHOSEN BY +ENDS +LAST LOGIN +REVIEWS +PRINCIPAL +FINDINGS$/,
  );
  assert.equal(rows.length, 20);
  assert.match(out, /^role\/111122223333\/invalid .*INVALID: unknown key "user": .*$/m);
  assert.match(
    (await cluster.report("-o csv")).out,
    /^arn:\S+role\/Used,used:\{SessionName\},"dev,ops",/m,
  );
  assert.doesNotMatch((await cluster.report("--no-headers")).out, /^WHO/);
  const narrow =
    "username: used:{SessionName}; groups: dev,ops; session chosen by: anyone who\n    assumes the role; last";
  assert.ok(
    (await cluster.report([], { columns: 80 })).out.includes(`:role/Used\n    ${narrow} login: `),
  );
});

test("a table begins with the mappings that need action, the most urgent first, and why", async () => {
  const { out } = await cluster.report([], { columns: 80 });
  const first = out.split(/^(?=\S)/m).map((text) => /^\S+.*\n {4}! (.*)/.exec(text)?.[1]);
  const order = ["INVALID", "denied by deny/any", "was re-created", "does not exist", "ended on"];
  const at = order.map((text) => first.findIndex((line) => line?.includes(text)));
  assert.deepEqual(
    at,
    at.toSorted((a, b) => a - b),
  );
  assert.equal(at[0], 0);
  assert.equal(first.lastIndexOf(undefined), first.length - 1);
  assert.ok(first.slice(first.indexOf(undefined)).every((line) => line === undefined));
  const wide = (await cluster.report([])).out.split("\n");
  assert.match(wide[1] ?? "", /^role\/111122223333\/invalid .*INVALID: /);
  // A program finds a line at its place.
  const csv = (await cluster.report("-o csv --no-headers")).out.split("\n");
  assert.match(csv[0] ?? "", /^account\/444455556666,/);
});

test("with several clusters, each line names its cluster", async () => {
  const absent = /^nowhere: The cluster nowhere has no parameter below /m;
  const { out } = await exits(cluster.report("-c nowhere -o json"), 1, absent);
  assert.deepEqual(
    new Set(JSON.parse(out).map(({ cluster }: { cluster: string }) => cluster)),
    new Set(["prod"]),
  );
  assert.match((await cluster.report("-c nowhere")).out, /^CLUSTER +WHO /);
  await exits(cluster.report("-c nowhere --kubeconfig x"), 2, "--kubeconfig is for one cluster.\n");
});
