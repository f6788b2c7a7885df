// The AWS JSON protocol: headers, protocol errors, throttling.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { post } from "../../post.ts";

const SIGNED = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0";

const store = await startParameterStore({ parameters: { "/a": "v" }, region: "cn-north-1", partition: "aws-cn" });
after(() => store.close());

async function call(body: string, headers: Record<string, string> = {}, path = "/") {
  const reply = await post(store.url + path, {
    headers: {
      authorization: SIGNED,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.GetParameter",
      ...headers,
    },
    body,
  });
  const answer: Record<string, unknown> = JSON.parse(reply.text);
  return { ...reply, answer, type: answer["__type"] };
}

test("responses and errors have the service's format", async () => {
  const found = await call('{"Name":"/a"}');
  assert.equal(found.status, 200);
  assert.equal(found.headers["content-type"], "application/x-amz-json-1.1");
  assert.match(String(found.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
  const parameter = found.answer["Parameter"] as Record<string, unknown>;
  assert.equal(typeof parameter["LastModifiedDate"], "number");
  assert.equal(parameter["ARN"], "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a");

  const missing = await call('{"Name":"/b"}');
  assert.deepEqual(
    [missing.status, missing.answer],
    [400, { __type: "ParameterNotFound", message: "Parameter /b not found." }],
  );
  assert.equal(missing.headers["x-amzn-errortype"], "ParameterNotFound");
});

test("an unsigned request fails", async () => {
  const { status, type } = await call('{"Name":"/a"}', { authorization: "Bearer x" });
  assert.deepEqual([status, type], [403, "MissingAuthenticationToken"]);
});

test("an unknown operation or path fails", async () => {
  assert.equal((await call("{}", { "x-amz-target": "AmazonSSM.SendCommand" })).type, "UnknownOperationException");
  for (const target of ["AmazonSSM.DescribeParameters", "AmazonSSM.constructor", "AmazonSSM.", ""]) {
    assert.equal((await call("{}", { "x-amz-target": target })).type, "UnknownOperationException", target);
  }
  assert.equal((await call("{}", {}, "/x")).type, "UnknownOperationException");
});

test("a body that does not match the model fails", async () => {
  for (const body of ["{", "[]", '{"Name":1}', '{"Name":"/a","WithDecryption":"yes"}']) {
    assert.equal((await call(body)).type, "SerializationException", body);
  }
  assert.equal((await call("{}", { "content-type": "text/plain" })).type, "SerializationException");
  const { type, answer } = await call("");
  assert.equal(type, "ValidationException");
  assert.match(String(answer["message"]), /'null' at 'name' failed to satisfy constraint: Member must not be null/);
});
