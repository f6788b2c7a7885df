// `mappings deny <name>` and the lists that it writes: one that cannot be written stops no other,
// the settings of the functions may change, and a colleague may write the same denial.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LocalRequest } from "../../../../local/aws/http-server.ts";
import { failing, ssmError } from "../../../local/aws/service-faults.ts";
import { exits, PREFIX, useCluster } from "./cluster.ts";

const [A, B, C] = ["111122223333", "444455556666", "777788889999"] as const;
const JANE = "jane@example.com";
const role = (account: string, name: string) => ({
  [`role/${account}/${name}`]: {
    arn: `arn:aws:iam::${account}:role/${name}`,
    username: `${name}:{SessionName}`,
  },
});
const cluster = useCluster({
  [`sso/${C}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
  ...role(A, "ci"),
  ...role(A, "dev"),
  ...role(B, "dev"),
});
const deny = (words: string, options: object = {}) => cluster.mappings(`deny ${words} -y`, options);
const list = (account = "any") => cluster.value(`deny/${account}`);
const session = (account: string, name: string, who = JANE) => ({
  arnLike: `arn:aws:sts::${account}:assumed-role/${name}/${who}`,
});
const OF_SET = session(C, "AWSReservedSSO_clusteradmin_????????????????");
const byPatterns = () => cluster.store.remove(`${PREFIX}/settings/prod`);
const SIGNED = { JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` };
const filled = (bytes: number) => {
  const text = JSON.stringify([{ name: "someone", description: "" }]);
  return [{ name: "someone", description: "x".repeat(bytes - text.length) }];
};

test("where patterns are written, a list that cannot be written stops no other", async () => {
  const put = (account: string, value: unknown, more = {}) =>
    cluster.store.put(
      `${PREFIX}/deny/${account}`,
      typeof value === "string" ? value : JSON.stringify(value),
      more,
    );
  const tags = { "iam-authenticator:managed-by": "Auth-prod" };
  const refusal = failing("PutParameter", ssmError(400, "AccessDeniedException"), `deny/${A}`);
  byPatterns();
  for (const [prepare, reason] of [
    [() => put(A, filled(4_090)), /is full \(\d+ of 4096 bytes\)/],
    [() => put(A, "{"), /is invalid/],
    [() => put(A, [{ arnLike: "x" }]), /is invalid/],
    [() => put(A, "[]", { type: "SecureString" }), /is a SecureString/],
    [() => put(A, "[]", { tags }), /is managed by the CloudFormation stack Auth-prod/],
    [() => cluster.store.fail(refusal), /may not be written with your permissions/],
  ] as const) {
    for (const account of [A, B, C]) cluster.store.remove(`${PREFIX}/deny/${account}`);
    prepare();
    const { err } = await exits(deny(JANE), 1, /^Wrote 2 parameters\. /m);
    cluster.store.fail(undefined);
    const gap = `\\n${JANE} is not denied everywhere\\. Not covered: role/${A}/ci, role/${A}/dev, since deny/${A} ${reason.source}\\.\\n$`;
    assert.match(err, new RegExp(gap));
    assert.deepEqual(
      [await list(B), await list(C)],
      [[session(B, "dev")], [OF_SET]],
      reason.source,
    );
  }
});

test("a list that can hold some of a person's patterns holds these, and the others are named", async () => {
  byPatterns();
  const one = JSON.stringify(session(A, "ci")).length + 1;
  cluster.put(`deny/${A}`, filled(4_096 - one - 10));
  const { err } = await exits(deny(JANE), 1);
  assert.match(err, new RegExp(`Not covered: role/${A}/dev, since deny/${A} is full`));
  assert.deepEqual(((await list(A)) as object[]).slice(1), [session(A, "ci")]);
});

test("where no list can be written, the message names each reason", async () => {
  byPatterns();
  for (const account of [A, B, C]) cluster.put(`deny/${account}`, filled(4_090));
  const { err } = await exits(deny(JANE), 1);
  assert.match(
    err,
    /^Nothing was written: role\/\d+\/ci, role\/\d+\/dev, since deny\/111122223333 is full .*; .*since deny\/777788889999 is full \(\d+ of 4096 bytes\)\.\nRemove denials/m,
  );
});

test("where patterns are written, the plan says that later mappings are not covered", async () => {
  await exits(deny("someone@example.com"), 0, undefined, /^(?!.*added later)/s);
  byPatterns();
  const { out, err } = await exits(deny(JANE), 0);
  assert.equal(out.match(/^ {4}It matches .*\. Not covered: mappings added later\.$/gm)?.length, 1);
  assert.match(err, / Not covered: mappings added later\.\n$/);
});

/** Runs the work once, before the store answers the first request like this. */
const before = (operation: string, text: string, work: () => void) => {
  let isDone = false;
  return (request: LocalRequest) => {
    if (isDone || !request.headers["x-amz-target"]?.toString().endsWith(operation))
      return undefined;
    if (!request.body.toString().includes(text)) return undefined;
    isDone = true;
    work();
    return undefined;
  };
};

test("deny writes patterns if a function accepts AWS-signed tokens since the plan", async () => {
  const deploy = {
    onPrint: (text: string) => void (text.includes("deny/any") && cluster.deploy(SIGNED)),
  };
  const { out, err } = await exits(deny(JANE, deploy), 0);
  assert.match(
    err,
    /^The settings of the functions have changed\. The command plans again, with what they accept now\.$/m,
  );
  assert.match(out, /\+ deny\/any\n[\s\S]*\+ deny\/111122223333\n/);
  assert.match(err, / Not covered: mappings added later\.\n$/);
  assert.deepEqual(
    [await list(), await list(B), await list(C)],
    [undefined, [session(B, "dev")], [OF_SET]],
  );
  cluster.deploy({});
  const input = JSON.stringify({ mappings: [], deny: [{ name: JANE }] });
  const applied = cluster.mappings("apply -y -f -", { input, ...deploy });
  await exits(
    applied,
    1,
    /Refused: deny\/any would deny jane@example\.com by name\. The function accepts AWS-signed/,
  );
  assert.equal(await list(), undefined);
});

test("if a colleague denies the same name at the same moment, theirs is kept", async () => {
  for (const theirs of [
    { name: "JANE@Example.com" },
    { name: JANE, description: "left" },
    { name: "Jane@example.com", description: "left" },
  ]) {
    // A new list, whose history has no earlier race.
    cluster.store.remove(`${PREFIX}/deny/any`);
    cluster.put("deny/any", []);
    cluster.store.fail(before("PutParameter", "deny/any", () => cluster.put("deny/any", [theirs])));
    await exits(deny(JANE), 0, /Access ends by|Not known whether/);
    cluster.store.fail(undefined);
    assert.deepEqual(await list(), [theirs]);
  }
  // Theirs ends earlier: the person would not be denied as long as this command says.
  cluster.store.remove(`${PREFIX}/deny/any`);
  cluster.put("deny/any", []);
  const short = { name: JANE, notAfter: "2099-01-01T00:00:00Z" };
  cluster.store.fail(before("PutParameter", "deny/any", () => cluster.put("deny/any", [short])));
  await exits(deny(JANE), 1, /Their change is kept, yours was not written\./);
  cluster.store.fail(undefined);
  assert.deepEqual(await list(), [short]);
});

test("deny of a name warns of the federated users that its IAM user can create, as by ARN", async () => {
  const warning = (where: string, of: string) =>
    `Warning: jane may be an IAM user, who can create federated users of other names (sts:GetFederationToken): ${where} them access. ` +
    `To deny them too: npx --no -- lambda-iam-authenticator mappings deny -c prod 'arn:aws:sts::${of}:federated-user/*'\n`;
  for (const [values, where, of, words = ""] of [
    [{ [`account/${A}`]: {} }, `account/${A} grants`, A],
    [{ [`account/${A}`]: {}, [`account/${B}`]: {} }, `account/${A}, account/${B} grant`, "*"],
    [{ "pattern/any": [{ arnLike: "arn:aws:*::*:*", username: "x" }] }, "pattern/any grants", "*"],
    [{ [`account/${A}`]: {}, [`account/${B}`]: {} }, `account/${B} grants`, B, ` --account ${B}`],
    [
      { [`federated-user/${A}/x`]: { arn: `arn:aws:sts::${A}:federated-user/x`, username: "x" } },
      `federated-user/${A}/x grants`,
      A,
    ],
    [
      {
        [`federated-user/${A}/dave`]: {
          arn: `arn:aws:sts::${A}:federated-user/dave`,
          username: "x",
        },
        "deny/any": [{ name: "dave" }],
      },
      undefined,
      A,
    ],
    // The denial itself covers it.
    [
      {
        [`federated-user/${A}/jane`]: {
          arn: `arn:aws:sts::${A}:federated-user/jane`,
          username: "jane",
        },
      },
      undefined,
      A,
    ],
    [
      {
        "pattern/any": [
          { arnLike: `arn:aws:sts::${A}:federated-user/d*`, username: "x" },
          { arnLike: `arn:aws:sts::${B}:federated-user/d*`, username: "x" },
        ],
        [`deny/${A}`]: [{ arnLike: `arn:aws:sts::${A}:federated-user/d*` }],
      },
      "pattern/any grants",
      B,
    ],
    [{ [`account/${A}`]: { notAfter: "2020-01-01T00:00:00Z" } }, undefined, A],
    [{ [`pattern/${A}`]: [{ arnLike: `arn:aws:iam::${A}:*`, username: "x" }] }, undefined, A],
    [
      {
        [`account/${A}`]: {},
        [`deny/${A}`]: [{ arnLike: `arn:aws:sts::${A}:federated-user/*` }],
      },
      undefined,
      A,
    ],
  ] as const) {
    for (const [name, value] of Object.entries(values)) cluster.put(name, value);
    const { err } = await exits(deny(`jane${words} --dry-run`), 0);
    assert.equal(err.includes("Warning"), where !== undefined, err);
    if (where !== undefined) assert.ok(err.includes(warning(where, of)), err);
    for (const name of Object.keys(values)) cluster.store.remove(`${PREFIX}/${name}`);
  }
});

test("a name with a comma gets the ARNs that deny it, which deny and allow accept", async () => {
  const { err } = await exits(deny("last,first"), 2);
  const [, pattern = "", user = ""] =
    /'(arn:\S+)' for sessions, and (arn:\S+) for an IAM user\.\n$/.exec(err) ?? [];
  await exits(deny(`'${pattern}'`), 0);
  assert.equal(
    await cluster.verdict(`arn:aws:sts::${A}:assumed-role/ci/last,first`),
    "identity_denied",
  );
  assert.equal(await cluster.verdict(`arn:aws:sts::${A}:assumed-role/ci/first`), "granted");
  assert.equal(user, "arn:aws:iam::*:user/last,first");
  await exits(cluster.mappings(`allow '${pattern}' -y --allow-weakening`), 0);
  assert.match((await deny(`last,first --account ${A}`)).err, new RegExp(`sts::${A}:assumed-role`));
});
