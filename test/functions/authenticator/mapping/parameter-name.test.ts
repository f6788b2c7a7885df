// The parameter names of an identity: valid in Parameter Store, few, and never those of another
// identity.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import {
  candidates,
  denyParameter,
  encodeName,
  mappingParameter,
  permissionSetInAnyCase,
  permissionSetOf,
  readName,
} from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { HOME, OTHER, PREFIX, verified } from "../fixtures.ts";

/** The maximum that settings allow: 12 levels. */
const LONGEST_PREFIX = `/${"a".repeat(40)}`.repeat(11).concat("/b");
/** Every character that IAM allows in a name. */
const CHARS = [..."ABCXYZabcxyz0189+=,.@_-"];
const iamName = fc.string({ unit: fc.constantFrom(...CHARS), minLength: 1, maxLength: 128 });
const RUNS = { numRuns: 1_000, seed: 1 };
const HEX = "0123456789abcdef";

// biome-ignore format: a table
const ROWS = [
  ["bob", ["exact", `role/${HOME}/developers`]],
  ["alice", ["exact", `user/${HOME}/alice`]],
  ["root", ["exact", `root/${HOME}`]],
  ["federated", ["exact", `federated-user/${HOME}/dave`]],
  ["node", ["exact", `role/${HOME}/clusternode`]],
  ["carol", ["exact", `role/${HOME}/awsreservedsso_clusteradmin_${HEX}`], ["sso-session", `sso-session/${HOME}/clusteradmin`], ["sso", `sso/${HOME}/clusteradmin`]],
] as const;
for (const [who, ...own] of ROWS) {
  test(`${who} has at most eight names, in the order of precedence`, () => {
    const expected = [
      ["deny-account", `deny/${HOME}`],
      ["deny-any", "deny/any"],
      ...own,
      ["pattern-account", `pattern/${HOME}`],
      ["pattern-any", "pattern/any"],
      ["account", `account/${HOME}`],
    ] as const;
    const wanted = expected.map(([place, name]) => ({ place, parameter: `${PREFIX}/${name}` }));
    assert.deepEqual(candidates(PREFIX, verified(who)), wanted);
    for (const { parameter } of candidates(LONGEST_PREFIX, verified(who))) {
      assert.match(parameter, /^(\/[A-Za-z0-9_.-]+){1,15}$/);
      // 1,011 characters including the ARN before it, which has less than 80, and with a name of
      // 128 encoded characters.
      assert.ok(parameter.length + 384 < 930, parameter);
    }
  });
}

test("a user with the name of a permission set's role does not have the permission set", () => {
  const Arn = `arn:aws:iam::${HOME}:user/AWSReservedSSO_Admin_${HEX}`;
  const user = verifyIdentity({ Account: HOME, Arn, UserId: "AIDAX" }, "aws", "A");
  assert.ok(candidates(PREFIX, user).every(({ place }) => !place.startsWith("sso")));
});

test("a name is lower-cased, and each other byte becomes a dot and two hex digits", () => {
  for (const [name, encoded] of [
    ["Ops.Team+EU=1,2@x_y-z", "ops.2eteam.2beu.3d1.2c2.40x_y-z"],
    ["", ""],
    ["\n /{", ".0a.20.2f.7b"],
    ["\u00e9", ".c3.a9"],
    // Names for which an encoding could be ambiguous
    ["a.2b", "a.2e2b"],
    ["a+", "a.2b"],
    [".", ".2e"],
    ["@1", ".401"],
    [".401", ".2e401"],
  ] as const) {
    assert.equal(encodeName(name), encoded);
  }
});

