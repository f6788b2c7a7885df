// `mappings deny <name>` where the functions know names: one entry, its lists, what it says, and
// each way to end without a denial.

import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, failing, ssmError } from "../../../local/aws/service-faults.ts";
import { startSts } from "../../../local-aws.ts";
import { settingsValue } from "../../../stored-settings.ts";
import { endpoints } from "../../cli.ts";
import { lineOf, loggedServices, NOW } from "../reviews/services.ts";
import { exits, PREFIX, useCluster } from "./cluster.ts";
import { OPERATORS } from "./several.ts";

const [A, B] = ["111122223333", "444455556666"] as const;
const JANE = "jane@example.com";
const ADMIN = {
  [`sso/${A}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
};
const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/ci`]: { arn: `arn:aws:iam::${A}:role/ci`, username: "ci:{SessionName}" },
});
const deny = (words: string, options: object = {}) => cluster.mappings(`deny ${words} -y`, options);
const user = (name: string, more: object = {}) => ({
  arn: `arn:aws:iam::${A}:user/${name}`,
  username: name,
  ...more,
});
const list = (account = "any") => cluster.value(`deny/${account}`);
/** A list with this many bytes. */
const sized = (bytes: number) => {
  const text = JSON.stringify([{ name: "someone", description: "" }]);
  return [{ name: "someone", description: "x".repeat(bytes - text.length) }];
};
const KNOWN = /Access ends by \S+Z, with kube-apiserver's default cache\.$/m;
const UNKNOWN = "Not known whether a person of this name logs in.";

test("a name is one entry of a list, and a second denial sets its end", async () => {
  await exits(deny("jane@example.com --until 2099-12-31T00:00:00Z --description left"), 0);
  assert.deepEqual(await list(), [
    { name: JANE, notAfter: "2099-12-31T00:00:00Z", description: "left" },
  ]);
  await exits(deny("JANE@example.com"), 0);
  assert.deepEqual(await list(), [{ name: JANE, description: "left" }]);
  await exits(deny(`joe --account ${A}`), 0);
  assert.deepEqual(await list(A), [{ name: "joe" }]);
  for (const session of ["jane@example.com", "Jane@Example.com"]) {
    assert.equal(
      await cluster.verdict(`arn:aws:sts::${A}:assumed-role/ci/${session}`),
      "identity_denied",
    );
  }
  assert.equal(await cluster.verdict(`arn:aws:sts::${A}:assumed-role/ci/mary`), "granted");
});

test("patterns are written where a function does not know names", async () => {
  const patterns = async () => {
    await exits(deny(JANE), 0);
    assert.equal(await list(), undefined);
    const denied = (await list(A)) as { arnLike: string }[];
    assert.ok(
      denied.every(({ arnLike }) => arnLike.endsWith(`/${JANE}`)) && denied.length === 2,
      JSON.stringify(denied),
    );
    cluster.put(`deny/${A}`, []);
  };
  cluster.deploy({ JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` });
  await patterns();
  cluster.deploy({});
  for (const value of [
    "{",
    settingsValue({ JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` }),
    '{"format":2}',
  ]) {
    cluster.store.put(`${PREFIX}/settings/other`, value);
    await patterns();
  }
  cluster.store.remove(`${PREFIX}/settings/other`);
  cluster.store.remove(`${PREFIX}/settings/prod`);
  await patterns();
});

test("a list keeps 512 bytes free, and the name is written for each account instead", async () => {
  cluster.put(`account/${B}`, {});
  // The new entry has 17 bytes.
  cluster.put("deny/any", sized(4_096 - 512 - 17));
  await exits(deny("jane2"), 0);
  assert.deepEqual(((await list()) as object[])[1], { name: "jane2" });
  await exits(deny("jane3"), 0, /^deny\/any is full \(3584 of 4096 bytes\): /m);
  for (const account of [A, B]) cluster.put(`deny/${account}`, []);
  cluster.put("deny/any", sized(4_000));
  const both = await exits(deny("jane"), 0);
  assert.match(
    both.err,
    /^deny\/any is full \(\d+ of 4096 bytes\): the name is written to the list of each account that has mappings\.$/m,
  );
  assert.deepEqual([await list(A), await list(B)], [[{ name: "jane" }], [{ name: "jane" }]]);
  cluster.put("pattern/any", [{ arnLike: "arn:aws:iam::*:role/ops", username: "ops" }]);
  cluster.put(`deny/${B}`, sized(4_000));
  const denied = await exits(deny("joe"), 1);
  assert.match(
    denied.err,
    /\njoe is not denied everywhere\. Not covered: account 444455556666, since deny\/444455556666 is full \(\d+ of 4096 bytes\); identities that only pattern\/any maps\.\n$/,
  );
  assert.deepEqual(await list(A), [{ name: "jane" }, { name: "joe" }]);
});

