// Attack: a cache key without the account gave a role of the same name in another account the cached identity.
// CVE-2025-11621, HCSEC-2025-30

import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedProofs } from "../../../../functions/authenticator/identity/identity-cache.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { deadlineOf, errorBody, fixedClock, MAPPED, NOW, OTHER, PREFIX, tokenOf, verified } from "../fixtures.ts";
import { reviewer, stsAnswers } from "./review.ts";

const THEIRS = { [`role/${OTHER}/developers`]: { arn: `arn:aws:iam::${OTHER}:role/Developers`, username: "them" } };

test("the same role name, session and user name in another account is another identity (CVE-2025-11621)", async () => {
  for (const [stored, other] of [
    [MAPPED, "identity_unmapped"],
    [{ ...MAPPED, ...THEIRS }, "granted as them"],
  ] as const) {
    for (const order of [
      ["bob", "bob-elsewhere"],
      ["bob-elsewhere", "bob"],
    ]) {
      const { outcome } = reviewer(stored);
      for (const who of [...order, ...order]) {
        assert.equal(await outcome(tokenOf(who)), who === "bob" ? "granted as dev" : other, `${who} of ${order}`);
      }
    }
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
  for (const scope of ["aws/one", "aws/two", "aws-cn/one"]) {
    const proof = { result: verified("bob"), stsRequestId: scope };
    const { recall, prove } = cachedProofs(async () => proof, scope, clock);
    assert.equal(recall("same hash"), undefined);
    await prove("same hash", token, deadlineOf(clock));
    assert.equal(recall("same hash"), proof);
  }
});

test("a function of another cluster asks STS about a token that a warm function has accepted", async () => {
  assert.equal(await reviewer(MAPPED).outcome(), "granted as dev");
  const two = reviewer(MAPPED, stsAnswers(403, errorBody("SignatureDoesNotMatch")), { clusterId: "two" });
  assert.match((await two.status()).error ?? "", /^sts_refused: .*another cluster/);
});
