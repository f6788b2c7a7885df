// --debug: reports each request on standard error, without secrets, in any encoding in which a server may embed them.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSecrets } from "../../cli/terminal/secrets.ts";
import { localIdentity } from "../../local/identities.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { mintToken } from "../../local/token.ts";
import { keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "./cli.ts";
import { ADMIN, DEVELOPERS, exits, prints, useCluster } from "./mappings/cluster.ts";
import { useServer } from "./use-server.ts";

const cluster = useCluster(ADMIN, "all");
const sts = useServer(startSts);

test("each request has a line with its operation, status and time", async () => {
  const { err } = await prints(cluster.mappings(["list", "--debug"]), /ClusterAdmin/i);
  const request = `^debug: POST ${cluster.store.url}/ AmazonSSM.GetParametersByPath 200 in \\d+ ms, \\d+ bytes`;
  assert.match(err, new RegExp(request));
  assert.equal((await cluster.mappings(["list"])).err, "");
  const byVariable = await cluster.mappings(["list"], { environment: { IAM_AUTHENTICATOR_DEBUG: "1" } });
  assert.match(byVariable.err, new RegExp(request));
});

test("the lines of a presigned request contain no token, signature or key", async () => {
  const identity = localIdentity("alice");
  const urls = { AWS_ENDPOINT_URL_SSM: cluster.store.url, AWS_ENDPOINT_URL_STS: sts.url };
  useLocalAws({ ...urls, ...keyVariables(identity) });
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
  useLocalAws({ AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9" });
  await exits(
    cluster.mappings(["get", DEVELOPERS, "--debug"], { environment: { AWS_MAX_ATTEMPTS: "1" } }),
    3,
    /^debug: POST http:\/\/127\.0\.0\.1:9\/ AmazonSSM\.GetParameters failed after \d+ ms: ECONNREFUSED\n/,
  );
});

test("of an error from AWS, --debug prints the stack and the request id, and no other field", async () => {
  const fields = "<Code>InternalFailure</Code><Message>try again</Message><SessionToken>IQoJb3JpZ2lu</SessionToken>";
  sts.fail({
    kind: "answer",
    status: 400,
    headers: { "content-type": "text/xml", "x-amzn-requestid": "req-1", "x-echo": "IQoJb3JpZ2lu" },
    body: `<ErrorResponse><Error>${fields}</Error><Echo>IQoJb3JpZ2lu</Echo></ErrorResponse>`,
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.store.url, AWS_ENDPOINT_URL_STS: sts.url });
  const { err } = await exits(cli(["whoami", "-c", "prod", "--debug"]), 3);
  assert.match(err, /^AWS returned an error: InternalFailure, try again\.$/m);
  assert.match(err, /^InternalFailure: try again$/m);
  assert.match(err, /^ {4}at /m);
  assert.match(err, /^request req-1$/m);
  assert.doesNotMatch(err, /IQoJ/);
});

const secret = fc.base64String({ minLength: 24, maxLength: 120 }).filter((text) => text.length >= 24);
const words = fc.string({ unit: fc.constantFrom("<", " ", "#"), maxLength: 40 });

test("no twelve characters of a secret remain in a text, in any encoding", () => {
  fc.assert(
    fc.property(secret, fc.nat(), fc.nat(), fc.nat(3), words, words, (text, from, length, spelling, before, after) => {
      const secrets = createSecrets();
      secrets.add(text);
      const bytes = Buffer.from(text);
      const spelled =
        [text, encodeURIComponent(text), bytes.toString("base64"), bytes.toString("base64url")][spelling] ?? "";
      const start = from % (spelled.length - 12);
      const part = spelled.slice(start, start + 12 + (length % spelled.length));
      const hidden = secrets.hide(`${before}${part}${after}`);
      assert.equal(hidden, `${before}<hidden>${after}`);
    }),
    { numRuns: 500, seed: 35 },
  );
});

test("other text is unchanged: a short secret is hidden only in full, and one of a few letters is not hidden", () => {
  const secrets = createSecrets();
  secrets.add("hunter22");
  secrets.add("a");
  assert.equal(secrets.hide("a password, hunter22, and hunter"), "a password, <hidden>, and hunter");
});
