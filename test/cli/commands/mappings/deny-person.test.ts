// `mappings deny <name>`: what a person can be, in which clusters, and who keeps access.

import assert from "node:assert/strict";
import { test } from "node:test";
import { failing, ssmError } from "../../../local/aws/service-faults.ts";
import { exits } from "./cluster.ts";
import { ACCOUNT as A, useTwoClusters } from "./several.ts";

const JANE = "jane@example.com";
const JOE = "joe@example.com";
const B = "444455556666";
const user = (name: string, account = A) => `arn:aws:iam::${account}:user/${name}`;
const session = (role: string, name: string, account = A) =>
  `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
const SET = "AWSReservedSSO_Developers_0123456789abcdef";
const ADMIN_SET = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
const ADMIN = {
  [`sso/${B}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
};

const clusters = useTwoClusters(
  {
    ...ADMIN,
    [`sso/${A}/developers`]: { username: "dev:{SessionName}" },
    [`role/${A}/shared`]: {
      arn: `arn:aws:iam::${A}:role/team/Shared`,
      username: "s:{SessionName}",
    },
    [`user/${A}/jane.40example.2ecom`]: { arn: user(JANE), username: "jane" },
    [`user/${A}/joe.40example.2ecom`]: { arn: user(JOE), username: "joe" },
  },
  {
    ...ADMIN,
    [`pattern/${A}`]: [{ arnLike: `arn:aws:iam::${A}:role/ci-*`, username: "ci:{SessionName}" }],
  },
);
const DENIED = "identity_denied";
const run = (words: readonly string[], more = {}) =>
  clusters.run(["mappings", ...words, "--rate", "1000", "-y"], more);
const deny = (...words: string[]) => run(["deny", JANE, "--all-contexts", ...words]);
const put = (name: string, value: object) =>
  clusters.store.put(`/iam-authenticator/prod/${name}`, JSON.stringify(value));

test("a name denies the person's sessions and users in every cluster, and no other identity", async () => {
  const { out, err } = await exits(deny("--description", "left"), 0);
  assert.match(out, /^ {4}It matches 1 role, 1 user, 2 permission sets\.$/m);
  assert.match(out, /^ {4}It matches 1 permission set, 1 list of patterns\.$/m);
  const open =
    "Goes on: open requests \\(watch, exec, attach, port-forward\\); client certificates; service account tokens";
  for (const [cluster, of] of [
    ["prod", `role/${A}/shared`],
    ["staging", `pattern/${A}`],
  ])
    assert.match(err, new RegExp(`^${cluster}: ${open}; other session names of ${of}\\.$`, "m"));
  assert.match(err, /^prod, staging: Wrote 1 parameter\. Access ends by \S+Z, with .*\.$/m);
  assert.doesNotMatch(out + err, /added later/);
  assert.doesNotMatch(out, / ! /);
  for (const [cluster, arnOf, denied] of [
    ["prod", user, [JANE]],
    ["prod", (name: string) => session("Shared", name), [JANE]],
    ["prod", (name: string) => session(SET, name), [JANE, "Jane@Example.com"]],
    ["staging", (name: string) => session("ci-1", name), [JANE]],
    ["staging", (name: string) => session(ADMIN_SET, name, B), [JANE]],
  ] as const) {
    for (const name of denied)
      assert.equal(await clusters.verdict(cluster, arnOf(name)), DENIED, arnOf(name));
    assert.equal(await clusters.verdict(cluster, arnOf(JOE)), "granted", arnOf(JOE));
  }
  assert.equal(await clusters.verdict("prod", session(SET, `x${JANE}`)), "granted");
  assert.match((await deny()).out, /0 to add, 0 to change, 0 to remove/);
});

test("a cluster whose deny/any AWS refuses is planned again by its accounts' lists", async () => {
  const denied = (cluster: string) =>
    Promise.all(["any", A, B].map((list) => clusters.value(cluster, `deny/${list}`)));
  const entry = [{ name: JANE }];
  const refused = ssmError(400, "AccessDeniedException");
  clusters.store.fail(failing("PutParameter", refused, "/iam-authenticator/prod/deny/any"));
  const { out, err } = await exits(deny(), 0);
  const again = "AWS refused to write deny/any. The command plans again, without it.";
  assert.deepEqual(
    err.split("\n").filter((line) => line.includes("refused")),
    [`prod: ${again}`],
  );
  assert.match(out, new RegExp(`/iam-authenticator/prod\\):\n.*deny/${A}`, "s"));
  assert.match(err, /^prod: Wrote 2 parameters\. Access ends by /m);
  assert.match(err, /^staging: Wrote 1 parameter\. Access ends by /m);
  assert.match(err, /^Denied in 2 of 2 clusters\.$/m);
  assert.deepEqual(await denied("prod"), [undefined, entry, entry]);
  assert.deepEqual(await denied("staging"), [entry, undefined, undefined]);

  // The first run denied the name in these lists, so there is nothing left to write.
  assert.match((await exits(deny(), 0)).err, /^Denied in 2 of 2 clusters/m);
  assert.deepEqual(await denied("prod"), [undefined, entry, entry]);

  put(`deny/${A}`, []);
  put("pattern/any", [{ arnLike: "arn:aws:iam::*:role/ops", username: "ops" }]);
  const left = new RegExp(
    `\n${JANE} is not denied everywhere\\. Not covered: identities that only pattern/any maps\\.\n$`,
  );
  await exits(deny(), 1, left);

  clusters.store.fail(failing("PutParameter", refused, "/iam-authenticator/prod/deny/"));
  put(`deny/${A}`, []);
  clusters.store.remove("/iam-authenticator/staging/deny/any");
  const failed = await exits(deny(), 1);
  assert.match(
    failed.err,
    /\nDenied in 1 of 2 clusters\.\n.* Not covered: account 111122223333, since deny\/111122223333 may not be written with your permissions; /,
  );
  assert.deepEqual(await denied("prod"), [undefined, [], entry]);
  assert.deepEqual(await denied("staging"), [entry, undefined, undefined]);
});

