// Attack: two of four mapping sources ignored reserved prefixes, and all of them did so for groups.
// https://github.com/kubernetes-sigs/aws-iam-authenticator/pull/1047

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, HOME, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const ALL = `arn:aws:iam::${HOME}:role/*`;
const ROLE = `arn:aws:iam::${HOME}:role/AWSReservedSSO_ClusterAdmin_0123456789abcdef`;
const NAMES = [{ username: "system:admin" }, { username: "carol", groups: ["view", "system:masters"] }];

async function statusFor(stored: Record<string, unknown>, reservedPrefixes = ["system:"]) {
  const handler = handlerOf(fakeServices(stored), { reservedPrefixes });
  return (await handler(gatewayEvent(reviewBody(tokenOf("carol"))))).json.status;
}

test("reserved prefixes apply to usernames and groups at every place of a mapping (PR #1047)", async () => {
  for (const name of NAMES) {
    const places: Record<string, unknown> = {
      [`role/${HOME}/awsreservedsso_clusteradmin_0123456789abcdef`]: { arn: ROLE, ...name },
      [`sso/${HOME}/clusteradmin`]: name,
      [`pattern/${HOME}`]: [{ arnLike: ALL, ...name }],
      "pattern/any": [{ arnLike: ALL, ...name }],
      [`account/${HOME}`]: name,
    };
    for (const [place, value] of Object.entries(places)) {
      const { authenticated, error } = await statusFor({ [place]: value });
      assert.equal(authenticated, false, place);
      assert.match(error ?? "", /^name_refused: /, place);
      assert.equal((await statusFor({ [place]: value }, [])).authenticated, true, `${place}, none reserved`);
    }
  }
});

test("a reserved name that results from rendering is refused (PR #1047)", async () => {
  for (const name of [{ username: "{SessionName}" }, { username: "x", groups: ["{SessionNameRaw}"] }]) {
    const { error } = await statusFor({ [`sso/${HOME}/clusteradmin`]: name }, ["carol"]);
    assert.match(error ?? "", /^name_refused: /);
  }
});

test("a refused name does not fall through to another mapping (PR #1047)", async () => {
  const { authenticated } = await statusFor({
    [`sso/${HOME}/clusteradmin`]: { username: "system:admin" },
    [`account/${HOME}`]: { username: "account-user" },
  });
  assert.equal(authenticated, false);
});
