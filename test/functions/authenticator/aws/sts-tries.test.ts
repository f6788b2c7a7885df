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
    [
      `a second ${status} is returned`,
      [answer(status, "first"), answer(status, "second")],
      `${status} second`,
      2,
    ],
  ]),
  ["a 403 after a 5xx is returned", [answer(500), answer(403, "refused")], "403 refused", 2],
  ["a reset after a 5xx is an outage", [answer(500), RESET], OUTAGE, 2],
  ...[400, 403, 404, 429].map(
    (status): Row => [`${status} is not retried`, [answer(status, "no")], `${status} no`, 1],
  ),
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

/**
 * A server that answers only requests whose Host header is not one of `silent`, and an STS client
 * with its clock.
 */
async function silentHosts(...silent: string[]) {
  const hosts = new Set(silent);
  const raw = await startRawServer((request) =>
    hosts.has(/^host: (.*)\r$/m.exec(request)?.[1] ?? "") ? "" : OK,
  );
  const { clock, within, pass } = mockTime();
  const askSts = stsAt(raw.url, clock);
  const ask = (host = TOKEN.host, ms = 5_000) => asked(askSts, { ...TOKEN, host }, within(ms));
  /** A review for a silent host. Each of its tries takes the given time. */
  async function endure(waits: readonly number[], ms?: number) {
    const before = raw.requests.length;
    const outcome = ask(TOKEN.host, ms);
    await passEach(() => raw.requests.length - before, pass, ...waits);
    return outcome;
  }
  return { raw, hosts, pass, ask, endure };
}

const OTHER_HOST = "sts.amazonaws.com";

test("a host that used up the time of a review fails at once until a probe ends", async () => {
  const { raw, hosts, pass, ask, endure } = await silentHosts(TOKEN.host);
  assertUnreachable(await endure([2_000, 2_000]), "TimedOut");
  for (const ms of [0, 1_999]) {
    pass(ms);
    assertUnreachable(await ask(), "TimedOut");
    assert.equal(await ask(OTHER_HOST), "200 {}");
  }
  assert.equal(raw.requests.length, 4);
  pass(1);
  const probe = ask();
  await until(() => raw.requests.length === 5);
  assertUnreachable(await ask(), "TimedOut");
  assert.equal(await ask(OTHER_HOST), "200 {}");
  assert.equal(raw.requests.length, 6);
  pass(2_000);
  assertUnreachable(await probe, "TimedOut");
  assertUnreachable(await ask(), "TimedOut");
  hosts.clear();
  pass(2_000);
  assert.deepEqual([await ask(), await ask(), raw.requests.length], ["200 {}", "200 {}", 8]);
});

test("a host that refuses both tries fails at once for 2 s, also if it accepts connections again", async () => {
  const closed = await startRawServer();
  closed.close();
  const { clock, within, pass } = mockTime();
  const askSts = stsAt(closed.url, clock);
  const ask = () => asked(askSts, TOKEN, within(5_000));
  assertUnreachable(await ask(), "ECONNREFUSED");
  const reopened = await startHttpServer(() => ({ status: 200, body: "{}" }), closed.port);
  after(() => reopened.close());
  pass(1_999);
  assertUnreachable(await ask(), "ECONNREFUSED");
  pass(1);
  assert.equal(await ask(), "200 {}");
});

test("a single slow answer, a reset, or silence in a review with less time is not remembered", async () => {
  const { raw, hosts, ask, endure } = await silentHosts(TOKEN.host);
  for (const [waits, ms] of [
    [[2_000], 2_000],
    [[2_000, 1_999], 3_999],
  ] as const) {
    assertUnreachable(await endure(waits, ms), "TimedOut");
    assert.equal(raw.requests.length, waits.length);
    raw.requests.length = 0;
  }
  const slow = endure([2_000]);
  await until(() => raw.requests.length === 2);
  raw.sockets.at(-1)?.write(OK);
  assert.equal(await slow, "200 {}");
  const reset = endure([2_000]);
  await until(() => raw.requests.length === 4);
  raw.sockets.at(-1)?.resetAndDestroy();
  assertUnreachable(await reset, "ECONNRESET");
  hosts.clear();
  assert.equal(await ask(), "200 {}");
});

test("a usual host that is silent for one review costs no login", async () => {
  const { raw, hosts, pass, ask, endure } = await silentHosts(TOKEN.host);
  assertUnreachable(await endure([2_000, 2_000]), "TimedOut");
  hosts.clear();
  const outcomes: unknown[] = [];
  for (const ms of [500, 750, 1_125, 1_687]) {
    pass(ms);
    outcomes.push(await ask());
  }
  assert.deepEqual(outcomes.map(String).slice(2), ["200 {}", "200 {}"]);
  assert.equal(raw.requests.length, 4);
});
