// The size of a granted review in CloudWatch Logs: the function's lines, Lambda's own, and the access log's.

import assert from "node:assert/strict";
import { ACCESS_LOG_FORMAT } from "../../infra/endpoint/access-log.ts";
import { localIdentity } from "../../local/identities.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  reviewBody,
  tokenOf,
} from "../functions/authenticator/fixtures.ts";

const UUID = "79b4f56e-95b1-4643-9700-2807f4e68189";
const GATEWAY_ID = "JKJaXmPLvHcESHA=";
const ROLE = { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev:{SessionName}", groups: ["developers"] };

/** Examples at the level INFO: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html */
const BY_LAMBDA = [
  { time: "2026-11-24T16:00:00.046Z", type: "platform.start", record: { requestId: UUID, version: "7" } },
  {
    time: "2026-11-24T16:00:00.146Z",
    type: "platform.report",
    record: {
      requestId: UUID,
      metrics: { durationMs: 66.678, billedDurationMs: 67, memorySizeMB: 512, maxMemoryUsedMB: 118 },
      status: "success",
    },
  },
].map((line) => JSON.stringify(line));

const ACCESS: Readonly<Record<string, string>> = {
  "$context.requestTime": "24/Nov/2026:16:00:00 +0000",
  "$context.requestId": GATEWAY_ID,
  "$context.identity.sourceIp": "203.0.113.101",
  "$context.httpMethod": "POST",
  "$context.path": "/authenticate",
  "$context.status": "200",
  "$context.responseLatency": "71",
  "$context.integrationLatency": "69",
  "$context.integrationErrorMessage": "-",
  "$context.identity.clientCert.subjectDN": "-",
};

/** Kilobytes, with one digit. */
export async function kilobytesOfReview(): Promise<string> {
  const bob = localIdentity("bob");
  const askSts = async () => ({ status: 200, body: identityBody(bob), requestId: UUID });
  const around = fakeServices({ [`role/${HOME}/developers`]: ROLE }, { askSts });
  const requestContext = { http: { method: "POST" }, stage: "$default", requestId: GATEWAY_ID };
  await handlerOf(around)(gatewayEvent(reviewBody(tokenOf("bob")), { requestContext }));
  assert.match(around.lines.join(), /"outcome":"granted"/);
  const access = ACCESS_LOG_FORMAT.toString().replace(/\$context[\w.]+/g, (name) => ACCESS[name] ?? assert.fail(name));
  const bytes = [...around.lines, ...BY_LAMBDA, access].map((line) => Buffer.byteLength(line));
  return (bytes.reduce((sum, one) => sum + one, 0) / 1000).toFixed(1);
}
