// Error messages when AWS or the network fails during a read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { awsRequestHandler } from "../../../cli/aws/client.ts";
import { shortReasonOf, toFailure } from "../../../cli/aws/errors.ts";
import { Failure } from "../../../cli/io/errors.ts";
import { processRun } from "../../../cli/io/run.ts";
import type { Fault } from "../../../local/aws/http-server.ts";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../commands/mappings/cluster.ts";
import { shippedSsm } from "../shipped-sdk.ts";

const cluster = useCluster({}, "all");
const answer = (status: number, body: string): Fault => ({ kind: "answer", status, body });
const refused = (type: string, status = 400) =>
  answer(status, JSON.stringify({ __type: type, message: "x" }));
const ONCE = { environment: { AWS_MAX_ATTEMPTS: "1" } };
for (const [fault, sentence] of [
  [refused("UnrecognizedClientException"), /^AWS does not know these credentials/],
  [refused("InvalidSignatureException"), /^AWS rejects the signature: the secret key or/],
  [
    answer(
      403,
      '{"__type":"SignatureDoesNotMatch","message":"Credential should be scoped to a valid region."}',
    ),
    /^AWS rejects the signature, as the endpoint is of another region: check --region, AWS_REGION and /,
  ],
  [refused("ExpiredTokenException"), /^The AWS credentials have expired: sign in again/],
  [
    refused("ParameterLimitExceeded"),
    /^This account and Region have as many .*\. Delete parameters that you do not need/,
  ],
  [
    refused("ParameterMaxVersionLimitExceeded"),
    /^The parameter has 100 versions.*\. Remove the label: aws ssm unlabel/,
  ],
  [refused("InternalServerError", 500), /^AWS returned an error: InternalServerError, x\./],
  // Not a Ctrl-C, nor a time limit of this command.
  [refused("AbortError"), /^AWS returned an error: AbortError, x\.$/m],
  [refused("TimeoutError"), /^AWS returned an error: TimeoutError, x\.$/m],
  [answer(502, "<html>Bad Gateway</html>"), /^The response is not from AWS/],
  [answer(200, "<html>Log in</html>"), /^The response is not from AWS/],
  [
    answer(200, '{"Parameters":{}}'),
    /^The response to SSM GetParametersByPath is unexpected: .* TypeError\./,
  ],
  // The SDK assigns the members of an unknown error's response to the error.
  [
    answer(400, '{"__type":"Strange","message":"x","code":"identity_denied","outcome":"denied"}'),
    /Strange, x\.$/m,
  ],
  [{ kind: "cut", body: '{"Parameters":[' }, /^No connection/],
] as const) {
  test(`${JSON.stringify(fault)} prints one line and exits with 3`, async () => {
    cluster.store.fail(fault);
    const { err } = await exits(cluster.mappings("list", ONCE), 3, sentence, "");
    assert.equal(err.split("\n").length, 2);
  });
}

for (const [words, missing = "SSM is not from AWS \\(Parameters"] of [
  [
    "explain arn:aws:iam::111122223333:role/Developers",
    "SSM GetParameters is not from AWS \\(/iam-auth\\S+",
  ],
  ["mappings list"],
  ["mappings history deny/any"],
  ["irsa keys list"],
] as const) {
  test(`${words}: a response without its parameters never reads as no parameters`, async () => {
    cluster.store.fail(answer(200, "{}"));
    const sentence = new RegExp(`^The response to ${missing} is missing\\): `);
    await exits(cli(`${words} -c prod`, ONCE), 3, sentence, "");
  });
}

test("a host that does not exist is named", async () => {
  process.env["AWS_ENDPOINT_URL_SSM"] = "http://no-such-host.invalid";
  const message =
    /^No connection to no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\): check the region, and the network\.\n$/;
  await exits(cluster.mappings(["list"], ONCE), 3, message);
  process.env["AWS_ENDPOINT_URL_SSM"] = cluster.store.url;
});

for (const [fault, isSeveral] of [
  [{ kind: "silent" }, false],
  [{ kind: "silent" }, true],
  [{ kind: "stall", body: '{"Parameters":[' }, false],
] as const satisfies [Fault, boolean][]) {
  test(`a response that is ${fault.kind} times out${isSeveral ? " without a retry with several clusters" : ", and the retry is reported"}`, async () => {
    cluster.store.fail(fault);
    const told: string[] = [];
    const run = { ...processRun(), log: (text: string) => told.push(text) };
    const requestHandler = awsRequestHandler(isSeveral ? { ...run, shared: run } : run, 500, 200);
    const ssm = shippedSsm({
      endpoint: cluster.store.url,
      maxAttempts: 2,
      requestHandler,
    });
    const failure = await ssm.send(new GetParametersCommand({ Names: ["/a"] })).catch(toFailure);
    cluster.store.fail(undefined);
    const { host } = new URL(cluster.store.url);
    const message = `AWS does not answer (no answer from ${host} within 0.5 s): check the network and any proxy.`;
    assert.ok(failure instanceof Failure);
    assert.deepEqual([failure.exitCode, failure.message], [3, message]);
    const waiting = `Waiting for an answer from ${host}`;
    assert.equal(shortReasonOf(failure), "no answer");
    assert.equal(told.join(""), `${waiting}.\n${isSeveral ? "" : `${waiting}, try 2 of 2.\n`}`);
  });
}
