// Mappings as code: names, values, and errors at synth.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Aws, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal, User } from "aws-cdk-lib/aws-iam";
import { IamAuthenticator } from "../../../infra/iam-authenticator.ts";
import { ACCOUNT, type Synthesized, stackOf } from "../stacks.ts";
import { resources } from "../template.ts";

const PREFIX = "/iam-authenticator/prod.example";
const ARN = `arn:aws:iam::${ACCOUNT}:role/team/Dev.Ops`;
const CANONICAL_ARN = ARN.replace("team/", "");

/** Without the function's settings (settings.test.ts). */
function parameters({ template }: Synthesized): Record<string, unknown> {
  const found = resources(template(), "AWS::SSM::Parameter").map(
    ({ Properties: { Name, Type, Value } }) => {
      assert.equal(Type, "String");
      return [String(Name), JSON.parse(String(Value))] as const;
    },
  );
  return Object.fromEntries(found.filter(([name]) => name !== `${PREFIX}/settings/prod.example`));
}

test("each kind of mapping has the name and value that the function reads", () => {
  const made = stackOf("http");
  const { authenticator } = made;
  authenticator.addRoleMapping(ARN, { username: "dev:{SessionName}", groups: ["developers"] });
  authenticator.addUserMapping(`arn:aws:iam::${ACCOUNT}:user/alice`, { username: "alice" });
  authenticator.addSsoMapping(
    { account: ACCOUNT, permissionSet: "ClusterAdmin" },
    { username: "admin" },
  );
  authenticator.addAccountMapping("444455556666");
  authenticator.addPattern("any", { arnLike: `arn:aws:iam::${ACCOUNT}:role/ci-*`, username: "ci" });
  authenticator.addPattern("any", { arnLike: `arn:aws:iam::${ACCOUNT}:role/*`, username: "rest" });
  authenticator.addPattern(ACCOUNT, { arnLike: `arn:aws:iam::${ACCOUNT}:user/*`, username: "u" });
  authenticator.addDenial({
    arnLike: `arn:aws:sts::${ACCOUNT}:assumed-role/Dev.Ops/mallory`,
    description: "left",
  });
  authenticator.addDenial({
    arnLike: `arn:aws:iam::${ACCOUNT}:user/eve`,
    notAfter: "2026-12-31T00:00:00Z",
  });
  authenticator.addDenial({ arnLike: "arn:aws:iam::*:role/ci-*" });
  authenticator.addDenial({ name: "Jane@example.com", description: "left" });
  authenticator.addDenial({ name: "joe", account: ACCOUNT });
  authenticator.addCaller({ name: "control-plane", sha256: "7".repeat(64) });
  assert.deepEqual(parameters(made), {
    [`${PREFIX}/deny/${ACCOUNT}`]: [
      { arnLike: `arn:aws:sts::${ACCOUNT}:assumed-role/Dev.Ops/mallory`, description: "left" },
      { arnLike: `arn:aws:iam::${ACCOUNT}:user/eve`, notAfter: "2026-12-31T00:00:00Z" },
      { name: "joe" },
    ],
    [`${PREFIX}/deny/any`]: [
      { arnLike: "arn:aws:iam::*:role/ci-*" },
      { name: "Jane@example.com", description: "left" },
    ],
    [`${PREFIX}/role/${ACCOUNT}/dev.2eops`]: {
      username: "dev:{SessionName}",
      groups: ["developers"],
      arn: ARN,
    },
    [`${PREFIX}/user/${ACCOUNT}/alice`]: {
      username: "alice",
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    },
    [`${PREFIX}/sso/${ACCOUNT}/clusteradmin`]: { username: "admin" },
    [`${PREFIX}/account/444455556666`]: {},
    [`${PREFIX}/pattern/any`]: [
      { arnLike: `arn:aws:iam::${ACCOUNT}:role/ci-*`, username: "ci" },
      { arnLike: `arn:aws:iam::${ACCOUNT}:role/*`, username: "rest" },
    ],
    [`${PREFIX}/pattern/${ACCOUNT}`]: [
      { arnLike: `arn:aws:iam::${ACCOUNT}:user/*`, username: "u" },
    ],
    // The template helper blanks hashes.
    [`${PREFIX}/callers`]: [{ name: "control-plane", sha256: "HASH" }],
  });
});

