// Completion with an injected clock: it ends in time, prints the names that arrived, and aborts
// open calls.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, before, mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { cli, useLocalAws, wordsOf } from "../cli.ts";

before(() => mock.timers.enable({ apis: ["setTimeout"] }));
after(() => mock.timers.reset());

/** Together with the start of the process, these limits are within two seconds. */
const [ENOUGH_MS, PATIENCE_MS] = [700, 1_500];

function pressTab(...words: readonly string[]) {
  let hasEnded = false;
  const run = cli(["__complete", ...words, "-c", "prod"]).finally(() => {
    hasEnded = true;
  });
  return { run, hasEnded: () => hasEnded };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
}

test("it prints nothing after 1.5 s without an answer, and aborts the call", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume())).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const silent = {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
  };
  for (const variables of [{ AWS_ENDPOINT_URL_SSM: url }, silent]) {
    useLocalAws(variables);
    for (const words of [
      "mappings role/ mappings get",
      "callers '' callers remove",
      "keys issuer/ irsa keys retire",
    ]) {
      const connected = once(server, "connection");
      const tab = pressTab(...wordsOf(words));
      const [socket]: Socket[] = await connected;
      mock.timers.tick(PATIENCE_MS - 1);
      await settle();
      assert.equal(tab.hasEnded(), false);
      mock.timers.tick(1);
      assert.deepEqual(await tab.run, { code: 0, out: "", err: "" });
      // The SDK cannot abort a call to a container's service. It ends with the process.
      if (variables !== silent && socket?.destroyed === false) await once(socket, "close");
    }
  }
  for (const socket of sockets) socket.destroy();
  delete process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  server.close();
});

const NAMES = 10_000;
const PAGE = 10;

test("of ten thousand names, it prints those that arrived after 0.7 s", async () => {
  const set = (number: number) => `/iam-authenticator/prod/sso/111122223333/set-${number}`;
  const many = await startHttpServer(({ body }) => {
    const from = Number(JSON.parse(body.toString()).NextToken ?? 0);
    const Parameters = Array.from({ length: PAGE }, (_, at) => ({
      Name: set(from + at),
      Value: "{}",
    }));
    const next = from + PAGE < NAMES ? { NextToken: String(from + PAGE) } : {};
    return { status: 200, body: JSON.stringify({ Parameters, ...next }) };
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: many.url });
  const tab = pressTab("mappings", "sso/", "mappings", "get");
  while (many.requests.length < 2) await setImmediate();
  await settle();
  assert.equal(tab.hasEnded(), false);
  mock.timers.tick(ENOUGH_MS);
  const names = (await tab.run).out.trim().split("\n");
  assert.ok(names.length >= PAGE && names.length < NAMES, `${names.length} names`);
  for (const name of names) assert.match(name, /^sso\/111122223333\/set-\d+$/);
  await settle();
  const asked = many.requests.length;
  mock.timers.tick(60_000);
  await settle();
  assert.equal(many.requests.length, asked);
  await many.close();
});
