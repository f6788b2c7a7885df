// `mappings deny <name>`: what a person can be, in which clusters, and who keeps access.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { exits } from "./cluster.ts";
import { ACCOUNT as A, type TwoClusters, twoClusters } from "./several.ts";

const JANE = "jane@example.com";
const JOE = "joe@example.com";
const B = "444455556666";
const user = (name: string, account = A) => `arn:aws:iam::${account}:user/${name}`;
const session = (role: string, name: string, account = A) => `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
const SET = "AWSReservedSSO_Developers_0123456789abcdef";
const ADMIN = { [`sso/${B}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] } };
const shared = { arn: `arn:aws:iam::${A}:role/team/Shared`, username: "s:{SessionName}" };

let clusters: TwoClusters;
beforeEach(async () => {
  clusters = await twoClusters(
    {
      ...ADMIN,
      [`sso/${A}/developers`]: { username: "dev:{SessionName}" },
      [`role/${A}/shared`]: shared,
      [`user/${A}/jane.40example.2ecom`]: { arn: user(JANE), username: "jane" },
      [`user/${A}/joe.40example.2ecom`]: { arn: user(JOE), username: "joe" },
    },
    { ...ADMIN, [`pattern/${A}`]: [{ arnLike: `arn:aws:iam::${A}:role/ci-*`, username: "ci:{SessionName}" }] },
  );
});
afterEach(() => clusters.close());

const deny = (...words: string[]) =>
  clusters.run(["mappings", "deny", JANE, "--all-contexts", "--rate", "1000", "-y", ...words]);

test("a name denies the person's sessions and users in every cluster, and no other identity", async () => {
  const { out, err } = await exits(
    deny("--description", "left"),
    0,
    new RegExp(
      `^prod: ${JANE} can be a session of role/${A}/shared, a session of sso/${A}/developers, a session of ` +
        `sso/${B}/clusteradmin, user/${A}/jane\\.40example\\.2ecom\\.$`,
      "m",
    ),
  );
  assert.match(
    err,
    new RegExp(
      `^prod: Not ended: other session names of role/${A}/shared\\. The caller that assumes such a role chooses the name: `,
      "m",
    ),
  );
  assert.match(err, /^staging: Wrote 2 parameters\. .*access ends by \S+Z\.$/m);
  assert.doesNotMatch(out, / ! /);
  const expected = [
    ["prod", user(JANE), "identity_denied"],
    ["prod", user(JOE), "granted"],
    ["prod", session("Shared", JANE), "identity_denied"],
    ["prod", session("Shared", JOE), "granted"],
    ["prod", session(SET, JANE), "identity_denied"],
    ["prod", session(SET, "Jane@Example.com"), "identity_denied"],
    ["prod", session(SET, JOE), "granted"],
    ["prod", session(SET, `x${JANE}`), "granted"],
    ["staging", session("ci-1", JANE), "identity_denied"],
    ["staging", session("ci-1", JOE), "granted"],
    ["staging", session("AWSReservedSSO_ClusterAdmin_0123456789abcdef", JANE, B), "identity_denied"],
    ["staging", session("AWSReservedSSO_ClusterAdmin_0123456789abcdef", JOE, B), "granted"],
  ] as const;
  for (const [cluster, arn, verdict] of expected) {
    assert.equal(await clusters.verdict(cluster, arn), verdict, `${cluster} ${arn}`);
  }
  assert.match((await deny()).out, /0 to add, 0 to change, 0 to remove/);
});

test("allow with the same name grants what the mappings grant again, and keeps other denials", async () => {
  await clusters.run(["mappings", "deny", user(JOE), "-c", "prod", "-y"]);
  await deny();
  const allow = ["mappings", "allow", JANE, "--all-contexts", "--rate", "1000", "-y"];
  assert.equal((await clusters.run(allow)).code, 1);
  await exits(clusters.run([...allow, "--allow-weakening"]), 0);
  assert.equal(await clusters.verdict("prod", session("Shared", JANE)), "granted");
  assert.equal(await clusters.verdict("prod", user(JOE)), "identity_denied");
  assert.equal((await clusters.run([...allow, "--allow-weakening"])).code, 1);
});

