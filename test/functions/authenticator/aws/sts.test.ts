// The request to STS on the wire, and the response that is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { until } from "../../../time.ts";
import { asked, CLUSTER_ID, stsAt, TOKEN } from "../../aws/asking.ts";
import { OK, response, startRawServer } from "../../aws/raw-server.ts";

test("the request is a GET of the rebuilt target with the token's host and three headers, byte for byte", async () => {
  const { url, requests } = await startRawServer();
  const hosts = [TOKEN.host, "sts.amazonaws.com", "sts-fips.eu-west-1.api.aws"];
  for (const host of hosts) assert.equal(await asked(stsAt(url), { ...TOKEN, host }), "200 {}");
  const requestTo = (host: string) =>
    `GET ${TOKEN.target} HTTP/1.1\r\nhost: ${host}\r\naccept: application/json\r\n` +
    `x-k8s-aws-id: ${CLUSTER_ID}\r\nConnection: keep-alive\r\n\r\n`;
  assert.deepEqual(requests, hosts.map(requestTo));
});

test("a request id is returned only if it looks like one", async () => {
  const ids = ["0123-ab_C", "a".repeat(64), "a".repeat(65), "a b", '"', "\xe9", ""];
  const { url, requests } = await startRawServer(() => {
    return response(200, "{}", `x-amzn-requestid: ${ids[requests.length - 1]}\r\n`);
  });
  const read: (string | undefined)[] = [];
  for (const _ of ids) read.push((await stsAt(url)(TOKEN, deadlineIn(5_000, Date.now), CLUSTER_ID)).requestId);
  assert.deepEqual(read, ["0123-ab_C", "a".repeat(64), ...Array(5).fill(undefined)]);
});

test("a response of 64 KiB is read, and one byte more is a failure without a retry", async () => {
  const full = "a".repeat(64 * 1024);
  const { url } = await startRawServer(() => response(200, full));
  assert.equal(await asked(stsAt(url)), `200 ${full}`);
  const over = await startRawServer(() => response(200, `${full}a`));
  const error = await asked(stsAt(over.url));
  assert.ok(hasCode(error, "sts_answer_unusable"));
  assert.equal(error.message, "STS answered more than 65536 bytes");
  assert.equal(over.requests.length, 1);
});

test("an endless response is aborted at 64 KiB with its connection, whatever its status", async () => {
  for (const status of [200, 403, 500]) {
    const chunk = `4000\r\n${"a".repeat(0x4000)}\r\n`;
    const { url, sockets } = await startRawServer((_, socket) => {
      socket.on("drain", () => socket.write(chunk));
      socket.write(`HTTP/1.1 ${status} Reason\r\ntransfer-encoding: chunked\r\n\r\n`);
      while (socket.write(chunk)) {}
      return undefined;
    });
    assert.ok(hasCode(await asked(stsAt(url)), "sts_answer_unusable"));
    await until(() => sockets[0]?.destroyed === true);
  }
});

test("a body with multi-byte characters is read correctly", async () => {
  const text = Buffer.from("é€\u{1F600}").toString("latin1");
  const { url } = await startRawServer((_, socket) => {
    const [first = "", ...rest] = [...`${OK.slice(0, OK.indexOf("content-length"))}content-length: 9\r\n\r\n${text}`];
    for (const byte of [first, ...rest]) socket.write(byte, "latin1");
    return undefined;
  });
  assert.equal(await asked(stsAt(url)), "200 é€\u{1F600}");
});
