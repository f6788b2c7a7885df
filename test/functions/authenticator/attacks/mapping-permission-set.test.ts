// Attack: permission set `View` matched `View_Admin`, since the peer's matcher ends with a wildcard for the role's suffix.
// Read in the source of aws-iam-authenticator 0.7.18 (SSORoleMatch).

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, identityBody, OTHER, reviewBody, tokenOf } from "../fixtures.ts";

const HEX = "0123456789abcdef";

async function usernameOf(roleName: string, stored: Record<string, unknown>, account = HOME) {
  const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/carol`;
  const body = identityBody({ account, arn, userId: "AROAX:carol" });
  const around = fakeServices(stored, { askSts: async () => ({ status: 200, body, requestId: undefined }) });
  return (await handlerOf(around)(gatewayEvent(reviewBody(tokenOf("carol"))))).json.status.user?.username;
}

const SETS = {
  [`sso/${HOME}/view`]: { username: "viewer" },
  [`sso/${HOME}/view_admin`]: { username: "admin" },
};

test("a mapping of permission set View does not apply to View_Admin, and vice versa", async () => {
  assert.equal(await usernameOf(`AWSReservedSSO_View_${HEX}`, SETS), "viewer");
  assert.equal(await usernameOf(`AWSReservedSSO_View_Admin_${HEX}`, SETS), "admin");
  assert.equal(await usernameOf(`AWSReservedSSO_View_Admin_${HEX}`, { [`sso/${HOME}/view`]: {} }), undefined);
  assert.equal(await usernameOf(`AWSReservedSSO_Vie_${HEX}`, SETS), undefined);
});

test("a permission set whose name ends like a role's suffix is a separate set", async () => {
  assert.equal(await usernameOf(`AWSReservedSSO_View_${HEX}_${HEX}`, SETS), undefined);
});

test("a role with a similar name belongs to no permission set", async () => {
  for (const name of [
    `View_${HEX}`,
    "AWSReservedSSO_View",
    `awsreservedsso_View_${HEX}`,
    `AWSReservedSSO_View_${HEX}x`,
  ]) {
    assert.equal(await usernameOf(name, SETS), undefined, name);
  }
});

test("the same permission set in another account is a separate set", async () => {
  assert.equal(await usernameOf(`AWSReservedSSO_View_${HEX}`, SETS, OTHER), undefined);
});
