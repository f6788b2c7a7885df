// lint of a cluster with every kind of problem, and its rules for AWS-signed tokens.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReviewSettings } from "../../../../cli/model/evaluation.ts";
import { lint } from "../../../../cli/model/lint/lint.ts";
import type { StoredParameter } from "../../../../functions/parameters/stored-parameter.ts";
import { ADMIN, exits, PREFIX, useCluster } from "../../commands/mappings/cluster.ts";

const NOW = Date.UTC(2026, 10, 24);
const arnOf = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const role = (name: string, more: object = {}) => ({ arn: arnOf(name), username: name, ...more });

const WRONG = {
  ...ADMIN,
  "role/111122223333/invalid": role("invalid", { groups: "g" }),
  "role/111122223333/elsewhere": role("other-name"),
  "role/111122223333/china": { ...role("china"), arn: "arn:aws-cn:iam::111122223333:role/china" },
  "role/111122223333/node": role("node", {
    username: "system:node:{SessionName}",
    groups: ["system:nodes"],
  }),
  "role/111122223333/good-node": role("good-node", { username: "system:node:{EC2PrivateDNSName}" }),
  "role/111122223333/fixed-node": role("fixed-node", { groups: ["system:nodes"] }),
  "role/111122223333/anonymous": role("anonymous", { username: "system:anonymous" }),
  "role/111122223333/gone": role("gone", { notAfter: "2026-11-01T00:00:00Z" }),
  "role/111122223333/soon": role("soon", {
    notAfter: "2026-12-01T00:00:00Z",
    principalId: "AROASOON00000000000",
  }),
  "role/111122223333/denied": role("denied"),
  "user/111122223333/root": {
    arn: "arn:aws:iam::111122223333:user/root",
    username: "r",
    groups: ["system:masters"],
  },
  "role/111122223333/.41": role("A"),
  "role/111122223333/awsreservedsso_view_0123456789abcdef": role(
    "AWSReservedSSO_View_0123456789abcdef",
  ),
  "account/444455556666": {},
  "deny/111122223333": [
    { arnLike: "arn:aws:iam::111122223333:role/denied" },
    { arnLike: "arn:aws:iam::111122223333:user/past", notAfter: "2026-11-01T00:00:00Z" },
  ],
  "deny/666677778888": [{ arnLike: "arn:aws:iam::444455556666:user/elsewhere" }],
  "deny/777788889999": [{ arnLike: "nonsense" }],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:role/ci-*", username: "ci" }],
  "pattern/111122223333": [
    { arnLike: "arn:aws:iam::111122223333:role/a-*", username: "a" },
    { arnLike: "arn:aws:iam::111122223333:role/a-b-*", username: "ab" },
    { arnLike: "arn:aws:iam::111122223333:role/*", username: "all", groups: ["system:masters"] },
  ],
};
const EXPECTED = [
  "error deny-list-invalid deny/777788889999",
  "error deny-list-invalid deny/666677778888",
  "warning expired deny/111122223333",
  "error invalid role/111122223333/invalid",
  "error invalid role/111122223333/.41",
  "error unreachable role/111122223333/china",
  "error unreachable role/111122223333/elsewhere",
  "error node-name role/111122223333/node",
  "warning node-name role/111122223333/fixed-node",
  "warning shadowed role/111122223333/denied",
  "warning covered-pattern pattern/111122223333",
  "warning system-name role/111122223333/anonymous",
  "warning account-wide account/444455556666",
  "warning account-wide pattern/111122223333",
  "warning account-wide pattern/any",
  "warning expired role/111122223333/gone",
  "warning masters pattern/111122223333",
  "info expires-soon role/111122223333/soon",
  "info masters sso/111122223333/clusteradmin",
  "info masters user/111122223333/root",
  "info permission-set-role role/111122223333/awsreservedsso_view_0123456789abcdef",
  "info pinned ",
];

const cluster = useCluster(WRONG, "all");

test("lint reports each problem once and nothing else", async () => {
  const { out } = await exits(
    cluster.mappings("lint -o json", { now: NOW }),
    1,
    "7 errors, 10 warnings, 5 notes.\n",
  );
  const found: Record<"level" | "rule" | "where", string>[] = JSON.parse(out);
  assert.deepEqual(
    found.map(({ level, rule, where }) => `${level} ${rule} ${where}`).toSorted(),
    EXPECTED.toSorted(),
  );
  assert.deepEqual([...new Set(found.map(({ level }) => level))], ["error", "warning", "info"]);
});

