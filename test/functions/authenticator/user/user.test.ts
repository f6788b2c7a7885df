// The Kubernetes user of an identity: rendered by its mapping, and denied if a name is not acceptable.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import { type NodeName, renderUser } from "../../../../functions/authenticator/user/user.ts";
import { fault, hasCode } from "../../../../functions/errors.ts";
import { HOME, verified } from "../fixtures.ts";

interface Options {
  readonly who?: string;
  readonly reserved?: readonly string[];
  readonly node?: () => Promise<NodeName>;
}

function notAsked(): Promise<NodeName> {
  throw new Error("EC2 was asked without need");
}

function render(mapping: Mapping, { who = "bob", reserved = [], node = notAsked }: Options = {}) {
  const selected = { mapping, parameter: "/p/exact", tried: "tried /p/exact /p/account" };
  return renderUser(selected, verified(who), reserved, node);
}

test("username and groups are rendered, and groups are optional", async () => {
  assert.deepEqual(await render({ username: "dev:{SessionName}", groups: ["g", "a-{AccountID}"] }), {
    username: "dev:bob-example.com",
    groups: ["g", `a-${HOME}`],
  });
  assert.deepEqual(await render({ username: "dev" }), { username: "dev", groups: [] });
});

test("an account mapping without username has the canonical ARN as username and no groups", async () => {
  assert.deepEqual(await render({}), { username: `arn:aws:iam::${HOME}:role/Developers`, groups: [] });
  assert.equal((await render({}, { who: "alice" })).username, `arn:aws:iam::${HOME}:user/engineering/alice`);
});

test("a placeholder without a value for this identity denies, in username and in a group", async () => {
  for (const who of ["alice", "root", "federated"]) {
    for (const name of ["SessionName", "SessionNameRaw"]) {
      for (const mapping of [{ username: `x:{${name}}` }, { username: "x", groups: ["a", `{${name}}`] }]) {
        await assert.rejects(render(mapping, { who }), { code: "placeholder_without_value" }, `${who} ${name}`);
      }
    }
  }
});

test("EC2 is called only if a placeholder needs it, and only once", async () => {
  let asked = 0;
  const node = async () => {
    asked += 1;
    return { name: "ip-10-0-0-1" };
  };
  await render({ username: "{SessionName}", groups: ["{AccountID}"] }, { who: "node", node });
  assert.equal(asked, 0);
  const mapping = { username: "system:node:{EC2PrivateDNSName}", groups: ["{EC2PrivateDNSName}"] };
  assert.deepEqual(await render(mapping, { who: "node", node }), {
    username: "system:node:ip-10-0-0-1",
    groups: ["ip-10-0-0-1"],
  });
  assert.equal(asked, 1);
  await render({ username: "x", groups: ["{EC2PrivateDNSName}"] }, { who: "node", node });
  assert.equal(asked, 2);
});

test("an unproven node is denied with the reason, and a failure of EC2 is a fault", async () => {
  const mapping = { username: "system:node:{EC2PrivateDNSName}" };
  const node = async () => ({ refusal: "instance i-1 is not running" });
  await assert.rejects(render(mapping, { node }), (error: unknown) => {
    assert.ok(hasCode(error, "node_not_verified"));
    assert.match(error.message, / is not verified as a node: instance i-1 is not running; mapped by /);
    return true;
  });
  const down = () => Promise.reject(fault("instances_unavailable", "down"));
  await assert.rejects(render(mapping, { node: down }), { code: "instances_unavailable" });
});

test("a name that is empty after rendering is refused", async () => {
  const node = async () => ({ name: "" });
  await assert.rejects(render({ username: "{EC2PrivateDNSName}" }, { node }), { code: "name_refused" });
  await assert.rejects(render({ username: "x", groups: ["{EC2PrivateDNSName}"] }, { node }), { code: "name_refused" });
  await assert.rejects(render({ username: "" }), { code: "name_refused" });
});

test("control characters are refused in username and groups: C0, DEL, C1, U+2028 and U+2029", async () => {
  const c0 = Array.from({ length: 32 }, (_, code) => code);
  const c1 = Array.from({ length: 32 }, (_, code) => 0x80 + code);
  for (const code of [...c0, 0x7f, ...c1, 0x2028, 0x2029]) {
    const name = `a${String.fromCharCode(code)}b`;
    await assert.rejects(render({ username: name }), { code: "name_refused" }, code.toString(16));
    await assert.rejects(render({ username: "x", groups: ["y", name] }), { code: "name_refused" }, code.toString(16));
  }
});

test("characters next to the control characters are accepted", async () => {
  const name = "a \u0020~\u00a0\u00e9\u2027\u202a\u{1f600}";
  assert.equal((await render({ username: name })).username, name);
});

test("no prefix is reserved by default", async () => {
  const user = { username: "system:admin", groups: ["system:masters"] };
  assert.deepEqual(await render(user), user);
});

test("reserved prefixes are checked at the beginning of the username and of every group", async () => {
  const reserved = ["system:", "eks:"];
  for (const mapping of [
    ...[{ username: "system:admin" }, { username: "eks:" }, { username: "x", groups: ["system:masters"] }],
    ...[{ username: "x", groups: ["a", "b", "eks:x"] }],
  ]) {
    await assert.rejects(render(mapping, { reserved }), { code: "name_refused" }, JSON.stringify(mapping));
  }
  for (const mapping of [
    ...[{ username: "eksb:x" }, { username: "eks" }, { username: "my-system:x", groups: ["not eks:", "System:"] }],
  ]) {
    await assert.doesNotReject(render(mapping, { reserved }), JSON.stringify(mapping));
  }
});

test("reserved prefixes are checked after rendering, including the session name", async () => {
  const reserved = ["bob"];
  await assert.rejects(render({ username: "{SessionName}" }, { reserved }), { code: "name_refused" });
  await assert.rejects(render({ username: "x", groups: ["{SessionNameRaw}"] }, { reserved }), { code: "name_refused" });
  await assert.doesNotReject(render({ username: "dev:{SessionName}" }, { reserved }));
  await assert.rejects(render({}, { reserved: ["arn:"] }), { code: "name_refused" });
});

test("each denial names the canonical ARN and the parameters that were tried, but not the refused name", async () => {
  for (const mapping of [{ username: "a\nb" }, { username: "secret\u2028" }, { username: "{EC2PrivateDNSName}" }]) {
    await assert.rejects(render(mapping, { node: async () => ({ refusal: "no" }) }), ({ message }: Error) => {
      assert.match(message, /\barn:aws:iam::111122223333:role\/Developers\b/);
      assert.match(message, /[,;] mapped by \/p\/exact; tried .*\/p\/account$/);
      return !/secret|\n/.test(message);
    });
  }
});
