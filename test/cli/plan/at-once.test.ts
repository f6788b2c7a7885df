// Commands that write the same parameter at the same time. The local store refuses writes that
// overlap (TooManyUpdates).

import assert from "node:assert/strict";
import { test } from "node:test";
import { useCluster } from "../commands/mappings/cluster.ts";

const A = "111122223333";
const cluster = useCluster({ [`account/${A}`]: {} });
const arns = Array.from({ length: 8 }, (_, at) => `arn:aws:iam::${A}:user/leaver-${at}`);

test("eight commands deny at once: each denial is stored, and each command succeeds", async () => {
  const runs = await Promise.all(arns.map((arn) => cluster.mappings(["deny", arn, "-y"])));
  assert.deepEqual(
    runs.map(({ code, err }) => (code === 0 ? 0 : err)),
    arns.map(() => 0),
  );
  const stored = (await cluster.value(`deny/${A}`)) as readonly { readonly arnLike: string }[];
  assert.deepEqual(stored.map(({ arnLike }) => arnLike).toSorted(), arns);
});
