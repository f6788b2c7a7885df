// --debug: reports each request on standard error, without secrets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { mintToken } from "../../local/token.ts";
import { keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "./cli.ts";
import { ADMIN, DEVELOPERS, exits, type LocalCluster, storedCluster } from "./mappings/cluster.ts";

let cluster: LocalCluster;
let sts: Awaited<ReturnType<typeof startSts>>;
before(async () => {
  cluster = await storedCluster(ADMIN);
  sts = await startSts();
});
after(() => Promise.all([cluster.store.close(), sts.close()]));

test("each request has a line with its operation, status and time", async () => {
  const { out, err } = await exits(cluster.mappings(["list", "--debug"]), 0);
  assert.match(out, /ClusterAdmin/i);
  const [line] = err.split("\n");
  const url = cluster.store.url.replaceAll(".", "\\.");
  assert.match(
    line ?? "",
    new RegExp(`^debug: POST ${url}/ AmazonSSM\\.GetParametersByPath 200 in \\d+ ms, \\d+ bytes`),
  );
  assert.equal((await cluster.mappings(["list"])).err, "");
});

test("IAM_AUTHENTICATOR_DEBUG sets it too", async () => {
  const { err } = await cluster.mappings(["list"], { environment: { IAM_AUTHENTICATOR_DEBUG: "1" } });
  assert.match(err, /^debug: POST /);
});

test("the lines of a presigned request contain no token, signature or key", async () => {
  const identity = localIdentity("alice");
  useLocalAws({
    AWS_ENDPOINT_URL_SSM: cluster.store.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    ...keyVariables(identity),
  });
  const token = await mintToken({ identity, clusterId: "prod", region: "us-east-1" });
  const { err } = await cli(["explain", "-c", "prod", "--debug"], { input: token });
  const whoami = await cli(["whoami", "-c", "prod", "--debug"]);
  const lines = `${err}${whoami.err}`.split("\n").filter((line) => line.startsWith("debug: "));
  assert.ok(
    lines.some((line) => line.includes(sts.url)),
    err,
  );
  const text = lines.join("\n");
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  for (const secret of [token, url.searchParams.get("X-Amz-Signature") ?? assert.fail(), identity.secretAccessKey]) {
    assert.ok(!text.includes(secret));
  }
  assert.doesNotMatch(text, /X-Amz-|Signature|Authorization|k8s-aws/i);
});

test("a failed request has a line with its code", async () => {
  const { url } = cluster.store;
  useLocalAws({ AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" });
  const { code, err } = await cluster.mappings(["get", DEVELOPERS, "--debug"]);
  useLocalAws({ AWS_ENDPOINT_URL_SSM: url });
  delete process.env["AWS_MAX_ATTEMPTS"];
  assert.equal(code, 3);
  assert.match(
    err,
    /^debug: POST http:\/\/127\.0\.0\.1:9\/ AmazonSSM\.GetParameters failed after \d+ ms: ECONNREFUSED\n/,
  );
});

test("of an error from AWS, --debug prints the stack and the request id, and no other field", async () => {
  const fields = "<Code>InternalFailure</Code><Message>try again</Message><SessionToken>IQoJb3JpZ2lu</SessionToken>";
  const hostile = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(400, { "content-type": "text/xml", "x-amzn-requestid": "req-1", "x-echo": "IQoJb3JpZ2lu" });
      response.end(`<ErrorResponse><Error>${fields}</Error><Echo>IQoJb3JpZ2lu</Echo></ErrorResponse>`);
    });
  }).listen(0, "127.0.0.1");
  await once(hostile, "listening");
  const { port } = hostile.address() as AddressInfo;
  useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.store.url, AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}` });
  const { code, err } = await cli(["whoami", "-c", "prod", "--debug"]);
  hostile.close();
  assert.equal(code, 3);
  assert.match(err, /^AWS returned an error: InternalFailure, try again\.$/m);
  assert.match(err, /^InternalFailure: try again$/m);
  assert.match(err, /^ {4}at /m);
  assert.match(err, /^request req-1$/m);
  assert.doesNotMatch(err, /IQoJ/);
});
