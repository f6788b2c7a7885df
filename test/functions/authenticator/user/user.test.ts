// The Kubernetes user of an identity: rendered by its mapping, and denied if a name is not
// acceptable.

import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  SignedClaims,
  VerifiedIdentity,
} from "../../../../functions/authenticator/identity/identity.ts";
import type { Mapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import { type NodeName, renderUser } from "../../../../functions/authenticator/user/user.ts";
import { fault, isAuthenticatorError } from "../../../../functions/errors.ts";
import { HOME, verified } from "../fixtures.ts";

const NODE = "{EC2PrivateDNSName}";
const BOB = `arn:aws:iam::${HOME}:role/Developers`;
const notAsked = (): Promise<NodeName> => assert.fail("EC2 was asked without need");
const OPTIONS = {
  ...{ who: "bob", reserved: [] as readonly string[], node: notAsked },
  claims: undefined as SignedClaims | undefined,
  /** Replaces members of the identity. */
  changes: {} as Partial<VerifiedIdentity>,
};
type Options = Partial<typeof OPTIONS>;

function render(mapping: Mapping, options: Options = {}) {
  const { who, reserved, node, claims, changes } = { ...OPTIONS, ...options };
  const identity = { ...verified(who), ...(claims && { claims }), ...changes };
  const selected = { mapping, parameter: "/p/exact", tried: "tried /p/exact /p/account" };
  return renderUser(selected, identity, reserved, node);
}

/**
 * Each denial names the canonical ARN and the parameters that were tried, but not the refused name.
 */
async function assertDenied(
  code: string,
  mapping: Mapping,
  options: Options = {},
  reason = "",
): Promise<void> {
  const { canonicalArn } = verified(options.who ?? "bob");
  await assert.rejects(render(mapping, options), (error) => {
    assert.ok(isAuthenticatorError(error), String(error));
    assert.equal(error.code, code, JSON.stringify(mapping));
    assert.ok(
      error.message.includes(canonicalArn) && error.message.includes(reason),
      error.message,
    );
    assert.match(
      error.message,
      /^[^\p{Cc}\u2028\u2029]*[,;] mapped by \/p\/exact; tried \/p\/exact \/p\/account$/u,
    );
    return !error.message.includes("secret");
  });
}

const named = (name: string) => [{ username: name }, { username: "x", groups: ["y", name] }];

test("username and groups are rendered, and groups are optional", async () => {
  for (const [mapping, username, groups = [], who] of [
    [
      { username: "dev:{SessionName}", groups: ["g", "a-{AccountID}"] },
      "dev:bob-example.com",
      ["g", `a-${HOME}`],
    ],
    [{ username: "dev" }, "dev"],
    [{}, BOB],
    [{}, `arn:aws:iam::${HOME}:user/engineering/alice`, [], "alice"],
    // No prefix is reserved by default.
    [{ username: "system:admin", groups: ["system:masters"] }, "system:admin", ["system:masters"]],
    [
      { username: "a \u0020~\u00a0\u00e9\u2027\u202a\u{1f600}" },
      "a \u0020~\u00a0\u00e9\u2027\u202a\u{1f600}",
    ],
  ] as const) {
    assert.deepEqual(await render(mapping, { who: who ?? "bob" }), { username, groups });
  }
});

test("a placeholder without a value for this identity denies, in username and in a group", async () => {
  for (const mapping of [...named("x:{SessionName}"), ...named("{SessionNameRaw}")])
    for (const who of ["alice", "root", "federated"])
      await assertDenied("placeholder_without_value", mapping, { who });
});

test("claim placeholders are rendered", async () => {
  const claims = {
    identityStoreUserId: "9067-x",
    sourceIdentity: "jane@x",
    principalTags: { "Cost Center": "red" },
  };
  const username = "{IdentityStoreUserId}:{SourceIdentity}:{PrincipalTag:Cost Center}";
  assert.deepEqual(await render({ username }, { claims }), {
    username: "9067-x:jane@x:red",
    groups: [],
  });
});

test("a claim placeholder denies without a value and with other characters", async () => {
  const claims = { identityStoreUserId: undefined, sourceIdentity: "secret:x", principalTags: {} };
  for (const [code, username, reason] of [
    ["token_lacks_session", NODE, `an AWS-signed token has no value for ${NODE}, for `],
    [
      "token_lacks_claims",
      "{IdentityStoreUserId}",
      "the token has no value for {IdentityStoreUserId}, for ",
    ],
    [
      "name_refused",
      "{SourceIdentity}",
      "the value of {SourceIdentity} must have only A-Za-z0-9_.@+=- (1 to 128), ",
    ],
  ] as const) {
    await assertDenied(code, { username }, { claims }, reason);
  }
});

const TEAM = "team:{PrincipalTag:team}";
const tagged = (principalTags: Record<string, unknown>): SignedClaims => {
  return { identityStoreUserId: undefined, sourceIdentity: undefined, principalTags };
};

test("a group with a tag is rendered, and left out without the tag", async () => {
  const mapping = { username: "x", groups: ["a", TEAM, "org:{PrincipalTag:Cost Center}", "b"] };
  for (const [tags, groups] of [
    [{ team: "payments", "Cost Center": "7" }, ["a", "team:payments", "org:7", "b"]],
    [{ team: "payments", Team: "x", other: "a:b" }, ["a", "team:payments", "b"]],
    [{}, ["a", "b"]],
    [Object.create({ team: "payments" }), ["a", "b"]],
  ] as const)
    assert.deepEqual(await render(mapping, { claims: tagged(tags) }), { username: "x", groups });
});

test("a group with a tag denies with other characters than those of names", async () => {
  const mapping = { username: "x", groups: ["a", TEAM] };
  const reason = "the value of {PrincipalTag:team} must have only A-Za-z0-9_.@+=- (1 to 128), ";
  for (const team of [
    "",
    "secret:x",
    "a b",
    "secret\u0000",
    "x".repeat(129),
    "pаyments",
    1,
    null,
    ["a"],
    {},
    true,
  ])
    await assertDenied("name_refused", mapping, { claims: tagged({ team }) }, reason);
  for (const who of ["bob", "alice"])
    await assertDenied(
      "token_lacks_claims",
      mapping,
      { who },
      "the token has no value for {PrincipalTag:team}, for ",
    );
});

test("the text before a tag must not begin with a reserved prefix, with the tag and without it", async () => {
  const mapping = { username: "x", groups: [TEAM] };
  for (const tags of [{ team: "payments" }, {}]) {
    const options = { claims: tagged(tags), reserved: ["team:"] };
    await assertDenied(
      "name_refused",
      mapping,
      options,
      "a group begins with the reserved prefix team:",
    );
  }
  const reserved = ["team:admin"];
  await assertDenied("name_refused", mapping, { claims: tagged({ team: "admins" }), reserved });
  await assert.doesNotReject(render(mapping, { claims: tagged({ team: "payments" }), reserved }));
});

test("EC2 is called only if a placeholder needs it, and only once", async () => {
  for (const [username, groups] of [
    [`system:node:${NODE}`, [NODE]],
    ["x", [NODE]],
  ] as const) {
    const names = ["ip-10-0-0-1"];
    const node = async () => ({ name: names.pop() ?? assert.fail("asked again") });
    const user = { username: username.replace(NODE, "ip-10-0-0-1"), groups: ["ip-10-0-0-1"] };
    assert.deepEqual(await render({ username, groups }, { who: "node", node }), user);
  }
});

test("a session name that is not an instance id is denied without a call to EC2", async () => {
  const reason = " is not verified as a node: the session name is not an instance id; mapped by ";
  const denies = (changes: Partial<VerifiedIdentity>) =>
    assertDenied("node_not_verified", { username: NODE }, { who: "node", changes }, reason);
  for (const sessionName of [
    ...["", "i-", "i-0123456", "i-012345678", "i-0123456789abcdef01", "I-0123456789abcdef0"],
    ...["i-0123456789ABCDEF0", "i-0123456789abcdefg", "xi-0123456789abcdef0", "i-01234567 "],
    ...["i-0123456789abcdef0,i-01234567", "mi-0123456789abcdef0", "ip-10-0-0-1.ec2.internal"],
  ]) {
    await denies({ sessionName });
  }
  await denies({ kind: "user" });
  await denies({ sessionName: undefined });
  await denies({ principalId: undefined });
  for (const who of ["bob", "alice", "root", "federated"])
    await assertDenied("node_not_verified", { username: NODE }, { who }, reason);
});

test("an unproven node is denied with the reason, and a failure of EC2 is a fault", async () => {
  const node = async () => ({ refusal: "instance i-1 is not running" });
  const reason = " is not verified as a node: instance i-1 is not running; mapped by ";
  for (const mapping of named(NODE))
    await assertDenied("node_not_verified", mapping, { who: "node", node }, reason);
  const down = () => Promise.reject(fault("instances_unavailable", "down"));
  await assert.rejects(render({ username: NODE }, { who: "node", node: down }), {
    code: "instances_unavailable",
  });
});

// kube-apiserver accepts an empty username.
test("a username or group that is empty after rendering is refused", async () => {
  const node = async () => ({ name: "" });
  for (const mapping of [...named(NODE), { username: "" }]) {
    await assertDenied("name_refused", mapping, { who: "node", node }, " is empty, for ");
  }
});

test("control characters are refused in username and groups: C0, DEL, C1, U+2028 and U+2029", async () => {
  const c0 = Array.from({ length: 32 }, (_, code) => code);
  for (const code of [...c0, 0x7f, ...c0.map((c) => 0x80 + c), 0x2028, 0x2029]) {
    for (const mapping of named(`secret${String.fromCharCode(code)}b`)) {
      await assertDenied("name_refused", mapping, {}, " contains a control character, for ");
    }
  }
});

test("reserved prefixes are checked in the username and every group (PR #1047)", async () => {
  const reserved = ["system:", "eks:", "bob", "arn:"];
  for (const [name, prefix] of [
    ["system:admin", "system:"],
    ["eks:", "eks:"],
    ["{SessionName}", "bob"],
    ["{SessionNameRaw}", "bob"],
  ] as const) {
    for (const mapping of named(name)) {
      await assertDenied(
        "name_refused",
        mapping,
        { reserved },
        ` begins with the reserved prefix ${prefix}, for `,
      );
    }
  }
  await assertDenied("name_refused", {}, { reserved });
  for (const name of ["eksb:x", "eks", "my-system:x", "not eks:", "System:", "dev:{SessionName}"]) {
    for (const mapping of named(name))
      await assert.doesNotReject(render(mapping, { reserved }), name);
  }
});
