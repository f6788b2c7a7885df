// The parameter names of an identity: valid in Parameter Store, few, and never those of another identity.
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
  permissionSetOf,
} from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../../../functions/authenticator/mapping/read-name.ts";
import { HOME, OTHER, PREFIX, roleIdentity, verified } from "../fixtures.ts";

/** The maximum that settings allow: 12 levels. */
const LONGEST_PREFIX = `/${"a".repeat(40)}`.repeat(11).concat("/b");
/** Every character that IAM allows in a name. */
const CHARS = [..."ABCXYZabcxyz0189+=,.@_-"];
const iamName = fc.string({ unit: fc.constantFrom(...CHARS), minLength: 1, maxLength: 128 });

function names(identity = verified("bob"), prefix = PREFIX): string[] {
  return candidates(prefix, identity).map(({ parameter }) => parameter);
}

test("a role has the deny lists, its own name, the patterns and its account", () => {
  assert.deepEqual(candidates(PREFIX, verified("bob")), [
    { place: "deny-account", parameter: `${PREFIX}/deny/${HOME}` },
    { place: "deny-any", parameter: `${PREFIX}/deny/any` },
    { place: "exact", parameter: `${PREFIX}/role/${HOME}/developers` },
    { place: "pattern-account", parameter: `${PREFIX}/pattern/${HOME}` },
    { place: "pattern-any", parameter: `${PREFIX}/pattern/any` },
    { place: "account", parameter: `${PREFIX}/account/${HOME}` },
  ]);
});

test("a permission set's role also has the permission set", () => {
  assert.deepEqual(candidates(PREFIX, verified("carol")).slice(2, 5), [
    { place: "exact", parameter: `${PREFIX}/role/${HOME}/awsreservedsso_clusteradmin_0123456789abcdef` },
    { place: "sso-session", parameter: `${PREFIX}/sso-session/${HOME}/clusteradmin` },
    { place: "sso", parameter: `${PREFIX}/sso/${HOME}/clusteradmin` },
  ]);
});

test("a user, root and a federated user each have a separate kind, and no path in the name", () => {
  assert.equal(names(verified("alice"))[2], `${PREFIX}/user/${HOME}/alice`);
  assert.equal(names(verified("root"))[2], `${PREFIX}/root/${HOME}`);
  assert.equal(names(verified("federated"))[2], `${PREFIX}/federated-user/${HOME}/dave`);
});

test("a user with the name of a permission set's role does not have the permission set", () => {
  const Arn = `arn:aws:iam::${HOME}:user/AWSReservedSSO_Admin_0123456789abcdef`;
  const user = verifyIdentity({ Account: HOME, Arn, UserId: "AIDAX" }, "aws", "A");
  assert.ok(candidates(PREFIX, user).every(({ place }) => !place.startsWith("sso")));
});

test("every name except those of the patterns and the deny list of any contains the account", () => {
  for (const name of names(verified("carol"))) {
    assert.ok(name.split("/").includes(HOME) || /\/(pattern|deny)\/any$/.test(name), name);
  }
});

test("a name is lower-cased, and each character that Parameter Store refuses becomes a dot and two hex digits", () => {
  assert.equal(encodeName("Ops.Team+EU=1,2@x_y-z"), "ops.2eteam.2beu.3d1.2c2.40x_y-z");
  assert.equal(encodeName(""), "");
});

test("every other byte becomes a dot and two hex digits", () => {
  assert.equal(encodeName("\n /{"), ".0a.20.2f.7b");
  assert.equal(encodeName("\u00e9"), ".c3.a9");
});

test("encoded names are valid in Parameter Store", () => {
  fc.assert(
    fc.property(fc.oneof(iamName, fc.string({ unit: "binary", minLength: 1 })), (name) => {
      assert.match(encodeName(name), /^(?:[a-z0-9_-]|\.[0-9a-f]{2})+$/);
    }),
    { numRuns: 10_000 },
  );
});

