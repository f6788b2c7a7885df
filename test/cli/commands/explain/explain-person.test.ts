// `explain <person>`: as whom a name was seen to log in, what it could be by each mapping, what a
// denial leaves, and its exit code.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeName } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { cli } from "../../cli.ts";
import { exits, prints, refuses, useCluster } from "../mappings/cluster.ts";
import { LOG_GROUP, lineOf, loggedServices, NOW } from "../reviews/services.ts";

const [A, B] = ["111122223333", "444455556666"] as const;
const JANE = "jane@example.com";
const mapped = (kind: "role" | "user", name: string, more: object = {}) => ({
  [`${kind}/${A}/${encodeName(name)}`]: {
    arn: `arn:aws:iam::${A}:${kind}/${name}`,
    username: `${name.toLowerCase()}:x`,
    ...more,
  },
});
const SET = {
  [`sso/${A}/admin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
};
const cluster = useCluster();
const put = (values: Readonly<Record<string, unknown>>) => {
  for (const [name, value] of Object.entries(values)) cluster.put(name, value);
};
/** The log cannot be read. */
const environment = { AWS_MAX_ATTEMPTS: "1" };
const explain = (words: string, options: object = {}) =>
  cli(`explain -c prod ${words}`, { environment, ...options });
const deny = (words: string) => exits(cluster.mappings(`deny ${words} -y`), 0);
const NOT_READ =
  /^Not read: granted reviews in the log\. No connection to 127\.0\.0\.1 port 9 .*\n/;

test("a stranger's name was not seen, and each mapping has one row", async () => {
  put({
    ...mapped("role", "Developers", { username: "dev:{SessionName}", groups: ["developers"] }),
    ...mapped("user", "alice"),
    ...SET,
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/ops-*", username: "ops:{AccountID}" }],
    [`account/${B}`]: {},
  });
  await prints(
    explain("stranger"),
    `Not known whether stranger logs in: no mapping is for this name only, and the function's log was not read.

A session, IAM user or federated user named stranger would be:
IF A                           OF                                     WOULD BE  USERNAME        GROUPS
session, user, federated user  account/444455556666                   granted   its ARN
session                        pattern/any arn:aws:iam::*:role/ops-*  granted   ops:<account>
session                        role/111122223333/developers           granted   dev:stranger    developers
session                        sso/111122223333/admin                 granted   admin:stranger  system:masters

The caller that assumes a role chooses the session's name. So these rows prove nothing about stranger: account/444455556666, pattern/any arn:aws:iam::*:role/ops-*, role/111122223333/developers.
`,
    NOT_READ,
  );
});

test("a name is known from a mapping, a session's entry or a granted review", async () => {
  put({
    ...mapped("user", "jane@example.com", { username: "jane" }),
    ...SET,
    [`sso-session/${A}/admin`]: [{ session: "Jane@Example.com", username: "j", groups: ["view"] }],
    ...mapped("user", "gone", { notAfter: "2020-01-01T00:00:00Z" }),
  });
  const arn = `arn:aws:sts::${A}:assumed-role/Developers/JANE@example.com`;
  const record = { user: { username: "dev:jane", groups: [] } };
  const minutes = (count: number) => NOW - count * 60_000;
  const logged = await loggedServices([
    lineOf({ time: minutes(90), outcome: "granted", arn, record }),
    lineOf({ time: minutes(2), outcome: "granted", arn, record }),
    lineOf({ time: minutes(1), outcome: "denied", arn }),
    lineOf({ time: minutes(1), outcome: "granted", arn: arn.replace("JANE", "mary") }),
  ]);
  try {
    Object.assign(process.env, logged.variables);
    const options = { now: NOW };
    const { out } = await exits(explain(JANE, options), 0, "");
    assert.ok(
      out.startsWith(`SEEN AS                                                             USERNAME  BY
session Jane@Example.com of sso-session/111122223333/admin          j         its mapping
arn:aws:iam::111122223333:user/jane@example.com                     jane      its mapping
arn:aws:sts::111122223333:assumed-role/Developers/JANE@example.com  dev:jane  2 granted reviews, last at 2026-11-24T16:28:00Z

`),
      out,
    );
    assert.match(
      out,
      /\nsession +sso-session\/\d+\/admin \(Jane@Example\.com\) +granted +j +view\n/,
    );
    // The set's mapping is for every other spelling.
    assert.match(
      out,
      /\nsession +sso\/\d+\/admin +granted +admin:jane-example\.com +system:masters\n/,
    );
    assert.match(
      (await explain("gone", options)).out,
      /^gone was not seen to log in: no mapping is for this name only, and the log has no granted review of it since 2026-10-25T16:30:00Z\.\n/,
    );
    const { stacks } = logged;
    const asked = stacks.requests.length;
    await exits(explain(`${JANE} --log-group ${LOG_GROUP}`, options), 0, "");
    assert.equal(stacks.requests.length, asked);
    const json = JSON.parse((await explain(`${JANE} -o json`, options)).out);
    assert.deepEqual(
      [json.name, json.seen.length, json.possible.length, json.left, json.isAccessLeft],
      [JANE, 3, 3, [], true],
    );
    assert.deepEqual(json.possible[0], {
      kinds: ["session"],
      mapping: `sso-session/${A}/admin (Jane@Example.com)`,
      verdict: "granted",
      username: "j",
      groups: ["view"],
      isDenied: false,
      isShared: false,
    });
  } finally {
    for (const name of Object.keys(logged.variables)) process.env[name] = "http://127.0.0.1:9";
    await logged.close();
  }
});

test("the exit code is 0 for each kind of person who logs in, whatever a sample would get", async () => {
  const kinds: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "a pinned user": mapped("user", JANE, { principalId: "AIDAEXAMPLE1234567" }),
    "a user with a path": {
      [`user/${A}/${encodeName(JANE)}`]: {
        arn: `arn:aws:iam::${A}:user/x/${JANE}`,
        username: "j",
      },
    },
    "a session of a pinned role": mapped("role", "Pinned", { principalId: "AROAEXAMPLE1234567" }),
    "a session with another spelling": {
      ...SET,
      [`sso-session/${A}/admin`]: [{ session: "Jane@Example.com", username: "j" }],
    },
    "a user with a path that a pattern has": {
      [`pattern/${A}`]: [{ arnLike: `arn:aws:iam::${A}:user/eng/*`, username: "{AccountID}" }],
    },
    "a session of any account": {
      "pattern/any": [{ arnLike: "arn:aws:iam::*:role/Dev*", username: "d" }],
    },
    "a user of any account": {
      "pattern/any": [{ arnLike: "arn:aws:iam::4*:user/*", username: "d" }],
    },
    "a federated user": { [`account/${A}`]: {} },
    "a session of the second pattern": {
      [`pattern/${A}`]: [
        { arnLike: `arn:aws:iam::${A}:role/any`, username: "{EC2PrivateDNSName}" },
        { arnLike: `arn:aws:iam::${A}:role/*`, username: "d" },
      ],
    },
  };
  for (const [kind, values] of Object.entries(kinds)) {
    put(values);
    const { err } = await exits(explain(JANE), 0);
    assert.match(err, NOT_READ, kind);
    // Nothing that another identity's denial covers.
    cluster.put(`deny/${A}`, [{ name: "mary" }, { arnLike: `arn:aws:iam::${A}:role/Mary` }]);
    await exits(explain(JANE), 0);
    cluster.put(`deny/${A}`, [{ name: JANE, notAfter: "2020-01-01T00:00:00Z" }]);
    await exits(explain(JANE), 0);
    cluster.put("deny/any", [{ name: JANE.toUpperCase() }]);
    await exits(explain(JANE), 1, undefined, / denied by deny\/any\b/);
    for (const name of [...Object.keys(values), `deny/${A}`, "deny/any"])
      cluster.store.remove(`/iam-authenticator/prod/${name}`);
  }
});

test("only denials that surely deny every such identity give exit code 1", async () => {
  put({
    ...mapped("role", "Developers"),
    ...SET,
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/ops-*", username: "ops" }],
  });
  const cases: readonly (readonly [code: number, lists: Readonly<Record<string, unknown>>])[] = [
    [0, { [`deny/${A}`]: [{ name: JANE }] }],
    [1, { "deny/any": [{ name: JANE }] }],
    [1, { "deny/any": [{ arnLike: `arn:aws:sts::*:assumed-role/*/${JANE}` }] }],
    [
      1,
      { "deny/any": [{ arnLike: "arn:aws:iam::*:role/OPS-*" }], [`deny/${A}`]: [{ name: JANE }] },
    ],
    [
      0,
      { "deny/any": [{ arnLike: "arn:aws:iam::*:role/ops-?*" }], [`deny/${A}`]: [{ name: JANE }] },
    ],
    [
      0,
      {
        "deny/any": [
          { arnLike: "arn:aws:iam::*:role/Developers" },
          { arnLike: "arn:aws:iam::*:role/ops-*" },
        ],
      },
    ],
    [
      1,
      {
        "deny/any": [
          { arnLike: "arn:aws:iam::*:role/Dev*" },
          { arnLike: "arn:aws:iam::*:role/ops-*" },
          { arnLike: "arn:aws:iam::*:role/AWSReservedSSO_Admin_*" },
        ],
      },
    ],
    // Until the list is valid, it denies everyone: repairing it grants access again.
    [0, { "deny/any": "{" }],
  ];
  for (const [code, lists] of cases) {
    put({ "deny/any": [], [`deny/${A}`]: [], ...lists });
    const { out } = await explain(JANE);
    assert.equal((await explain(JANE)).code, code, JSON.stringify(lists) + out);
  }
  put({ "deny/any": [], [`deny/${A}`]: [{ name: JANE }] });
  const { out } = await explain(JANE);
  assert.match(out, /\nsession +pattern\/any \S+ +in part denied by deny\/111122223333 +ops\n/);
  cluster.put("deny/any", "{");
  assert.match(
    (await explain(JANE)).out,
    /\nsession +pattern\/any \S+ +denied, denials_invalid by deny\/any\n/,
  );
});

test("after a denial, it says which identities are left", async () => {
  put({
    ...mapped("role", "Developers"),
    ...mapped("user", "jane"),
    ...SET,
    [`account/${A}`]: {},
  });
  const LEFT = /\nNot (?:denied|ended): /;
  assert.doesNotMatch((await explain("jane")).out, LEFT);
  await deny("jane");
  const { out } = await exits(explain("jane"), 1);
  const [, left = ""] =
    out
      .split("\n\n")
      .slice(-1)[0]
      ?.match(/^([\s\S]*)$/) ?? [];
  assert.equal(
    left,
    `Not denied: other session names of account/${A}, role/${A}/developers. The caller that assumes such a role chooses the name: change its trust policy, or deny the role.
Not denied: federated users. An IAM user can make one with any name (sts:GetFederationToken), and account/${A} can grant it access for 36 hours. To deny them too: npx --no -- lambda-iam-authenticator mappings deny -c prod 'arn:aws:sts::${A}:federated-user/*' --for 36h
Not ended: AWS sessions of jane. One that may write deny lists can remove the denial until it ends.
`,
  );
  await deny(`arn:aws:iam::${A}:role/Developers`);
  await deny(`arn:aws:sts::${A}:federated-user/*`);
  const less = await exits(explain("jane"), 1);
  assert.match(less.out, /\nNot denied: other session names of account\/\d+\. /);
  assert.doesNotMatch(less.out, /Not denied: federated/);
  const { left: sentences } = JSON.parse((await explain("jane -o json")).out);
  assert.equal(sentences.length, 2);
});

test("a federated user who is mapped by name can be made by any user of the account", async () => {
  put({
    ...mapped("user", "jane"),
    [`federated-user/${A}/ci`]: { arn: `arn:aws:sts::${A}:federated-user/ci`, username: "ci" },
  });
  await deny("jane");
  await exits(
    explain("jane"),
    1,
    undefined,
    /\nNot denied: federated users\. .*federated-user\/\d+\/ci can grant/,
  );
});

test("a name without mappings is a finding", async () => {
  cluster.put("sso/111122223333/admin", { username: "x", notAfter: "2020-01-01T00:00:00Z" });
  await exits(
    explain(JANE),
    1,
    /No mapping is for a session or a user named jane@example\.com: no access is left\.\n$/,
    /^Not known whether jane@example\.com logs in/,
  );
  await refuses(
    explain(`arn:aws:iam::${A}:role/Developers --log-group x`),
    "--log-group and --stack require a person's name.\n",
  );
  put(mapped("role", "Developers"));
  await refuses(
    explain("Developers"),
    '"Developers" is role/111122223333/developers. To explain it, give that name, or its ARN.\n',
  );
  const find = (who: string) =>
    `  npx --no -- lambda-iam-authenticator reviews -c prod --since 1d --who ${who}\n`;
  for (const [who, what] of [
    ["dev:bob-example.com", "a username in Kubernetes, which AWS does not know"],
    ["AKIAIOSFODNN7EXAMPLE", "the id of an access key"],
    ["AROAIOSFODNN7EXAMPLE", "the unique id of a role or a user"],
  ] as const) {
    const message = `${who} is ${what}. To find the ARN or the name that logs in with it:\n${find(who)}`;
    await refuses(explain(who), message);
    await refuses(cluster.mappings(`deny ${who} -y`), message);
  }
});
