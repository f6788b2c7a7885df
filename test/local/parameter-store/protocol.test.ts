// The wire: headers, refusals before any operation, throttling.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ssmThrottling } from "../../../local/parameter-store/protocol.ts";
import { refused, ssmClient } from "./client.ts";

const SIGNED = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0";

let store: MemoryStore;

before(async () => {
  store = await startParameterStore({ parameters: { "/a": "v" }, region: "cn-north-1", partition: "aws-cn" });
});
after(() => store.close());

async function post(body: string, headers: Record<string, string> = {}, path = "/") {
  const response = await fetch(store.url + path, {
    method: "POST",
    headers: {
      authorization: SIGNED,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.GetParameter",
      ...headers,
    },
    body,
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, answer, type: answer["__type"] };
}

test("an answer and an error look as the service's do", async () => {
  const found = await post('{"Name":"/a"}');
  assert.equal(found.status, 200);
  assert.equal(found.headers.get("content-type"), "application/x-amz-json-1.1");
  assert.match(found.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
  const parameter = found.answer["Parameter"] as Record<string, unknown>;
  assert.equal(typeof parameter["LastModifiedDate"], "number");
  assert.equal(parameter["ARN"], "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a");

  const missing = await post('{"Name":"/b"}');
  assert.deepEqual(
    [missing.status, missing.answer],
    [400, { __type: "ParameterNotFound", message: "Parameter /b not found." }],
  );
  assert.equal(missing.headers.get("x-amzn-errortype"), "ParameterNotFound");
});

test("an unsigned request is refused", async () => {
  const { status, type } = await post('{"Name":"/a"}', { authorization: "Bearer x" });
  assert.deepEqual([status, type], [403, "MissingAuthenticationToken"]);
});

test("an unknown operation or path is refused", async () => {
  assert.equal((await post("{}", { "x-amz-target": "AmazonSSM.SendCommand" })).type, "UnknownOperationException");
  for (const target of ["AmazonSSM.DescribeParameters", "AmazonSSM.constructor", "AmazonSSM.", ""]) {
    assert.equal((await post("{}", { "x-amz-target": target })).type, "UnknownOperationException", target);
  }
  assert.equal((await post("{}", {}, "/x")).type, "UnknownOperationException");
});

test("a body that is not what the model says is refused", async () => {
  for (const body of ["{", "[]", '{"Name":1}', '{"Name":"/a","WithDecryption":"yes"}']) {
    assert.equal((await post(body)).type, "SerializationException", body);
  }
  assert.equal((await post("{}", { "content-type": "text/plain" })).type, "SerializationException");
  const { type, answer } = await post("");
  assert.equal(type, "ValidationException");
  assert.match(String(answer["message"]), /'null' at 'name' failed to satisfy constraint: Member must not be null/);
});

test("throttling meets the client as ThrottlingException", async () => {
  store.fail(ssmThrottling());
  await refused(
    ssmClient(store.url).send(new GetParameterCommand({ Name: "/a" })),
    "ThrottlingException",
    /Rate exceeded/,
  );
  store.fail(undefined);
  await ssmClient(store.url).send(new GetParameterCommand({ Name: "/a" }));
});