test("where deny/any cannot be written, the lists of accounts are", async () => {
  cluster.put("deny/any", "{");
  await exits(deny("jane"), 0, /^deny\/any is invalid: the name is written to /m);
  cluster.put(`deny/${A}`, []);
  cluster.store.put(`${PREFIX}/deny/any`, "[]", {
    tags: { "iam-authenticator:managed-by": "Auth-prod" },
  });
  await exits(
    deny("jane"),
    0,
    /^deny\/any is managed by the CloudFormation stack Auth-prod: the name is written to /m,
  );
  cluster.put(`deny/${A}`, []);
  cluster.store.remove(`${PREFIX}/deny/any`);
  cluster.store.fail(failing("PutParameter", ssmError(400, "AccessDeniedException"), "deny/any"));
  await exits(
    deny("jane"),
    0,
    /^AWS refused to write deny\/any\. The command plans again, without it\.$/m,
  );
  cluster.store.fail(undefined);
  assert.deepEqual([await list(), await list(A)], [undefined, [{ name: "jane" }]]);
});

test("a name needs only its list: a denial is written although the mappings cannot be read", async () => {
  cluster.store.fail(
    failing("GetParametersByPath", ssmError(400, "AccessDeniedException"), `"${PREFIX}"`),
  );
  await exits(deny(JANE), 0, new RegExp(UNKNOWN));
  cluster.store.fail(undefined);
  assert.deepEqual(await list(), [{ name: JANE }]);
});

test("access ends by a time only for a known name", async () => {
  cluster.put(`user/${A}/alice`, user("alice"));
  cluster.put(`sso-session/${A}/clusteradmin`, [{ session: JANE, username: "jane" }]);
  cluster.put(`user/${A}/gone`, user("gone", { notAfter: "2020-01-01T00:00:00Z" }));
  await exits(deny("ALICE"), 0, KNOWN);
  await exits(deny("Jane@example.com"), 0, KNOWN);
  for (const name of ["newcomer", "gone"]) {
    const { err } = await exits(deny(name), 0, new RegExp(` ${UNKNOWN}$`, "m"));
    assert.doesNotMatch(err, /Access ends/);
  }
  const logged = await loggedServices([
    lineOf({
      time: NOW - 90 * 60_000,
      outcome: "granted",
      arn: `arn:aws:sts::${A}:assumed-role/ci/Bob@example.com`,
    }),
    lineOf({
      time: NOW - 60_000,
      outcome: "denied",
      arn: `arn:aws:sts::${A}:assumed-role/ci/stranger`,
    }),
  ]);
  try {
    Object.assign(process.env, logged.variables);
    await exits(deny("bob@example.com", { now: NOW }), 0, KNOWN);
    await exits(deny("stranger", { now: NOW }), 0, new RegExp(UNKNOWN));
    const part = await exits(
      deny("bob", { now: NOW }),
      1,
      new RegExp(`${UNKNOWN} Did you mean Bob@example\\.com\\?\\n$`),
    );
    assert.doesNotMatch(part.err, /Access ends/);
  } finally {
    await logged.close();
  }
});

test("a name that is one edit from a known one is written, names the known one and exits with 1", async () => {
  cluster.put(`user/${A}/alice`, user("alice"));
  for (const name of ["alcie", "alic", "alicee", "alixe", "lice"]) {
    await exits(deny(name), 1, /Not known whether .* Did you mean alice\?\n$/);
  }
  assert.equal(((await list()) as object[]).length, 5);
  for (const name of ["alxxe", "ecila", "ali", "bob"])
    await exits(deny(name), 0, new RegExp(`${UNKNOWN}$`, "m"));
});

test("the ending is printed once, and a question has it in view", async () => {
  cluster.put(`user/${A}/alice`, user("alice"));
  const counts = async (words: string, code: number, options: object = {}) => {
    const { err } = await exits(cluster.mappings(`deny ${words}`, options), code);
    return err.split(/Not known whether|Did you mean alice\?/).length - 1;
  };
  // The first has one sentence, the second also names alice.
  for (const [name, code, once] of [
    ["newcomer", 0, 1],
    ["alcie", 1, 2],
  ] as const) {
    assert.equal(await counts(`${name} --dry-run`, code), once);
    assert.equal(await counts(name, 2), once, "in a pipe without --yes");
    assert.equal(await counts(name, 1, { interactive: true, input: "n\n" }), once);
    assert.equal(await counts(name, code, { interactive: true, input: "y\n" }), 2 * once);
    assert.equal(await counts(`${name} -y`, code), once, "nothing to write");
    cluster.put("deny/any", []);
    assert.equal(await counts(`${name} -y`, code), once);
  }
  const several = await exits(
    deny("newcomer -c nowhere"),
    1,
    new RegExp(`prod: .* ${UNKNOWN}$`, "m"),
  );
  assert.doesNotMatch(several.err, /Access ends/);
});