test("lint reports a SecureString and parameter names that the function never reads", async () => {
  cluster.store.put(`${PREFIX}/role/111122223333/secret`, "{}", { type: "SecureString" });
  const ignored = [
    "roles/111122223333/x",
    "sso/111122223333/.61dmins",
    `sso/111122223333/${"a".repeat(33)}`,
  ];
  for (const name of ignored) cluster.store.put(`${PREFIX}/${name}`, "{}");
  const { out } = await cluster.mappings(["lint"], { now: NOW });
  assert.match(
    out,
    /error +invalid +role\/111122223333\/secret +a SecureString: it must be of type String\n/,
  );
  for (const name of ignored)
    assert.match(out, new RegExp(`error +invalid +${name} +not a mapping: the auth`));
});

const HOME = "111122223333";
const ARN = arnOf("Developers");
const ROLE = `role/${HOME}/developers`;
const SESSION = `arn:aws:sts::${HOME}:assumed-role/Developers/mallory`;
const CONTEXT: ReviewSettings = {
  prefix: PREFIX,
  partition: "aws",
  now: NOW,
  reservedPrefixes: [],
};

function stored(values: Record<string, unknown>): Map<string, StoredParameter> {
  const parameter = (value: unknown) => ({ value: JSON.stringify(value), secure: false });
  return new Map(
    Object.entries(values).map(([name, value]) => [`${PREFIX}/${name}`, parameter(value)]),
  );
}

async function findings(values: Record<string, unknown>, signedTokens?: "beside" | "only") {
  const all = await lint(stored(values), { ...CONTEXT, ...(signedTokens && { signedTokens }) });
  return all.filter(({ rule }) => rule === "no-signed-token" || rule === "chosen-claim");
}

test("a tag in a group: who chooses it, and what it may become", async () => {
  const role = { arn: "arn:aws:iam::111122223333:role/dev", username: "dev" };
  const values = {
    [`role/111122223333/dev`]: { ...role, groups: ["team:{PrincipalTag:team}"] },
    "sso/111122223333/staff": {
      username: "sso:{PrincipalTag:aws:id}",
      groups: ["team:{PrincipalTag:team}"],
    },
    "sso/111122223333/lead": {
      username: "lead",
      groups: ["team:payments", "teams:x", "team:{PrincipalTag:unit}"],
    },
    "user/111122223333/jane": {
      arn: "arn:aws:iam::111122223333:user/jane",
      username: "jane",
      groups: ["cost:{PrincipalTag:Cost Center}"],
    },
    "sso/111122223333/old": {
      username: "old",
      groups: ["team:old"],
      notAfter: "2020-01-01T00:00:00Z",
    },
  };
  const of = async (signedTokens: "beside" | "only" | undefined, rule: string) => {
    const all = await lint(stored(values), { ...CONTEXT, ...(signedTokens && { signedTokens }) });
    return all
      .filter((found) => found.rule === rule)
      .map(({ where, message }) => `${where.split("/").at(-1)}: ${message}`);
  };
  const below = "Give no group that begins with team: more rights than the least trusted of them";
  const center =
    "administrators of IAM Identity Center, SCIM and the identity provider choose the value, an attribute for access control";
  assert.deepEqual(await of("only", "chosen-claim"), [
    `dev: group team:{PrincipalTag:team}: anyone who may tag the principal, and anyone who may assume the role chooses the value, unless its trust policy restricts sts:TagSession. ${below}`,
    `staff: username sso:{PrincipalTag:aws:id}: ${center}`,
    `staff: group team:{PrincipalTag:team}: ${center}. ${below}`,
    `lead: group team:{PrincipalTag:unit}: ${center}. ${below}`,
    `jane: group cost:{PrincipalTag:Cost Center}: anyone who may tag the user chooses the value. ${below.replace("team:", "cost:")}`,
  ]);
  assert.deepEqual(await of("only", "space-in-name"), []);
  assert.deepEqual(await of("only", "needs-signed-token"), []);
  const other = await of("beside", "needs-signed-token");
  assert.deepEqual([other.length, (await of(undefined, "needs-signed-token")).length], [4, 4]);
  assert.equal(
    other[0],
    "dev: {PrincipalTag:team} is only in AWS-signed tokens: k8s-aws-v1. tokens, such as those of aws eks get-token, are denied",
  );
  assert.deepEqual(await of("only", "group-below-tag"), [
    "dev: group team:{PrincipalTag:team}: team:{PrincipalTag:unit} of sso/111122223333/lead can become it, with the right value of the tag",
    "staff: group team:{PrincipalTag:team}: team:{PrincipalTag:unit} of sso/111122223333/lead can become it, with the right value of the tag",
    "lead: group team:payments: team:{PrincipalTag:team} of arn:aws:iam::111122223333:role/dev can become it, with the right value of the tag",
    "lead: group team:{PrincipalTag:unit}: team:{PrincipalTag:team} of arn:aws:iam::111122223333:role/dev can become it, with the right value of the tag",
  ]);
  assert.deepEqual(await of("only", "reserved-tag-key"), [
    "staff: {PrincipalTag:aws:id} never has a value: the keys of session tags cannot begin with aws:",
  ]);
});

