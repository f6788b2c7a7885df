// The function reads at most 64 KiB from STS, and follows no redirect.

import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { test } from "node:test";
import { startHttpServer } from "../../local/http-server.ts";
import { failure, grantedUser } from "./answers.ts";
import { answering } from "./outages.ts";
import { startSystem } from "./system.ts";

const GB = 1024 ** 3;
/** The most that the buffers of a connection on this machine can hold, always a small part of 1 GB. */
const BUFFERS = 32 * 1024 ** 2;

test("STS sends 1 GB: the function reads only enough to see that it is too long", async (t) => {
  const accepted: Socket[] = [];
  const onSocket = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket);
  subscribe("net.server.socket", onSocket);
  t.after(() => unsubscribe("net.server.socket", onSocket));
  const system = await startSystem(t);
  const token = await system.token("bob");
  system.sts.fail({ kind: "flood", bytes: GB });
  assert.match(failure(await system.review(token), 500), /^sts_answer_unusable: STS answered more than 65536 bytes/);
  assert.equal(system.sts.calls(), 1);
  const sent = Math.max(...accepted.map(({ bytesWritten }) => bytesWritten));
  assert.ok(sent > 64 * 1024 && sent < BUFFERS, `${sent} bytes were sent`);
  system.sts.fail(undefined);
  grantedUser(await system.review(token));
});

test("a response of exactly 64 KiB is read", async (t) => {
  const system = await startSystem(t);
  const result = {
    Account: "111122223333",
    Arn: "arn:aws:iam::111122223333:user/alice",
    UserId: "AIDALOCALALICEAAAAAAA",
  };
  const answer = JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } });
  system.sts.fail(answering(200, answer.padEnd(64 * 1024)));
  assert.equal(grantedUser(await system.review(await system.token("alice"))).username, "alice");
});

test("redirects are not followed", async (t) => {
  const target = await startHttpServer(() => ({ status: 200, body: "{}" }));
  t.after(() => target.close());
  const system = await startSystem(t);
  const token = await system.token("bob");
  const statuses = [300, 301, 302, 303, 304, 307, 308];
  for (const status of statuses) {
    system.sts.fail(answering(status, "", { location: `${target.url}/?Action=GetCallerIdentity` }));
    assert.match(failure(await system.review(token), 500), /^sts_answer_unusable: /);
  }
  assert.equal(system.sts.calls(), statuses.length);
  assert.deepEqual([target.requests.length, target.connections()], [0, 0]);
});