test("each way in which deny <name> ends without a written denial has its exit code and sentence", async () => {
  cluster.put(`user/${A}/root-of-all`, user("root-of-all"));
  const full = () => {
    for (const account of ["any", A]) cluster.put(`deny/${account}`, sized(4_000));
  };
  const down = (operation: string) => () => failing(operation, answering(500, "{}"));
  const onlyAdministrator = () => {
    cluster.put(`sso/${A}/clusteradmin`, { username: "x" });
    cluster.put(`user/${A}/last`, user("last", { groups: ["system:masters"] }));
  };
  const owned = () => {
    for (const account of ["any", A]) {
      cluster.store.put(`${PREFIX}/deny/${account}`, "[]", {
        tags: { "iam-authenticator:managed-by": "Auth-prod" },
      });
    }
  };
  const byPatterns = () => {
    cluster.store.remove(`${PREFIX}/settings/prod`);
    cluster.store.remove(`${PREFIX}/role/${A}/ci`);
    cluster.store.remove(`${PREFIX}/sso/${A}/clusteradmin`);
  };
  const sts = await startSts({ identities: OPERATORS });
  const withSts = () => Object.assign(process.env, endpoints({ STS: sts }));
  // biome-ignore format: a table
  const endings: readonly (readonly [what: string, words: string, prepare: () => unknown, code: number, err: RegExp])[] = [
    ["a bad name", "j", () => {}, 2, /^"j" is only a name\. Add its kind and account/],
    ["a name with a space", "'jane doe'", () => {}, 2, /jane doe/],
    ["an end in the past", "jane --until 2019-01-01T00:00:00Z", () => {}, 2, /2019-01-01T00:00:00Z is in the past/],
    ["a wrong account", "jane --account 1111", () => {}, 2, /^--account 1111 must be 12 digits\./],
    ["a program's name", "EKSGetTokenAuth", () => {}, 2, /^EKSGetTokenAuth is the name of every session of aws eks get-token --role-arn: .* add --force\./],
    ["one's own name", "operator", withSts, 2, /^operator is your own name \(arn:aws:iam::111122223333:user\/operator\)\. To deny yourself, add --force\./m],
    ["a role's name", "ci", () => {}, 2, /^"ci" is role\/111122223333\/ci\. To deny the role, give its ARN\. For a person of that name, add --person\./],
    ["an unknown cluster", "jane", () => { cluster.store.remove(`${PREFIX}/settings/prod`); for (const name of [`role/${A}/ci`, `sso/${A}/clusteradmin`, `user/${A}/root-of-all`]) cluster.store.remove(`${PREFIX}/${name}`); }, 1, /The cluster prod has no parameter below /],
    ["the only administrator", "last", onlyAdministrator, 1, /^Refused: no administrator would surely remain/m],
    ["nothing to add", "jane", () => cluster.put("deny/any", [{ name: "JANE" }]), 0, /^(?!.*Access ends)/],
    ["nothing to deny by patterns", "jane", byPatterns, 1, /^Nothing to deny: no mapping is for a session or a user named jane\./m],
    ["AWS is down", "jane", down("GetParameters"), 3, /^The response is not from AWS: check for a proxy/],
    ["AWS does not write", "jane", down("PutParameter"), 3, /Nothing was written\./],
    ["all lists are full", "jane", full, 1, /^Nothing was written: deny\/any is full \(\d+ of 4096 bytes\), and no list of an account can hold the name: account 111122223333, since .*\nRemove denials that are no longer needed/m],
    ["all lists are owned", "jane", owned, 1, /^Nothing was written: deny\/any is managed by the CloudFormation stack Auth-prod, and no list of an account/m],
  ];
  try {
    for (const [what, words, prepare, code, err] of endings) {
      const fault = prepare();
      const stored = [await list(), await list(A)];
      if (typeof fault === "function") cluster.store.fail(fault as ReturnType<typeof failing>);
      const result = await deny(words);
      cluster.store.fail(undefined);
      assert.equal(result.code, code, `${what}: ${result.err}`);
      assert.match(result.err, err, what);
      assert.deepEqual([await list(), await list(A)], stored, what);
      for (const name of ["deny/any", `deny/${A}`, `user/${A}/last`])
        cluster.store.remove(`${PREFIX}/${name}`);
      cluster.deploy({});
      for (const [name, value] of Object.entries({
        ...ADMIN,
        [`role/${A}/ci`]: { arn: `arn:aws:iam::${A}:role/ci`, username: "ci" },
        [`user/${A}/root-of-all`]: user("root-of-all"),
      }))
        cluster.put(name, value);
    }
  } finally {
    await sts.close();
    delete process.env["AWS_ENDPOINT_URL_STS"];
  }
});

test("a program's and one's own name are denied with --force", async () => {
  await exits(deny("EKSGetTokenAuth --force"), 0);
  assert.deepEqual(await list(), [{ name: "EKSGetTokenAuth" }]);
});
