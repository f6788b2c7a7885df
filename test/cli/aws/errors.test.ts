// Error messages when AWS or the network fails during a read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { toFailure } from "../../../cli/aws/errors.ts";
import { awsRequestHandler } from "../../../cli/aws/request-handler.ts";
import { Failure } from "../../../cli/errors.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import type { Fault } from "../../../local/faults.ts";
import { cli } from "../cli.ts";
import { useCluster } from "../mappings/cluster.ts";

const cluster = useCluster({}, "all");

const answer = (status: number, body: string): Fault => ({ kind: "answer", status, body });
const FAULTS: [Fault, RegExp][] = [
  [answer(400, '{"__type":"UnrecognizedClientException","message":"x"}'), /^AWS does not know these credentials/],
  [
    answer(400, '{"__type":"InvalidSignatureException","message":"x"}'),
    /^AWS rejects the signature: the secret key or/,
  ],
  [answer(502, "<html>Bad Gateway</html>"), /^The response is not from AWS/],
  [answer(200, "<html>Log in</html>"), /^The response is not from AWS/],
  [
    answer(200, '{"Parameters":{}}'),
    /^The response to SSM GetParametersByPath is unexpected: check for a proxy, and check AWS_ENDPOINT_URL\. .* TypeError\./,
  ],
  // The SDK assigns the members of an unknown error's response to the error.
  [answer(400, '{"__type":"Strange","message":"x","code":"identity_denied","outcome":"denied"}'), /Strange, x\.$/m],
  [{ kind: "cut", body: '{"Parameters":[' }, /^No connection/],
];

for (const [fault, sentence] of FAULTS) {
  test(`${JSON.stringify(fault)}prints one line and exits with 3`, async () => {
    cluster.store.fail(fault);
    const { code, out, err } = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.deepEqual([code, out], [3, ""]);
    assert.match(err, sentence);
    assert.equal(err.trimEnd().split("\n").length, 1);
  });
}

test("a response without some of the requested names never reads as no parameters", async () => {
  cluster.store.fail(answer(200, "{}"));
  const role = "arn:aws:iam::111122223333:role/Developers";
  const { code, out, err } = await cli(["explain", role, "-c", "prod"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
  assert.deepEqual([code, out], [3, ""]);
  assert.match(
    err,
    /^The response to SSM GetParameters is not from AWS \(\/iam-authenticator\/prod\/\S+ is missing\): /,
  );
  cluster.store.fail(undefined);
});

test("a response without its list never reads as an empty list", async () => {
  cluster.store.fail(answer(200, "{}"));
  for (const words of [
    ["mappings", "list"],
    ["mappings", "history", "deny/any"],
    ["irsa", "keys", "list"],
  ]) {
    const { code, out, err } = await cli([...words, "-c", "prod"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.deepEqual([code, out], [3, ""], words.join(" "));
    assert.match(err, /^The response to SSM is not from AWS \(Parameters is missing\): /);
  }
  cluster.store.fail(undefined);
});

test("an address without a server and an unknown host name are reported", async () => {
  for (const url of ["http://127.0.0.1:1", "http://no-such-host.invalid"]) {
    process.env["AWS_ENDPOINT_URL_SSM"] = url;
    const { code, err } = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.equal(code, 3);
    assert.match(
      err,
      /^No connection to (127\.0\.0\.1 port 1 \(ECONNREFUSED\)|no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\): check the region, and the network)\.\n$/,
    );
  }
});

for (const fault of [{ kind: "silent" }, { kind: "stall", body: '{"Parameters":[' }] as const satisfies Fault[]) {
  test(`a response that is ${fault.kind} times out, and the retry is reported`, async () => {
    cluster.store.fail(fault);
    const told: string[] = [];
    const io = { ...processStreams(), log: (text: string) => told.push(text) };
    const requestHandler = awsRequestHandler(io, 500, 200);
    const ssm = new SSMClient({ endpoint: cluster.store.url, maxAttempts: 2, requestHandler });
    const failure = await ssm.send(new GetParametersCommand({ Names: ["/a"] })).catch(toFailure);
    cluster.store.fail(undefined);
    assert.ok(failure instanceof Failure);
    const { host } = new URL(cluster.store.url);
    const sentence = `AWS does not answer (no answer from ${host} within 0.5 s): check the network and any proxy.`;
    assert.deepEqual([failure.exitCode, failure.message], [3, sentence]);
    assert.deepEqual(told, [
      `Waiting for an answer from ${host}.\n`,
      `Waiting for an answer from ${host}, try 2 of 2.\n`,
    ]);
  });
}

test("an AWS error named AbortError is not a Ctrl-C", async () => {
  process.env["AWS_ENDPOINT_URL_SSM"] = cluster.store.url;
  for (const type of ["AbortError", "TimeoutError"]) {
    cluster.store.fail(answer(400, `{"__type":"${type}","message":"x"}`));
    const { code, err } = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.deepEqual([code, err], [3, `AWS returned an error: ${type}, x.\n`]);
  }
  cluster.store.fail(undefined);
});