test("encoded names are equal if and only if the lower-cased names are", () => {
  fc.assert(
    fc.property(iamName, iamName, fc.nat({ max: 22 }), (a, b, at) => {
      assert.equal(encodeName(a), encodeName(a.toUpperCase()));
      assert.equal(encodeName(a) === encodeName(b), a.toLowerCase() === b.toLowerCase());
      const near = a.slice(0, at) + a.slice(at + 1);
      assert.equal(encodeName(a) === encodeName(near), a.toLowerCase() === near.toLowerCase());
      const decoded = encodeName(a).replace(/\.(..)/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      assert.equal(decoded, a.toLowerCase());
    }),
    { numRuns: 10_000 },
  );
});

test("names for which an encoding could be ambiguous remain different", () => {
  for (const [a, b] of [
    ["a.2b", "a+"],
    [".", "2e"],
    ["a.", "a.2e"],
    ["a+b", "a.2bb"],
    ["@1", ".401"],
  ] as const) {
    assert.notEqual(encodeName(a), encodeName(b));
  }
});

test("a review reads at most eight names, which a permission set's role has", () => {
  assert.equal(names(verified("carol")).length, 8);
  for (const who of ["alice", "bob", "root", "federated", "node"]) assert.equal(names(verified(who)).length, 6, who);
});

test("candidates are at most ten different valid names, even with the longest prefix", () => {
  fc.assert(
    fc.property(iamName, fc.constantFrom("role", "user", "federated-user"), (name, kind) => {
      const arn = { role: `sts::${HOME}:assumed-role/${name}/s`, user: `iam::${HOME}:user/a/${name}` };
      const Arn = `arn:aws:${kind === "federated-user" ? `sts::${HOME}:federated-user/${name}` : arn[kind]}`;
      const UserId = { role: "AROAX:s", user: "AIDAX", "federated-user": `${HOME}:${name}` }[kind];
      const all = names(verifyIdentity({ Account: HOME, Arn, UserId }, "aws", "A"), LONGEST_PREFIX);
      assert.ok(all.length <= 10 && new Set(all).size === all.length);
      for (const parameter of all) {
        assert.match(parameter, /^(\/[A-Za-z0-9_.-]+){1,15}$/);
        assert.doesNotMatch(parameter, /^\/(aws|ssm)/i);
        // 1,011 characters including the ARN before it, which has less than 80.
        assert.ok(parameter.length < 930, parameter);
      }
    }),
    { numRuns: 10_000 },
  );
});

test("deny lists, and mappings that an operator names, have the same prefix", () => {
  assert.equal(mappingParameter(PREFIX, "sso", OTHER, "View.All"), `${PREFIX}/sso/${OTHER}/view.2eall`);
  assert.equal(mappingParameter(PREFIX, "pattern", "any"), `${PREFIX}/pattern/any`);
  assert.equal(denyParameter(PREFIX, OTHER), `${PREFIX}/deny/${OTHER}`);
  assert.equal(denyParameter(PREFIX, "any"), `${PREFIX}/deny/any`);
  assert.equal(mappingParameter(PREFIX, "root", HOME), `${PREFIX}/root/${HOME}`);
});

test("a permission set's name is between the prefix and 16 lower-case hex digits", () => {
  const hex = "0123456789abcdef";
  assert.equal(permissionSetOf(`AWSReservedSSO_View_${hex}`), "View");
  assert.equal(permissionSetOf(`AWSReservedSSO_V_${hex}`), "V");
  assert.equal(permissionSetOf(`AWSReservedSSO_View_Admin_${hex}`), "View_Admin");
  assert.equal(permissionSetOf(`AWSReservedSSO_a+=,.@-_b_${hex}`), "a+=,.@-_b");
  assert.equal(permissionSetOf(`AWSReservedSSO_View_${hex}_${hex}`), `View_${hex}`);
  assert.equal(permissionSetOf(`AWSReservedSSO_${"a".repeat(32)}_${hex}`), "a".repeat(32));
  for (const name of [
    ...["View", "AWSReservedSSO_View", `AWSReservedSSO__${hex}`, `AWSReservedSSO_${hex}`, `AWSReservedSSO_View${hex}`],
    ...[
      `AWSReservedSSO_View_${hex}0`,
      `AWSReservedSSO_View_${hex.slice(1)}`,
      `AWSReservedSSO_View_${hex.toUpperCase()}`,
    ],
    ...[`xAWSReservedSSO_View_${hex}`, `awsreservedsso_View_${hex}`, `AWSReservedSSO_View_${hex}\n`],
    ...[`AWSReservedSSO_${"a".repeat(33)}_${hex}`, `AWSReservedSSO_View_g${hex.slice(1)}`],
  ]) {
    assert.equal(permissionSetOf(name), undefined, name);
  }
  assert.ok(candidates(PREFIX, roleIdentity("AWSReservedSSO_View")).every(({ place }) => !place.startsWith("sso")));
});

test("a name is parsed only if the function reads it", () => {
  const read = (name: string) => readName(PREFIX, `${PREFIX}/${name}`)?.name;
  fc.assert(
    fc.property(iamName, (name) => {
      assert.equal(read(`role/${HOME}/${encodeName(name)}`), name.toLowerCase());
    }),
  );
  assert.equal(read(`sso/${HOME}/view.40only`), "view@only");
  const long = "a".repeat(33);
  const ignored = [
    "role/.61dmin",
    "role/.40.4",
    "role/a.",
    "role/.c3",
    "sso/.61dmins",
    `sso/${long}`,
    "sso-session/.21",
  ];
  for (const name of ignored) assert.equal(read(name.replace("/", `/${HOME}/`)), undefined, name);
  assert.equal(read(`role/${HOME}/${long}`), long);
});
