// An invalid log event is skipped, and the others are read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW } from "./services.ts";

const line = lineOf({ time: NOW - MINUTE, outcome: "granted", arn: "arn:aws:iam::111122223333:user/alice" });
const good = { eventId: "good", timestamp: NOW - MINUTE, message: line.message };
let wrong: unknown;
let logs: LocalServer;
before(async () => {
  logs = await startHttpServer(() => ({ status: 200, body: JSON.stringify({ events: [wrong, good] }) }));
  useLocalAws({ AWS_ENDPOINT_URL_LOGS: logs.url, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url });
});
after(() => logs.close());

for (const [name, event] of [
  ["a time of 1e300", { ...good, eventId: "wrong", timestamp: 1e300 }],
  ["a time that is a string", { ...good, eventId: "wrong", timestamp: "now" }],
  ["no text", { ...good, eventId: "wrong", message: 7 }],
  ["null", null],
] as const) {
  for (const command of ["list", "stats"]) {
    test(`reviews ${command} skips an event with ${name}`, async () => {
      wrong = event;
      const words = ["reviews", command, "-c", "prod", "--log-group", LOG_GROUP, "--rate", "1000", "-o", "json"];
      const { code, out, err } = await cli(words, { now: NOW });
      assert.deepEqual([code, err], [0, "Skipping log events that have no valid text or time.\n"]);
      const found = JSON.parse(out);
      assert.equal(command === "list" ? found.length : found.reviews, 1);
    });
  }
}