test("a role that any session name can assume is named, and the last administrator stays", async () => {
  // Denying one session of the administrators' set leaves its other sessions.
  await exits(
    clusters.run(["mappings", "deny", JANE, "-c", "staging", "-y"]),
    0,
    new RegExp(`^Not ended: other session names of pattern/${A}\\. `, "m"),
  );
});

test("a name in another case denies the session and the federated user as well, since denials ignore case", async () => {
  const [own, federated] = [`sso-session/${A}/clusteradmin`, `arn:aws:sts::${A}:federated-user/Mallory`];
  clusters.store.put(
    `/iam-authenticator/prod/${own}`,
    JSON.stringify([{ session: "mallory", username: "m", groups: ["system:masters"] }]),
  );
  clusters.store.put(
    `/iam-authenticator/prod/federated-user/${A}/mallory`,
    JSON.stringify({ arn: federated, username: "f" }),
  );
  await exits(clusters.run(["mappings", "deny", "MALLORY", "-c", "prod", "--rate", "1000", "-y", "--force"]), 0);
  const set = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
  assert.equal(await clusters.verdict("prod", session(set, "mallory")), "identity_denied");
  assert.equal(await clusters.verdict("prod", federated), "identity_denied");
});

test("a cluster that does not exist is refused, also beside one that exists", async () => {
  for (const verb of ["deny", "allow"]) {
    await exits(
      clusters.run(["mappings", verb, JANE, "-c", "prdo", "-y"]),
      2,
      /^The cluster prdo has no parameter below/,
    );
  }
  const words = ["mappings", "deny", JANE, "-c", "prod", "-c", "prdo", "--rate", "1000", "-y"];
  await exits(clusters.run(words), 2);
  assert.equal(await clusters.verdict("prod", session("Shared", JANE)), "identity_denied");
});

test("allow with a short prefix leaves the lists of other clusters alone", async () => {
  await clusters.run(["mappings", "deny", session("Shared", JANE), "-c", "prod", "-y"]);
  const words = ["mappings", "allow", JANE, "-c", "root", "--prefix", "/iam-authenticator", "-y", "--allow-weakening"];
  assert.equal((await clusters.run(words)).code, 1);
  assert.equal(await clusters.verdict("prod", session("Shared", JANE)), "identity_denied");
});

test("with --account, it reports that pattern/any is not read", async () => {
  for (const who of [JANE, "unmapped"]) {
    const { err } = await clusters.run(["mappings", "deny", who, "-c", "prod", "--account", A, "--dry-run"]);
    assert.match(err, /^Not checked: pattern\/any and other accounts\. /m, who);
  }
  const all = await clusters.run(["mappings", "deny", JANE, "-c", "prod", "--dry-run"]);
  assert.doesNotMatch(all.err, /Not checked/);
});

