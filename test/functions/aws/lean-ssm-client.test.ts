// The lean client sends what the SDK's client sends, reads what it reads, and corrects a wrong
// clock like it.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import {
  GetParametersByPathCommand,
  GetParametersCommand,
  SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import type { MetadataBearer } from "@smithy/types";
import { LeanSsmClient } from "../../../functions/aws/lean-ssm-client.ts";
import { OPERATOR, startParameterStore } from "../../local-aws.ts";

const region = "us-east-1";
const store = await startParameterStore({
  region,
  parameters: { "/probe/a": "1", "/probe/b": "ü" },
  sendsDate: true,
});
const options = { region, endpoint: store.url, maxAttempts: 1, requestHandler: {} };
const full = new SSMClient(options);
type Client = Pick<SSMClient, "send" | "destroy">;
const lean = new LeanSsmClient(new SSMClient(options).config, options) as unknown as Client;

after(() => {
  for (const client of [full, lean]) client.destroy();
  return store.close();
});

beforeEach(() => {
  process.env["AWS_ACCESS_KEY_ID"] = OPERATOR.accessKeyId;
  process.env["AWS_SECRET_ACCESS_KEY"] = OPERATOR.secretAccessKey;
  store.fail(undefined);
});

/** What differs with the time, and what the lean client leaves out. */
const OWN = [
  "authorization",
  "x-amz-date",
  "user-agent",
  "x-amz-user-agent",
  "amz-sdk-invocation-id",
  "amz-sdk-request",
];

function lastRequest() {
  const { method, target, headers, body } = store.requests.at(-1) ?? assert.fail("no request");
  const alike = Object.entries(headers).filter(([name]) => !OWN.includes(name));
  return { method, target, headers: Object.fromEntries(alike), body: String(body) };
}

const CALLS: Readonly<Record<string, (client: Client) => Promise<MetadataBearer>>> = {
  GetParameters: (client) =>
    client.send(new GetParametersCommand({ Names: ["/probe/a", "/probe/b", "/probe/none"] })),
  GetParametersByPath: (client) =>
    client.send(new GetParametersByPathCommand({ Path: "/probe", MaxResults: 1 })),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name}: the same request, and the same response`, async () => {
    const expected = await call(full);
    const request = lastRequest();
    const found = await call(lean);
    assert.deepEqual(lastRequest(), request);
    assert.deepEqual({ ...found, $metadata: {} }, { ...expected, $metadata: {} });
    assert.equal(found.$metadata.httpStatusCode, 200);
    assert.equal(store.requests.at(-1)?.headers["user-agent"], "iam-authenticator");
  });
}

test("an error has the class, the name and the status that the SDK gives it", async () => {
  const body = JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" });
  store.fail({
    kind: "answer",
    status: 400,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body,
  });
  const failures = [full, lean].map((client) =>
    CALLS["GetParameters"]?.(client).catch((error: unknown) => error),
  );
  const [expected, found] = (await Promise.all(failures)).map((error) => {
    assert.ok(error instanceof SSMServiceException);
    return [error.name, error.message, error.$fault, error.$metadata.httpStatusCode];
  });
  assert.deepEqual(found, expected);
});

test("after a response with another date, requests are signed with the time of that date", async () => {
  const HOUR = 3_600_000;
  for (const client of [full, lean]) {
    const date = new Date(Date.now() + HOUR).toUTCString();
    store.fail({
      kind: "answer",
      status: 403,
      headers: { date },
      body: JSON.stringify({ __type: "InvalidSignatureException" }),
    });
    await assert.rejects(CALLS["GetParameters"]?.(client) ?? assert.fail());
    store.fail(undefined);
    await CALLS["GetParameters"]?.(client);
    const signed =
      store.requests
        .at(-1)
        ?.headers["x-amz-date"]?.replace(/(..)(..)(..)T(..)(..)/, "$1-$2-$3T$4:$5:") ?? "";
    const ahead = Date.parse(signed) - Date.now();
    assert.ok(Math.abs(ahead - HOUR) < 60_000, `${signed} is ${ahead} ms ahead`);
  }
});
