// Time limits of calls to STS: 2 s for each try, 4 s in all, and never more than the review's remaining time.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { mockTime, passEach, until } from "../../../time.ts";
import { asked, assertUnreachable, stsAt, TOKEN } from "../../aws/asking.ts";
import { OK, startRawServer } from "../../aws/raw-server.ts";

afterEach(() => mock.timers.reset());

/** Answers the first requests with these bytes and then silence, and all others completely. */
async function serverThatFirst(...answers: readonly string[]) {
  const server = await startRawServer(() => answers[server.requests.length - 1] ?? OK);
  return server;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

/** Calls STS with a clock and timers that only `pass` moves. */
function askInMockedTime(deadlineMs: number, url: string) {
  const { within, pass } = mockTime();
  return { outcome: asked(stsAt(url), TOKEN, within(deadlineMs)), pass };
}

test("a try ends after 2 s of silence, before or in the response, and is retried", async () => {
  for (const part of ["", "HTTP/1.1 200 OK\r\n", OK.slice(0, -1)]) {
    const server = await serverThatFirst(part);
    const { outcome, pass } = askInMockedTime(5_000, server.url);
    await until(() => server.requests.length === 1);
    await turns();
    pass(2_000);
    assert.equal(await outcome, "200 {}");
    assert.equal(server.requests.length, 2);
    mock.timers.reset();
  }
});

const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
for (const [what, part] of [
  ["silence", ""],
  ["a response that switches protocols", SWITCHING],
] as const) {
  test(`${what}: there are at most two tries of 2 s each, and both connections are closed`, async () => {
    const server = await serverThatFirst(part, part);
    const { outcome, pass } = askInMockedTime(60_000, server.url);
    await passEach(() => server.requests.length, pass, 2_000, 2_000);
    assertUnreachable(await outcome, "TimedOut");
    await until(() => server.sockets.every(({ destroyed }) => destroyed));
    assert.equal(server.requests.length, 2);
  });
}

test("a try does not end before its 2 s", async () => {
  const server = await serverThatFirst("");
  const { outcome, pass } = askInMockedTime(5_000, server.url);
  await passEach(() => server.requests.length, pass, 1_999);
  server.sockets[0]?.write(OK);
  assert.equal(await outcome, "200 {}");
  assert.equal(server.requests.length, 1);
});
