// What a user reads when AWS or the network fails a command that only reads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { REQUEST_LIMITS } from "../../../cli/aws/client-config.ts";
import { toFailure } from "../../../cli/aws/errors.ts";
import { Failure } from "../../../cli/errors.ts";
import type { Fault } from "../../../local/faults.ts";
import { type LocalCluster, storedCluster } from "../commands/mappings/cluster.ts";

let cluster: LocalCluster;
before(async () => {
  cluster = await storedCluster();
});
after(() => cluster.store.close());

const answer = (status: number, body: string): Fault => ({ kind: "answer", status, body });
const FAULTS: [Fault, RegExp][] = [
  [answer(400, '{"__type":"UnrecognizedClientException","message":"x"}'), /^AWS does not know these credentials/],
  [
    answer(400, '{"__type":"InvalidSignatureException","message":"x"}'),
    /^AWS refuses the signature: the secret key or/,
  ],
  [answer(502, "<html>Bad Gateway</html>"), /^What answers is not AWS/],
  [answer(200, "<html>Log in</html>"), /^What answers is not AWS/],
  [{ kind: "cut", body: '{"Parameters":[' }, /^No connection/],
];

for (const [fault, sentence] of FAULTS) {
  test(`${JSON.stringify(fault)}: one line, and code 3`, async () => {
    cluster.store.fail(fault);
    const { code, out, err } = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.deepEqual([code, out], [3, ""]);
    assert.match(err, sentence);
    assert.equal(err.trimEnd().split("\n").length, 1);
  });
}

test("nobody at the address, and a name that does not resolve", async () => {
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

test("a network that is silent in the middle is not waited for without end", async () => {
  cluster.store.fail({ kind: "silent" });
  const ssm = new SSMClient({
    endpoint: cluster.store.url,
    maxAttempts: 2,
    requestHandler: { ...REQUEST_LIMITS, requestTimeout: 100 },
  });
  const failure = await ssm.send(new GetParametersCommand({ Names: ["/a"] })).catch(toFailure);
  cluster.store.fail(undefined);
  assert.ok(failure instanceof Failure);
  assert.deepEqual(
    [failure.exitCode, failure.message],
    [3, "AWS does not answer: check the network, and any proxy on the way."],
  );
});
