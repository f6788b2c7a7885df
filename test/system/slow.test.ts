// A review ends after five seconds, in time that the test moves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttpServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { callerIdentity } from "../../local/sts/answer.ts";
import { passEach } from "../time.ts";
import { startSystem } from "./system.ts";

test("STS answers late and Parameter Store not at all: 500 after 5 s", async (t) => {
  const held = Promise.withResolvers<void>();
  const { promise: never } = Promise.withResolvers<never>();
  const sts = await startHttpServer(async (request) => {
    await (sts.requests.length === 1 ? never : held.promise);
    return callerIdentity(request, localIdentity("bob"));
  });
  t.after(() => sts.close());
  const system = await startSystem(t, { settings: { AWS_ENDPOINT_URL_STS: sts.url } });
  system.store.fail({ kind: "silent" });
  const answer = system.review(await system.token("bob"));
  await passEach(() => sts.requests.length, system.clock.advance, 2_000, 1_700);
  held.resolve();
  await passEach(() => system.store.requests.length, system.clock.advance, 1_000, 300);
  const { status, text } = await answer;
  assert.deepEqual([status, /parameters_unavailable: /.test(text)], [500, true], text);
  const { ms } = system.logs().at(-1) as { ms: { total: number } };
  assert.deepEqual([ms.total, system.store.requests.length], [5_000, 2]);
});