test("encoded names are equal if and only if the lower-cased names are", () => {
  fc.assert(
    fc.property(
      iamName,
      iamName,
      fc.nat({ max: 22 }),
      fc.string({ unit: "binary", minLength: 1 }),
      (a, b, at, any) => {
        for (const name of [a, any])
          assert.match(encodeName(name), /^(?:[a-z0-9_-]|\.[0-9a-f]{2})+$/);
        for (const other of [a.toUpperCase(), b, a.slice(0, at) + a.slice(at + 1)]) {
          assert.equal(
            encodeName(a) === encodeName(other),
            a.toLowerCase() === other.toLowerCase(),
          );
        }
        assert.equal(
          readName(PREFIX, `${PREFIX}/role/${HOME}/${encodeName(a)}`)?.name,
          a.toLowerCase(),
        );
      },
    ),
    RUNS,
  );
});

test("deny lists, and mappings that an operator names, have the same prefix", () => {
  assert.equal(
    mappingParameter(PREFIX, "sso", OTHER, "View.All"),
    `${PREFIX}/sso/${OTHER}/view.2eall`,
  );
  assert.equal(mappingParameter(PREFIX, "pattern", "any"), `${PREFIX}/pattern/any`);
  for (const account of [OTHER, "any"])
    assert.equal(denyParameter(PREFIX, account), `${PREFIX}/deny/${account}`);
});

// SSORoleMatch of aws-iam-authenticator ends with a wildcard for the role's suffix, so that a set
// `View` matches `View_Admin`.
test("a permission set's name is exactly what is between the prefix and 16 lower-case hex digits", () => {
  for (const set of ["View", "V", "View_Admin", "a+=,.@-_b", `View_${HEX}`, "a".repeat(32)]) {
    assert.equal(permissionSetOf(`AWSReservedSSO_${set}_${HEX}`), set);
    assert.equal(permissionSetInAnyCase(`awsreservedsso_${set}_${HEX.toUpperCase()}`), set);
  }
  for (const name of [
    ...[
      `AWSReservedSSO__${HEX}`,
      `AWSReservedSSO_${HEX}`,
      `AWSReservedSSO_View${HEX}`,
      `xAWSReservedSSO_View_${HEX}`,
    ],
    ...[HEX.slice(1), HEX.toUpperCase(), `${HEX}\n`, `g${HEX.slice(1)}`].map(
      (end) => `AWSReservedSSO_View_${end}`,
    ),
    ...[
      `AWSReservedSSO_${"a".repeat(33)}_${HEX}`,
      `awsreservedsso_View_${HEX}`,
      `View_${HEX}`,
      "AWSReservedSSO_View",
    ],
    `AWSReservedSSO_View_${HEX}x`,
  ]) {
    assert.equal(permissionSetOf(name), undefined, name);
    if (name.includes("__")) assert.equal(permissionSetInAnyCase(name), undefined);
  }
});

test("a name is parsed only if the function reads it", () => {
  const read = (name: string) =>
    Object.values(readName(PREFIX, `${PREFIX}/${name}`) ?? {}).join(" ");
  const long = "a".repeat(33);
  for (const [name, address] of [
    [`root/${HOME}`, `root ${HOME} `],
    [`account/${HOME}`, `account ${HOME} `],
    [`deny/${HOME}`, `deny ${HOME} `],
    ["pattern/any", "pattern any "],
    [`role/${HOME}/ops.2b`, `role ${HOME} ops+`],
    [`role/${HOME}/${long}`, `role ${HOME} ${long}`],
    [`sso/${HOME}/view.40only`, `sso ${HOME} view@only`],
  ] as const) {
    assert.equal(read(name), address);
    for (const other of [`x/${name}`, `/${name}/`, `${name.replace("1", "x")}1`])
      assert.equal(read(other), "", other);
  }
  for (const name of [
    "role/.61dmin",
    "role/.40.4",
    "role/a.",
    "role/.c3",
    "sso/.61dmins",
    `sso/${long}`,
  ]) {
    assert.equal(read(name.replace("/", `/${HOME}/`)), "", name);
  }
  assert.equal(read(`sso-session/${HOME}/.21`), "");
});
