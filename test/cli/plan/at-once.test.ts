// Commands that write the same parameter at the same time. The local store refuses writes that
// overlap (TooManyUpdates).

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPut } from "../commands/mappings/apply.ts";
import { storedCluster } from "../commands/mappings/cluster.ts";
import { useServer } from "../fixtures.ts";

const A = "111122223333";
const arns = Array.from({ length: 8 }, (_, at) => `arn:aws:iam::${A}:user/leaver-${at}`);
/** The first write ends when the store has refused the second one, so that these two overlap. */
const second = Promise.withResolvers<void>();
const cluster = useServer(() =>
  storedCluster({ [`account/${A}`]: {} }, [], { whileWriting: () => second.promise }),
);

test("eight commands deny at once: each denial is stored, and each command succeeds", async () => {
  let writes = 0;
  cluster.store.fail((request) => {
    writes += isPut(request) ? 1 : 0;
    // The store answers in the same turn of the event loop.
    if (writes === 2) setImmediate(second.resolve);
    return undefined;
  });
  const runs = await Promise.all(arns.map((arn) => cluster.mappings(["deny", arn, "-y"])));
  assert.deepEqual(
    runs.map(({ code, err }) => (code === 0 ? 0 : err)),
    arns.map(() => 0),
  );
  assert.ok(writes > arns.length, `${writes} writes`);
  const stored = (await cluster.value(`deny/${A}`)) as readonly { readonly arnLike: string }[];
  assert.deepEqual(stored.map(({ arnLike }) => arnLike).toSorted(), arns);
});
