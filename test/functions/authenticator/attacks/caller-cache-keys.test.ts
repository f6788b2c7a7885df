// Attack: a cache key without the account gave a role of the same name in another account the cached identity.
// CVE-2025-11621, HCSEC-2025-30

import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedProofs } from "../../../../functions/authenticator/identity/identity-cache.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import {
  deadlineOf,
  fakeServices,
  fixedClock,
  gatewayEvent,
  HOME,
  handlerOf,
  NOW,
  OTHER,
  PREFIX,
  reviewBody,
  tokenOf,
  verified,
} from "../fixtures.ts";

const MAPPED = { [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" } };

test("the same role name, session and user name in another account is another identity (CVE-2025-11621)", async () => {
  for (const order of [
    ["bob", "bob-elsewhere"],
    ["bob-elsewhere", "bob"],
  ]) {
    const handler = handlerOf(fakeServices(MAPPED));
    for (const who of [...order, ...order]) {
      const { status } = (await handler(gatewayEvent(reviewBody(tokenOf(who))))).json;
      assert.equal(status.authenticated, who === "bob", `${who} of ${order}`);
    }
  }
});

test("each of two accounts gets its own mapping of the same role name (CVE-2025-11621)", async () => {
  const theirs = { [`role/${OTHER}/developers`]: { arn: `arn:aws:iam::${OTHER}:role/Developers`, username: "them" } };
  const handler = handlerOf(fakeServices({ ...MAPPED, ...theirs }));
  for (const who of ["bob", "bob-elsewhere", "bob", "bob-elsewhere"]) {
    const { status } = (await handler(gatewayEvent(reviewBody(tokenOf(who))))).json;
    assert.equal(status.user?.username, who === "bob" ? "dev" : "them");
  }
});

test("two accounts share no parameter but the deny list and the patterns of any (CVE-2025-11621)", () => {
  const names = (who: string) => candidates(PREFIX, verified(who)).map(({ parameter }) => parameter);
  const shared = names("bob").filter((name) => names("bob-elsewhere").includes(name));
  assert.deepEqual(shared, [`${PREFIX}/deny/any`, `${PREFIX}/pattern/any`]);
});

test("two clusters, and two partitions, do not share proven tokens (CVE-2025-11621)", async () => {
  const clock = fixedClock();
  const token = { accessKeyId: "A", host: "h", target: "/", expiresAt: NOW + 900_000 };
  const scopes = ["aws/one", "aws/two", "aws-cn/one"];
  const proofs = scopes.map((scope) => {
    let calls = 0;
    const remembered = cachedProofs(
      async () => {
        calls += 1;
        return { result: verified("bob"), stsRequestId: scope };
      },
      scope,
      clock,
    );
    return {
      recall: () => remembered.recall("same hash"),
      prove: () => remembered.prove("same hash", token, deadlineOf(clock)),
      calls: () => calls,
    };
  });
  for (const { recall, prove } of proofs) {
    assert.equal(recall(), undefined);
    await prove();
    assert.notEqual(recall(), undefined);
  }
  assert.deepEqual(
    proofs.map(({ calls }) => calls()),
    [1, 1, 1],
  );
});

test("a function of another cluster asks STS about a token that a warm function has accepted", async () => {
  const one = fakeServices(MAPPED);
  const two = fakeServices(MAPPED, {
    askSts: async () => ({ status: 403, body: '{"Error":{"Code":"SignatureDoesNotMatch"}}', requestId: "r" }),
  });
  const event = gatewayEvent(reviewBody(tokenOf("bob")));
  assert.equal((await handlerOf(one)(event)).json.status.authenticated, true);
  const { status } = (await handlerOf(two, { clusterId: "two" })(event)).json;
  assert.equal(status.authenticated, false);
  assert.match(status.error ?? "", /^sts_refused: .*another cluster/);
});
