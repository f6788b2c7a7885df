// Retries of calls to STS, and that errors contain no secret.

import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import type { Fault } from "../../../../local/faults.ts";
import { startHttpServer } from "../../../../local/http-server.ts";
import { asked, assertUnreachable, stsAt } from "../../aws/asking.ts";
import { startRawServer } from "../../aws/raw-server.ts";

const server = await startHttpServer(() => ({ status: 200, body: "answer" }));
after(() => server.close());
afterEach(() => {
  server.fail(undefined);
  server.requests.length = 0;
});

/** Each request meets the next fault. Later requests are answered. */
function failWith(...faults: readonly Fault[]): void {
  server.fail(() => faults[server.requests.length - 1]);
}

const answer = (status: number, body = ""): Fault => ({ kind: "answer", status, body });
const RESET: Fault = { kind: "reset" };
const CUT: Fault = { kind: "cut", body: '{"GetCaller' };

test("a reset connection and a truncated body are retried once", async () => {
  for (const fault of [RESET, CUT]) {
    failWith(fault);
    server.requests.length = 0;
    assert.equal(await asked(stsAt(server.url)), "200 answer");
    assert.equal(server.requests.length, 2);
  }
});

test("the retry sends the same bytes", async () => {
  failWith(RESET);
  await asked(stsAt(server.url));
  const [first, second] = server.requests;
  assert.deepEqual(first, second);
});

test("two connection failures are an outage, without a third try", async () => {
  for (const fault of [RESET, CUT]) {
    failWith(fault, fault);
    server.requests.length = 0;
    assertUnreachable(await asked(stsAt(server.url)), "ECONNRESET");
    assert.equal(server.requests.length, 2);
  }
});

test("a 5xx is retried once, and a second one is returned as the response", async () => {
  for (const status of [500, 502, 503, 504, 599]) {
    failWith(answer(status, "first"));
    server.requests.length = 0;
    assert.equal(await asked(stsAt(server.url)), "200 answer");
    failWith(answer(status, "first"), answer(status, "second"));
    server.requests.length = 0;
    assert.equal(await asked(stsAt(server.url)), `${status} second`);
    assert.equal(server.requests.length, 2);
  }
});

test("the response after a 5xx is used, whatever its status", async () => {
  failWith(answer(500), answer(403, "refused"));
  assert.equal(await asked(stsAt(server.url)), "403 refused");
  failWith(answer(500), RESET);
  server.requests.length = 0;
  assertUnreachable(await asked(stsAt(server.url)), "ECONNRESET");
});

test("neither a 4xx nor throttling is retried", async () => {
  for (const status of [400, 403, 404, 429]) {
    failWith(answer(status, "no"), answer(200, "retried"));
    server.requests.length = 0;
    assert.equal(await asked(stsAt(server.url)), `${status} no`);
    assert.equal(server.requests.length, 1);
  }
});

test("an endpoint that refuses connections is an outage", async () => {
  const closed = await startHttpServer(() => ({ status: 200, body: "" }));
  await closed.close();
  assertUnreachable(await asked(stsAt(closed.url)), "ECONNREFUSED");
});

test("a response that is not HTTP is an outage", async () => {
  for (const bytes of ["SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 two hundred\r\n\r\n", "\0\0\0\0"]) {
    const raw = await startRawServer(() => bytes);
    const error = await asked(stsAt(`http://127.0.0.1:${raw.port}`));
    assertUnreachable(error, /\((\w+)\)/.exec(String(error))?.[1] ?? "");
    assert.equal(raw.requests.length, 2);
    raw.close();
  }
});