test("allow with the same name grants what the mappings grant again, and keeps other denials", async () => {
  await run(["deny", user(JOE), "-c", "prod"]);
  await deny();
  const allow = ["allow", JANE, "--all-contexts"];
  await exits(run(allow), 1);
  await exits(run([...allow, "--allow-weakening"]), 0);
  assert.equal(await clusters.verdict("prod", session("Shared", JANE)), "granted");
  assert.equal(await clusters.verdict("prod", user(JOE)), DENIED);
  await exits(run([...allow, "--allow-weakening"]), 1);
});

test("a name in another case denies the session and the federated user as well", async () => {
  const federated = `arn:aws:sts::${A}:federated-user/Mallory`;
  put(`sso-session/${A}/clusteradmin`, [
    { session: "mallory", username: "m", groups: ["system:masters"] },
  ]);
  put(`federated-user/${A}/mallory`, { arn: federated, username: "f" });
  await exits(run(["deny", "MALLORY", "-c", "prod", "--force"]), 0);
  assert.equal(await clusters.verdict("prod", session(ADMIN_SET, "mallory")), DENIED);
  assert.equal(await clusters.verdict("prod", federated), DENIED);
});

test("allow with a short prefix leaves the lists of other clusters alone", async () => {
  await run(["deny", session("Shared", JANE), "-c", "prod"]);
  const words = [
    "allow",
    JANE,
    "-c",
    "root",
    "--prefix",
    "/iam-authenticator",
    "--allow-weakening",
  ];
  await exits(run(words), 2, /^\/iam-authenticator is not the prefix of a cluster: /);
  assert.equal(await clusters.verdict("prod", session("Shared", JANE)), DENIED);
});

test("with --account, it reports that pattern/any is not read", async () => {
  for (const who of [JANE, "unmapped"]) {
    const { err } = await run(["deny", who, "-c", "prod", "--account", A, "--dry-run"]);
    assert.match(err, /^Not checked: pattern\/any and other accounts\. /m, who);
  }
  assert.doesNotMatch((await run(["deny", JANE, "-c", "prod", "--dry-run"])).err, /Not checked/);
});

const variables = { JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` };
for (const [who, cluster, roles] of [
  [[JANE], "prod", `role/${A}/shared, sso/${A}/developers, `],
  [[JANE], "staging", `pattern/${A}, `],
  [[`role/${A}/shared`, "--session", "x"], "prod", "shared\\.$"],
  [[`arn:aws:sts::${A}:assumed-role/*`], "prod", "\\*\\.$"],
  [[`arn:aws:sts::${A}:*${JANE}`], "prod", "\\*\\.$"],
  [[`arn:aws:*::${A}:*/${JANE}`], "prod", "\\*\\.$"],
  [[`arn:aws:iam::${A}:role/ci-*`], "prod", undefined],
] as const) {
  test(`with JWT_ISSUERS, deny ${who.join(" ")} in ${cluster} names the roles of denied JWTs`, async () => {
    const words = ["deny", ...who, "-c", cluster, "--dry-run"];
    const message = `^An AWS-signed token \\(JWT_ISSUERS\\) does not show its session: this also denies every AWS-signed token of ${roles}`;
    assert.doesNotMatch((await run(words)).err, /AWS-signed/);
    clusters.deploy(cluster, variables);
    const { err } = await exits(run(words), 0);
    assert.equal(new RegExp(message, "m").test(err), roles !== undefined, err);
  });
}

test("an account mapping denies all roles, users and federated users of that name", async () => {
  put(`account/${B}`, {});
  await deny();
  for (const arn of [
    session("any", JANE, B),
    user(JANE, B),
    `arn:aws:sts::${B}:federated-user/${JANE}`,
  ]) {
    assert.equal(await clusters.verdict("prod", arn), DENIED, arn);
    assert.equal(await clusters.verdict("prod", arn.replace(JANE, JOE)), "granted", arn);
  }
});

test("where names are not known, many roles of an account become one pattern", async () => {
  clusters.store.remove("/iam-authenticator/prod/settings/prod");
  for (let i = 0; i < 60; i += 1)
    put(`role/${A}/r-${i}`, { arn: `arn:aws:iam::${A}:role/R-${i}`, username: "u" });
  await exits(run(["deny", JANE, "-c", "prod"]), 0);
  const denials = [{ arnLike: session("*", JANE) }, { arnLike: user(JANE) }];
  assert.deepEqual(await clusters.value("prod", `deny/${A}`), denials);
});

test("--session with a name is refused", async () => {
  await exits(deny("--session", "x"), 2, /^--session requires a role or a permission set\./);
});
