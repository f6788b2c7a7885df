// Tries of calls to STS: what is retried, 2 s for each try, and that errors contain no secret.

import assert from "node:assert/strict";
import { after, afterEach, mock, test } from "node:test";
import type { Fault } from "../../../../local/aws/http-server.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { mockTime, passEach, until } from "../../../time.ts";
import { asked, assertUnreachable, OK, startRawServer, stsAt, TOKEN } from "../../aws/asking.ts";

const server = await startHttpServer(() => ({ status: 200, body: "answer" }));
after(() => server.close());
afterEach(() => {
  server.fail(undefined);
  server.requests.length = 0;
  mock.timers.reset();
});

const answer = (status: number, body = ""): Fault => ({ kind: "answer", status, body });
/** Each request meets the next fault of its row. Later requests are answered. */
const RESET: Fault = { kind: "reset" };
const CUT: Fault = { kind: "cut", body: '{"GetCaller' };
const OUTAGE = "ECONNRESET";
type Row = readonly [what: string, faults: readonly Fault[], expected: string, sent: number];
const ROWS: readonly Row[] = [
  ["a reset connection is retried", [RESET], "200 answer", 2],
  ["a truncated body is retried", [CUT], "200 answer", 2],
  ["two resets are an outage, without a third try", [RESET, RESET], OUTAGE, 2],
  ["two truncated bodies are an outage, without a third try", [CUT, CUT], OUTAGE, 2],
  ...[500, 502, 503, 504, 599].flatMap((status): Row[] => [
    [`${status} is retried`, [answer(status, "first")], "200 answer", 2],
    [`a second ${status} is returned`, [answer(status, "first"), answer(status, "second")], `${status} second`, 2],
  ]),
  ["a 403 after a 5xx is returned", [answer(500), answer(403, "refused")], "403 refused", 2],
  ["a reset after a 5xx is an outage", [answer(500), RESET], OUTAGE, 2],
  ...[400, 403, 404, 429].map((status): Row => [`${status} is not retried`, [answer(status, "no")], `${status} no`, 1]),
];
for (const [what, faults, expected, sent] of ROWS) {
  test(what, async () => {
    server.fail(() => faults[server.requests.length - 1]);
    const outcome = await asked(stsAt(server.url));
    if (expected === OUTAGE) assertUnreachable(outcome, OUTAGE);
    else assert.equal(outcome, expected);
    const [first, second] = server.requests;
    assert.equal(server.requests.length, sent);
    if (sent === 2) assert.deepEqual(first, second, "the retry sends the same bytes");
  });
}

test("an endpoint that refuses connections, or answers something else than HTTP, is an outage", async () => {
  const closed = await startRawServer();
  closed.close();
  assertUnreachable(await asked(stsAt(closed.url)), "ECONNREFUSED");
  for (const bytes of ["SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 two hundred\r\n\r\n", "\0\0\0\0"]) {
    const raw = await startRawServer(() => bytes);
    const error = await asked(stsAt(raw.url));
    assertUnreachable(error, /\((\w+)\)/.exec(String(error))?.[1] ?? "");
    assert.equal(raw.requests.length, 2);
  }
});

const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
for (const [what, part] of [
  ["silence", ""],
  ["half a head", "HTTP/1.1 200 OK\r\n"],
  ["a body without its end", OK.slice(0, -1)],
  ["a response that switches protocols", SWITCHING],
] as const) {
  test(`${what}: there are at most two tries of 2 s each, and both connections are closed`, async () => {
    const raw = await startRawServer(() => part);
    const { within, pass } = mockTime();
    const outcome = asked(stsAt(raw.url), TOKEN, within(60_000));
    await passEach(() => raw.requests.length, pass, 2_000, 2_000);
    assertUnreachable(await outcome, "TimedOut");
    await until(() => raw.sockets.every(({ destroyed }) => destroyed));
    assert.equal(raw.requests.length, 2);
  });
}

test("a try does not end before its 2 s", async () => {
  const raw = await startRawServer(() => "");
  const { within, pass } = mockTime();
  const outcome = asked(stsAt(raw.url), TOKEN, within(5_000));
  await passEach(() => raw.requests.length, pass, 1_999);
  raw.sockets[0]?.write(OK);
  assert.deepEqual([await outcome, raw.requests.length], ["200 {}", 1]);
});