test("the sessions of a permission set are one list beside the set's mapping", () => {
  const made = stackOf("http");
  const { authenticator } = made;
  const set = { account: ACCOUNT, permissionSet: "Developers" };
  authenticator.addSsoMapping(
    { ...set, session: "jane@example.com" },
    { username: "lead:jane", groups: ["leads"] },
  );
  authenticator.addSsoMapping(set, { username: "dev:{SessionName}" });
  authenticator.addSsoMapping(
    { ...set, permissionSet: "developers", session: "Jane@example.com" },
    { username: "j" },
  );
  authenticator.addSsoMapping(
    { ...set, permissionSet: "Other", session: "jane@example.com" },
    { username: "j" },
  );
  assert.deepEqual(parameters(made), {
    [`${PREFIX}/sso-session/${ACCOUNT}/developers`]: [
      { username: "lead:jane", groups: ["leads"], session: "jane@example.com" },
      { username: "j", session: "Jane@example.com" },
    ],
    [`${PREFIX}/sso/${ACCOUNT}/developers`]: { username: "dev:{SessionName}" },
    [`${PREFIX}/sso-session/${ACCOUNT}/other`]: [{ username: "j", session: "jane@example.com" }],
  });
  for (const [session, mapping, problem] of [
    [
      "jane@example.com",
      { username: "again" },
      /session jane@example\.com must not be added twice/,
    ],
    ["a b", { username: "x" }, /session a b: session must be /],
    ["joe", {}, /session joe: username is missing/],
    ["joe", { username: "x", principalId: "AROA1" }, /unknown key "principalId"/],
    ["joe", { username: Aws.ACCOUNT_ID }, /must be known at synth/],
  ] as const) {
    assert.throws(() => authenticator.addSsoMapping({ ...set, session }, mapping), problem);
  }
  const invalid = { account: "1", permissionSet: "X", session: "joe" };
  assert.throws(
    () => authenticator.addSsoMapping(invalid, { username: "x" }),
    /the account must be 12 digits/,
  );
});

test("a group may come from a tag of AWS-signed tokens, if no value of it is an administrator", () => {
  const made = stackOf("http");
  const { authenticator } = made;
  const set = { account: ACCOUNT, permissionSet: "Staff" };
  const withGroup = (group: string) => ({ username: "sso:{PrincipalTag:email}", groups: [group] });
  for (const group of ["access:", "kubeadm:", "system:", ""].map(
    (x) => `${x}{PrincipalTag:team}`,
  )) {
    assert.throws(
      () => authenticator.addSsoMapping(set, withGroup(group)),
      /\{PrincipalTag:team\}/,
    );
    assert.throws(
      () => authenticator.addRoleMapping(ARN, withGroup(group)),
      /\{PrincipalTag:team\}/,
    );
  }
  const mapping = withGroup("team:{PrincipalTag:team}");
  authenticator.addSsoMapping(set, mapping);
  authenticator.addRoleMapping(ARN, mapping);
  assert.deepEqual(parameters(made), {
    [`${PREFIX}/sso/${ACCOUNT}/staff`]: mapping,
    [`${PREFIX}/role/${ACCOUNT}/dev.2eops`]: { ...mapping, arn: ARN },
  });
});

test("a role or user of the app is mapped if its name, account and region are fixed", () => {
  const made = stackOf("http");
  const { stack, authenticator } = made;
  const assumedBy = new ServicePrincipal("ec2.amazonaws.com");
  authenticator.addRoleMapping(new Role(stack, "Named", { assumedBy, roleName: "Named" }), {
    username: "n",
  });
  authenticator.addUserMapping(new User(stack, "Bob", { userName: "bob" }), { username: "b" });
  authenticator.addRoleMapping(Role.fromRoleArn(stack, "Given", ARN), { username: "g" });
  // Its ARN has a token as partition.
  authenticator.addRoleMapping(Role.fromRoleName(stack, "Elsewhere", "Named-By-Hand"), {
    username: "h",
  });
  assert.deepEqual(Object.keys(parameters(made)), [
    `${PREFIX}/role/${ACCOUNT}/named`,
    `${PREFIX}/user/${ACCOUNT}/bob`,
    `${PREFIX}/role/${ACCOUNT}/dev.2eops`,
    `${PREFIX}/role/${ACCOUNT}/named-by-hand`,
  ]);
  const byHand = { username: "h", arn: `arn:aws:iam::${ACCOUNT}:role/Named-By-Hand` };
  assert.deepEqual(parameters(made)[`${PREFIX}/role/${ACCOUNT}/named-by-hand`], byHand);
  assert.throws(
    () => authenticator.addRoleMapping(new Role(stack, "Free", { assumedBy }), { username: "f" }),
    {
      message: /requires a role's ARN that is known at synth/,
    },
  );
});

test("a role by name has the partition of the stack's region", () => {
  const stack = new Stack(new App(), "China", { env: { account: ACCOUNT, region: "cn-north-1" } });
  const authenticator = new IamAuthenticator(stack, "Authenticator", { clusterId: "a" });
  authenticator.addRoleMapping(Role.fromRoleName(stack, "Ops", "ops"), { username: "o" });
  Template.fromStack(stack).hasResourceProperties("AWS::SSM::Parameter", {
    Name: `/iam-authenticator/a/role/${ACCOUNT}/ops`,
    Value: JSON.stringify({ username: "o", arn: `arn:aws-cn:iam::${ACCOUNT}:role/ops` }),
  });
});

