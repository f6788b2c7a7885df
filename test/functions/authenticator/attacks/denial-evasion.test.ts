// Attack: evading a denial by a new path (iam:UpdateUser), another spelling, another session, or an own mapping.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskSts } from "../../../../functions/authenticator/identity/prove-identity.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  NOW,
  reviewBody,
  type Stored,
  tokenFor,
} from "../fixtures.ts";

const EVERYTHING: Stored = {
  [`user/${HOME}/mallory`]: { arn: `arn:aws:iam::${HOME}:user/mallory`, username: "mallory" },
  [`role/${HOME}/shared`]: { arn: `arn:aws:iam::${HOME}:role/Shared`, username: "shared:{SessionName}" },
  [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:*`, username: "pattern-user" }],
  "pattern/any": [{ arnLike: "arn:aws:iam::*:*", username: "pattern-user" }],
  [`account/${HOME}`]: {},
};

/** The reason, or the granted username. */
async function login(denied: Stored, arn: string, userId: string, mapped = EVERYTHING): Promise<string | undefined> {
  const askSts: AskSts = async () => ({
    status: 200,
    body: identityBody({ account: HOME, arn, userId }),
    requestId: "r",
  });
  const handler = handlerOf(fakeServices({ ...mapped, ...denied }, { askSts }));
  const { json } = await handler(gatewayEvent(reviewBody(tokenFor("AKIALOCALMALLORYAAAA"))));
  return json.status.user?.username ?? json.status.error?.split(":")[0];
}

const user = (path: string, name = "mallory") => [`arn:aws:iam::${HOME}:user/${path}${name}`, "AIDAMALLORY"] as const;
const session = (name: string) => [`arn:aws:sts::${HOME}:assumed-role/Shared/${name}`, `AROASHARED:${name}`] as const;
const denied = (arnLike: string, list = HOME) => ({ [`deny/${list}`]: [{ arnLike }] });

test("a user who moves to another path stays denied (iam:UpdateUser)", async () => {
  for (const written of ["mallory", "ops/mallory", "MALLORY"]) {
    for (const path of ["", "ops/", "elsewhere/deep/", "a*b/"]) {
      for (const list of [HOME, "any"]) {
        const reason = await login(denied(`arn:aws:iam::${HOME}:user/${written}`, list), ...user(path));
        assert.equal(reason, "identity_denied", `${written} ${path}`);
      }
    }
  }
  assert.equal(await login(denied(`arn:aws:iam::${HOME}:user/mallory`), ...user("ops/", "mallory2")), "pattern-user");
});

test("a denial does not apply to another name, another session name, or a path that the user has left", async () => {
  assert.equal(await login(denied(`arn:aws:iam::${HOME}:user/mallory`), ...user("", "renamed")), "pattern-user");
  const ops = denied(`arn:aws:iam::${HOME}:user/ops/*`);
  assert.equal(await login(ops, ...user("ops/")), "identity_denied");
  assert.equal(await login(ops, ...user("")), "mallory");
  const jane = denied(`arn:aws:sts::${HOME}:assumed-role/Shared/jane`);
  assert.equal(await login(jane, ...session("jane2")), "shared:jane2");
});

test("no mapping has precedence over a denial: not the principal's own, nor one with a principalId", async () => {
  for (const arnLike of [`arn:aws:iam::${HOME}:user/mallory`, "arn:aws:iam::*:user/*", `arn:aws:iam::${HOME}:*`]) {
    const pinned = { [`user/${HOME}/mallory`]: { arn: user("")[0], username: "m", principalId: "AIDAMALLORY" } };
    assert.equal(await login(denied(arnLike, "any"), ...user(""), { ...EVERYTHING, ...pinned }), "identity_denied");
  }
  const ended = { [`user/${HOME}/mallory`]: { arn: user("")[0], username: "m", notAfter: "2020-01-01T00:00:00Z" } };
  assert.equal(await login({ ...denied(user("")[0]), ...ended }, ...user("")), "identity_denied");
  const other = { [`user/${HOME}/mallory`]: { arn: user("")[0], username: "m", principalId: "AIDAANOTHER" } };
  assert.equal(await login({ ...denied(user("")[0]), ...other }, ...user("")), "identity_denied");
});

test("a denial of one session of a shared role ignores case and leaves other sessions alone", async () => {
  const list = denied(`arn:aws:sts::${HOME}:assumed-role/Shared/jane@example.com`);
  assert.equal(await login(list, ...session("jane@example.com")), "identity_denied");
  assert.equal(await login(list, ...session("JANE@example.com")), "identity_denied");
  assert.equal(await login(list, ...session("john@example.com")), "shared:john-example.com");
});

test("an invalid deny list denies every identity that it covers, and no other", async () => {
  for (const value of [
    '[{"arnLike":"arn:aws:iam::*:user/x"},]',
    "{}",
    [{ arnlike: "x" }],
    [{ arnLike: "arn:x", deny: "true" }],
  ]) {
    for (const list of [HOME, "any"]) {
      assert.equal(await login({ [`deny/${list}`]: value }, ...user("")), "denials_invalid", JSON.stringify(value));
      assert.equal(await login({ [`deny/${list}`]: value }, ...session("john")), "denials_invalid");
    }
    assert.equal(await login({ "deny/444455556666": value }, ...user("")), "mallory");
  }
});

test("a denial no longer applies after its notAfter", async () => {
  const entry = { arnLike: user("")[0], notAfter: new Date(NOW).toISOString() };
  assert.equal(await login({ "deny/any": [entry] }, ...user("")), "mallory");
  const later = { ...entry, notAfter: new Date(NOW + 1).toISOString() };
  assert.equal(await login({ "deny/any": [later] }, ...user("")), "identity_denied");
});

test("a denial that can never match in its list denies every identity that the list covers", async () => {
  for (const [arnLike, list] of [
    ["arn:aws:iam::444455556666:user/mallory", HOME],
    [`arn:aws-cn:iam::${HOME}:user/mallory`, HOME],
    [`arn:aws-cn:iam::${HOME}:user/mallory`, "any"],
    [`arn:aws-us-gov:iam::*:role/*`, "any"],
  ] as const) {
    assert.equal(await login(denied(arnLike, list), ...user("")), "denials_invalid", arnLike);
    assert.equal(await login(denied(arnLike, list), ...session("john")), "denials_invalid", arnLike);
  }
  assert.equal(await login(denied("arn:aws:iam::444455556666:user/mallory", "444455556666"), ...user("")), "mallory");
  assert.equal(await login(denied("arn:aws:iam::444455556666:user/mallory", "any"), ...user("")), "mallory");
});