test("a denial of the session name that a program gives every session denies all its users", () => {
  const review: ReviewSettings = {
    prefix: PREFIX,
    partition: "aws",
    now: NOW,
    reservedPrefixes: [],
  };
  const sessions = ["EKSGetTokenAuth", "alice", "botocore-session-1790000000"];
  const denials = sessions.map((name) => ({
    arnLike: `arn:aws:sts::111122223333:assumed-role/Dev/${name}`,
  }));
  const value = JSON.stringify(denials);
  const found = lint(new Map([[`${PREFIX}/deny/111122223333`, { value, secure: false }]]), review);
  const message =
    "the denial of session EKSGetTokenAuth denies all users of aws eks get-token --role-arn, which gives every session this name";
  const expected = {
    level: "warning",
    rule: "program-session",
    where: "deny/111122223333",
    message,
  };
  assert.deepEqual(
    found.filter(({ rule }) => rule === "program-session"),
    [expected],
  );
});

test("a username with a tag or a source identity says who can choose the value", async () => {
  for (const [username, message] of [
    [
      "t:{PrincipalTag:team}",
      /anyone who may tag the principal, and anyone who may assume the .* sts:TagSession$/,
    ],
    ["s:{SourceIdentity}", /: anyone who may assume the role .* restricts sts:SetSourceIdentity$/],
    ["a:{SourceIdentity}:{PrincipalTag:x}", /sts:TagSession and sts:SetSourceIdentity$/],
  ] as const) {
    const [found] = await findings({ [ROLE]: { arn: ARN, username } });
    assert.match(`${found?.level} ${found?.message}`, new RegExp(`^warning .*${message.source}`));
  }
  assert.deepEqual(
    await findings({ [ROLE]: { arn: ARN, username: "id-{IdentityStoreUserId}" } }),
    [],
  );
});

test("what no AWS-signed token can use is reported only if the function accepts such tokens", async () => {
  const values = {
    [ROLE]: { arn: ARN, username: "dev:{SessionName}" },
    [`role/${HOME}/pinned`]: role("Pinned", { principalId: "AROA12345678901234567" }),
    [`role/${HOME}/plain`]: role("Plain"),
    [`role/${HOME}/ended`]: role("Ended", {
      username: "{AccessKeyID}",
      notAfter: "2026-01-01T00:00:00Z",
    }),
    [`root/${HOME}`]: { arn: `arn:aws:iam::${HOME}:root`, username: "root" },
    [`sso-session/${HOME}/view`]: [{ session: "ann@example.com", username: "ann" }],
    [`deny/${HOME}`]: [{ arnLike: SESSION }, { arnLike: `arn:aws:iam::${HOME}:role/Other` }],
  };
  const places = [
    ROLE,
    `deny/${HOME}`,
    `role/${HOME}/pinned`,
    `root/${HOME}`,
    `sso-session/${HOME}/view`,
  ];
  for (const [signedTokens, level] of [
    [undefined],
    ["beside", "info"],
    ["only", "warning"],
  ] as const) {
    const lines = (await findings(values, signedTokens)).map(
      (finding) => `${finding.level} ${finding.where}`,
    );
    const wanted = places.flatMap((where) => (level === undefined ? [] : `${level} ${where}`));
    assert.deepEqual(lines.toSorted(), wanted.toSorted());
  }
});