const USERS = "arn:aws:iam::*:user/a*";
const many = Array.from({ length: 200 }, (_, n) => `group-of-some-length-${n}`);
// biome-ignore format: a table
const REFUSED: Readonly<Record<string, [(made: Synthesized["authenticator"]) => void, RegExp]>> = {
  "an unknown key": [(a) => a.addRoleMapping(ARN, { username: "u", gropus: [] } as never), /unknown key "gropus"/],
  "double braces in a description": [(a) => a.addAccountMapping(ACCOUNT, { description: "{{x}}" }), /refuses values/],
  "a user as a role": [(a) => a.addRoleMapping(`arn:aws:iam::${ACCOUNT}:user/a`, { username: "u" }), /a role's ARN/],
  "no account": [(a) => a.addAccountMapping("1"), /the account must be 12 digits/],
  "a pattern for no account": [(a) => a.addPattern("all", { arnLike: ARN, username: "u" }), /12 digits/],
  "a pattern with a role's path, which STS never returns": [
    (a) => a.addPattern("any", { arnLike: "arn:aws:iam::*:role/team/*", username: "u" }),
    /^pattern arn:aws:iam::\*:role\/team\/\*: .*can never match/,
  ],
  "a pattern of another account than its list": [
    (a) => a.addPattern(ACCOUNT, { arnLike: "arn:aws:iam::4444*:role/*", username: "u" }),
    /^pattern arn:aws:iam::4444\*:role\/\*: can never match an identity of account 111122223333$/,
  ],
  "two ARNs as one role": [(a) => a.addRoleMapping(`${ARN},${ARN}`, { username: "u" }), /of role .*: a second ARN, /],
  "two ARNs in a pattern": [(a) => a.addPattern("any", { arnLike: `${USERS},${ARN}`, username: "u" }), /a second ARN, /],
  "two ARNs in a denial": [(a) => a.addDenial({ arnLike: `${ARN},${ARN}` }), /^the denial of .*: a second ARN, /],
  "a denial that can never match": [(a) => a.addDenial({ arnLike: "arn:aws:iam::*:role/team/*" }), /^the denial of arn:aws:iam::\*:role\/team\/\*: .*can never match/],
  "a denial of another partition than the stack's": [
    (a) => a.addDenial({ arnLike: "arn:aws-cn:iam::111122223333:user/mallory" }),
    /^the denial of arn:aws-cn:.*can never match: this list covers account any of partition aws only$/,
  ],
  "a denial with double braces": [(a) => a.addDenial({ arnLike: ARN, description: "{{x}}" }), /^the denials of account 111122223333: Parameter Store refuses values with/],
  "a denial with a token": [(a) => a.addDenial({ arnLike: `arn:aws:iam::${Aws.ACCOUNT_ID}:role/x` }), /^a denial must be known at synth/],
  "a denial by an invalid name": [(a) => a.addDenial({ name: "jane doe" }), /^the denial of jane doe: name must be a name of 2 to 64 /],
  "a denial by name of an invalid account": [(a) => a.addDenial({ name: "jane", account: "any" }), /^the denial of jane: the account must be 12 digits/],
  "a denial of an ARN with an account": [(a) => a.addDenial({ arnLike: ARN, account: ACCOUNT } as never), /^the denial of .*: unknown key "account"/],
  "over 4096 bytes": [(a) => a.addRoleMapping(ARN, { username: "u", groups: many }), /the value has \d+ bytes/],
  "a list of more than 4096 bytes": [
    (a) => {
      for (const username of many) a.addPattern("any", { arnLike: CANONICAL_ARN, username });
    },
    /^the patterns of any account: the value has \d+ bytes, and Parameter Store allows 4096$/,
  ],
  "the same twice": [
    (a) => {
      for (const permissionSet of ["Dev", "dev"])
        a.addSsoMapping({ account: ACCOUNT, permissionSet }, { username: "u" });
    },
    /^the mapping of sso dev must not be added twice$/,
  ],
  "a caller's token itself": [(a) => a.addCaller({ name: "c", sha256: "secret" }), /64 lower-case hex digits/],
  "a grant for every account": [(a) => a.grantManageMappings({} as never, { account: "*" }), /12 digits/],
};
test("a denial by name is refused at synth with awsSignedTokens, and a denial of an ARN is not", () => {
  const awsSignedTokens = [
    { account: ACCOUNT, issuer: "https://0a1b2c3d.tokens.sts.global.api.aws" },
  ];
  for (const tokens of ["any", "jwt"] as const) {
    const { authenticator } = stackOf("http", { awsSignedTokens, tokens });
    const message =
      /^the denial of jane: with awsSignedTokens, a name denies all AWS-signed tokens of every role, which contain no session: deny ARNs instead$/;
    assert.throws(() => authenticator.addDenial({ name: "jane" }), { message });
    authenticator.addDenial({ arnLike: `arn:aws:iam::${ACCOUNT}:user/jane` });
  }
});

for (const [name, [add, message]] of Object.entries(REFUSED)) {
  const { authenticator } = stackOf("http");
  test(`refused at synth: ${name}`, () => assert.throws(() => add(authenticator), { message }));
}