test("with JWT_ISSUERS, the plan names the roles whose JWTs are denied", async () => {
  const environment = { JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` };
  const words = ["mappings", "deny", JANE, "--rate", "1000", "-y"];
  await exits(
    clusters.run([...words, "-c", "prod"], { environment }),
    0,
    new RegExp(
      `^An AWS-signed token \\(JWT_ISSUERS\\) .* every AWS-signed token of role/${A}/shared, sso/${A}/developers, `,
      "m",
    ),
  );
  const single = await clusters.run(["mappings", "deny", `role/${A}/shared`, "--session", "x", "-c", "prod", "-y"], {
    environment,
  });
  assert.match(
    single.err,
    /^An AWS-signed token \(JWT_ISSUERS\) does not show its session: this also denies every AWS-signed token of shared\.$/m,
  );
  await exits(
    clusters.run([...words, "-c", "staging"], { environment }),
    0,
    new RegExp(`every AWS-signed token of pattern/${A}, `, "m"),
  );
  assert.equal(await clusters.verdict("staging", session("ci-1", JANE)), "identity_denied");
});

test("with JWT_ISSUERS, every form of a denial of several roles' sessions is reported", async () => {
  const environment = { JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` };
  for (const arnLike of [
    `arn:aws:sts::${A}:assumed-role/*`,
    `arn:aws:sts::${A}:*${JANE}`,
    `arn:aws:*::${A}:*/${JANE}`,
  ]) {
    const words = ["mappings", "deny", arnLike, "-c", "prod", "--rate", "1000", "-y"];
    const dry = await clusters.run([...words, "--dry-run"], { environment });
    assert.match(dry.err, /this also denies every AWS-signed token of \*\.$/m, arnLike);
    assert.doesNotMatch((await clusters.run([...words, "--dry-run"])).err, /AWS-signed/, arnLike);
  }
  const roles = ["mappings", "deny", `arn:aws:iam::${A}:role/ci-*`, "-c", "prod", "--dry-run"];
  assert.doesNotMatch((await clusters.run(roles, { environment })).err, /AWS-signed/);
});

test("an account mapping denies all roles, users and federated users of that name", async () => {
  clusters.store.put(`/iam-authenticator/prod/account/${B}`, "{}");
  await deny();
  for (const arn of [session("any", JANE, B), user(JANE, B), `arn:aws:sts::${B}:federated-user/${JANE}`]) {
    assert.equal(await clusters.verdict("prod", arn), "identity_denied", arn);
    assert.equal(await clusters.verdict("prod", arn.replace(JANE, JOE)), "granted", arn);
  }
});

test("many roles of one account become one pattern, which fits into a deny list", async () => {
  for (let i = 0; i < 60; i += 1) {
    const arn = `arn:aws:iam::${A}:role/Role-${i}`;
    clusters.store.put(`/iam-authenticator/prod/role/${A}/role-${i}`, JSON.stringify({ arn, username: "u" }));
  }
  await exits(clusters.run(["mappings", "deny", JANE, "-c", "prod", "-y"]), 0);
  assert.deepEqual(await clusters.value("prod", `deny/${A}`), [
    { arnLike: session("*", JANE) },
    { arnLike: user(JANE) },
  ]);
  assert.equal(await clusters.verdict("prod", session("Role-7", JANE)), "identity_denied");
  assert.equal(await clusters.verdict("prod", session("Role-7", JOE)), "granted");
});

test("a name that nothing can have changes nothing, and --session with a name is refused", async () => {
  clusters.store.remove(`/iam-authenticator/staging/sso/${B}/clusteradmin`);
  clusters.store.put(`/iam-authenticator/staging/pattern/${A}`, "[]");
  await exits(
    clusters.run(["mappings", "deny", JANE, "-c", "staging", "-y"]),
    0,
    `Nothing to deny: no mapping grants access to a session or a user named ${JANE}.\n`,
  );
  await exits(deny("--session", "x"), 2, /^--session requires a role or a permission set, not jane@example\.com\./);
});

test("--for sets the end, and wrong values of --for and --until are refused", async () => {
  const now = Date.UTC(2026, 10, 26, 10);
  const run = (...words: string[]) =>
    clusters.run(["mappings", "deny", user(JOE), "-c", "prod", "-y", ...words], { now });
  assert.equal((await run("--for", "2h")).code, 0);
  assert.deepEqual(await clusters.value("prod", `deny/${A}`), [
    { arnLike: user(JOE), notAfter: "2026-11-26T12:00:00Z" },
  ]);
  for (const [words, sentence] of [
    [["--for", "2"], /It must be a duration such as 30m, 2h or 3d\./],
    [["--for", "0h"], /It must be a duration/],
    [["--for", "2h", "--until", "2027-01-01T00:00:00Z"], /cannot be used with option/],
    [["--until", "2020-01-01T00:00:00Z"], /^--until 2020-01-01T00:00:00Z is in the past\.$/m],
  ] as const) {
    await exits(run(...words), 2, sentence);
  }
});
