// What `mappings deny` says about the end of access: a time only where every denial was written,
// may act, and lasts until that time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { failing, ssmError } from "../../../local/aws/service-faults.ts";
import { lineOf, loggedServices, NOW } from "../reviews/services.ts";
import { ADMIN, exits, PREFIX, useCluster } from "./cluster.ts";

const [A, B] = ["111122223333", "444455556666"] as const;
const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;
const cluster = useCluster({
  ...ADMIN,
  [`user/${A}/alice`]: { arn: `arn:aws:iam::${A}:user/alice`, username: "alice" },
  [`role/${A}/ci`]: { arn: role(A, "ci"), username: "ci:{SessionName}" },
  [`role/${B}/dev`]: { arn: role(B, "dev"), username: "dev:{SessionName}" },
});
const deny = (words: string, options: object = {}) => cluster.mappings(`deny ${words} -y`, options);
const ENDS = /Access ends by \S+Z, with kube-apiserver's default cache\.$/m;
const INCOMPLETE = /^Wrote 1 parameter\. Not every denial was written, so access may go on\.$/m;
const FULL = [{ name: "someone", description: "x".repeat(3_950) }];
const owned = (name: string) =>
  cluster.store.put(`${PREFIX}/${name}`, "[]", {
    tags: { "iam-authenticator:managed-by": "Auth-prod" },
  });

test("no time is printed where a list is full, also after AWS has refused the first list", async () => {
  const isIncomplete = async () => {
    const { err } = await exits(deny("alice"), 1, INCOMPLETE);
    assert.match(
      err,
      /\nalice is not denied everywhere\. Not covered: account 111122223333, since .* is full .*\n$/,
    );
    assert.doesNotMatch(err, ENDS);
    assert.equal(await cluster.verdict(`arn:aws:iam::${A}:user/alice`), "granted");
    cluster.put(`deny/${B}`, []);
  };
  cluster.put(`deny/${A}`, FULL);
  cluster.put("deny/any", FULL);
  await isIncomplete();
  cluster.put("deny/any", []);
  cluster.store.fail(failing("PutParameter", ssmError(400, "AccessDeniedException"), "deny/any"));
  await isIncomplete();
  cluster.store.fail(undefined);
  cluster.put(`deny/${A}`, []);
  assert.doesNotMatch((await exits(deny("alice"), 0, ENDS)).err, INCOMPLETE);
});

test("no time is printed where a stack owns a list", async () => {
  cluster.store.remove(`${PREFIX}/settings/prod`);
  owned(`deny/${A}`);
  const { err } = await exits(deny("alice"), 1, INCOMPLETE);
  const managed =
    /\nalice is not denied everywhere\. Not covered: role\/111122223333\/ci, sso\/111122223333\/clusteradmin, user\/111122223333\/alice, since deny\/111122223333 is managed by the CloudFormation stack Auth-prod\.\n$/;
  assert.match(err, managed);
  assert.doesNotMatch(err, ENDS);
  assert.equal(await cluster.verdict(`arn:aws:iam::${A}:user/alice`), "granted");
  cluster.put(`deny/${B}`, []);
  const other = `${PREFIX}2`;
  cluster.store.put(
    `${other}/role/${B}/dev`,
    JSON.stringify({ arn: role(B, "dev"), username: "dev" }),
  );
  const both = await exits(
    deny("alice -c prod2"),
    1,
    /^prod: Wrote 1 parameter\. Not every denial was written, so access may go on\.$/m,
  );
  assert.match(both.err, /^Denied in 1 of 2 clusters\.$/m);
  assert.match(both.err, managed);
  assert.match(both.err, /^prod2: .* Access ends by \S+Z, with .*\.$/m);
});

test("a denial that ends before the caches do has no time at which access ends", async () => {
  for (const who of ["alice", `arn:aws:iam::${A}:user/alice`]) {
    const short = /The denial ends at \S+Z, but cached answers may grant access until \S+Z\.$/m;
    assert.doesNotMatch((await exits(deny(`${who} --for 2m`), 0, short)).err, ENDS);
    await exits(deny(`${who} --for 3m`), 0, ENDS);
  }
});

test("with --account, a granted review of another account does not make a name known", async () => {
  const name = "bob@example.com";
  const review = (account: string, of: string) =>
    lineOf({
      time: NOW - 60_000,
      outcome: "granted",
      arn: `arn:aws:sts::${account}:assumed-role/${of}/${name}`,
    });
  const logged = await loggedServices([review(B, "dev")]);
  try {
    Object.assign(process.env, logged.variables);
    const UNKNOWN = /Not known whether a person of this name logs in\.$/m;
    assert.doesNotMatch(
      (await exits(deny(`${name} --account ${A}`, { now: NOW }), 0, UNKNOWN)).err,
      ENDS,
    );
    await exits(deny(`${name} --account ${B}`, { now: NOW }), 0, ENDS);
  } finally {
    await logged.close();
  }
});

test("an ARN that no mapping covers has no time, also with --account", async () => {
  const typo = await exits(
    deny(`${role(A, "cii")} --account ${A}`),
    1,
    /no access ends\. Did you mean role\/\d+\/ci\?\n$/,
  );
  assert.doesNotMatch(typo.err, ENDS);
  await exits(deny(`${role(A, "ci")} --account ${A}`), 0, ENDS);
  await exits(
    deny(`${role(A, "other")} --account ${A}`),
    0,
    /No stored mapping applies to \S+: no access ends\.$/m,
  );
  cluster.put("pattern/any", [{ arnLike: role("*", "ops*"), username: "ops" }]);
  await exits(deny(`${role(A, "ops1")} --account ${A}`), 0, ENDS);
  await exits(deny(`${role(A, "ops?")} --account ${A}`), 0, ENDS);
});

test("where mappings cannot be read, the command says that none is known", async () => {
  const unreadable = (what: string) =>
    cluster.store.fail(failing("GetParameters", ssmError(400, "AccessDeniedException"), what));
  const NOT_KNOWN = /Not known whether a mapping applies to \S+$/m;
  unreadable("pattern/any");
  assert.doesNotMatch(
    (await exits(deny(`${role(A, "ops1")} --account ${A} --allow-weakening`), 0, NOT_KNOWN)).err,
    ENDS,
  );
  await exits(
    deny(`${role(A, "cii")} --account ${A} --allow-weakening`),
    1,
    /Not known .*\. Did you mean role\/\d+\/ci\?\n$/,
  );
  await exits(deny(`${role(A, "ci")} --account ${A} --allow-weakening`), 0, ENDS);
  const all = await exits(deny(`${role(A, "ops2")} --allow-weakening`), 0, NOT_KNOWN);
  assert.doesNotMatch(all.err, ENDS);
});

test("with --account, a name may still be one of pattern/any, which is not read", async () => {
  cluster.store.remove(`${PREFIX}/role/${A}/ci`);
  cluster.store.remove(`${PREFIX}/sso/${A}/clusteradmin`);
  const { err } = await exits(
    deny(`newcomer --account ${A}`),
    0,
    /Not known whether a mapping applies to newcomer\.$/m,
  );
  assert.doesNotMatch(err, /no access ends/);
  await exits(
    deny(`alcie --account ${A}`),
    1,
    /Not known whether a mapping applies to alcie\. Did you mean alice\?\n$/,
  );
});
