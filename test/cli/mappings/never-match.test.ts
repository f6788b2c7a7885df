// set, apply and lint report patterns that can never match.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ADMIN, type LocalCluster, PREFIX, storedCluster } from "./cluster.ts";

const NEVER = {
  "a role with a path": "arn:aws:iam::111122223333:role/team/ci-*",
  "an assumed role": "arn:aws:sts::111122223333:assumed-role/Developers/*",
};

let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster(ADMIN);
});
afterEach(() => cluster.store.close());

for (const [what, arnLike] of Object.entries(NEVER)) {
  test(`set and apply reject a pattern of ${what}, and lint reports it`, async () => {
    const set = await cluster.mappings(["set", arnLike, "--username", "x", "-y"]);
    assert.equal(set.code, 2);
    assert.match(set.err, /can never match: /);
    const input = JSON.stringify({ mappings: [{ arnLike, username: "x" }] });
    const apply = await cluster.mappings(["apply", "-f", "-", "-y"], { input });
    assert.equal(apply.code, 2);
    assert.match(apply.err, /^standard input, line 1 \(\S+\): .*can never match: .*\nNothing was written\.\n$/);
    assert.equal(await cluster.value("pattern/111122223333"), undefined);
    const file = await cluster.mappings(["lint", "-f", "-"], { input });
    assert.match(file.out, /^error +invalid +standard input, line 1 .*can never match/m);
    cluster.store.put(`${PREFIX}/pattern/111122223333`, JSON.stringify([{ arnLike, username: "x" }]));
    const stored = await cluster.mappings(["lint"]);
    assert.match(stored.out, /^error +invalid +pattern\/111122223333 +entry 1: .*can never match/m);
  });
}
