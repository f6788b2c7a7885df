// --debug: reports each request on standard error, without secrets, in any encoding in which a
// server may embed them.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSecrets } from "../../../cli/io/run.ts";
import { mintToken } from "../../../local/identities.ts";
import { keyVariables } from "../../aws-variables.ts";
import { localIdentity, startSts } from "../../local-aws.ts";
import { cli, useLocalAws } from "../cli.ts";
import { ADMIN, DEVELOPERS, exits, prints, useCluster } from "../commands/mappings/cluster.ts";
import { useServer } from "../fixtures.ts";

const cluster = useCluster(ADMIN, "all");
const sts = useServer(startSts);

test("each request has a line with its operation, status and time", async () => {
  const request = new RegExp(
    `^debug: POST ${cluster.store.url}/ AmazonSSM.GetParametersByPath 200 in \\d+ ms, \\d+ b`,
  );
  await prints(cluster.mappings("list --debug"), /ClusterAdmin/i, request);
  await exits(cluster.mappings("list"), 0, "");
  await exits(
    cluster.mappings("list", { environment: { IAM_AUTHENTICATOR_DEBUG: "1" } }),
    0,
    request,
  );
  useLocalAws({ AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9" });
  const failing = cluster.mappings(`get ${DEVELOPERS} --debug`, {
    environment: { AWS_MAX_ATTEMPTS: "1" },
  });
  const failed =
    /^debug: POST http:\/\/127\.0\.0\.1:9\/ AmazonSSM\.GetParameters failed after \d+ ms: ECONNREFUSED\n/;
  await exits(failing, 3, failed);
});

test("the lines of a presigned request contain no token, signature or key", async () => {
  const identity = localIdentity("alice");
  const urls = { AWS_ENDPOINT_URL_SSM: cluster.store.url, AWS_ENDPOINT_URL_STS: sts.url };
  useLocalAws({ ...urls, ...keyVariables(identity) });
  const token = await mintToken({ identity, clusterId: "prod", region: "us-east-1" });
  const { err } = await cli(["explain", "-c", "prod", "--debug"], { input: token });
  const whoami = await cli(["whoami", "-c", "prod", "--debug"]);
  const text = `${err}${whoami.err}`.match(/^debug: .*/gm)?.join("\n") ?? "";
  assert.ok(text.includes(sts.url), err);
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  for (const secret of [
    token,
    url.searchParams.get("X-Amz-Signature") ?? assert.fail(),
    identity.secretAccessKey,
  ]) {
    assert.ok(!text.includes(secret));
  }
  assert.doesNotMatch(text, /X-Amz-|Signature|Authorization|k8s-aws/i);
});

test("of an error from AWS, --debug prints the stack and the request id, and no other field", async () => {
  const fields =
    "<Code>InternalFailure</Code><Message>try again</Message><SessionToken>IQoJb3JpZ2lu</SessionToken>";
  sts.fail({
    kind: "answer",
    status: 400,
    headers: { "content-type": "text/xml", "x-amzn-requestid": "req-1", "x-echo": "IQoJb3JpZ2lu" },
    body: `<ErrorResponse><Error>${fields}</Error><Echo>IQoJb3JpZ2lu</Echo></ErrorResponse>`,
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.store.url, AWS_ENDPOINT_URL_STS: sts.url });
  const lines =
    /^AWS returned an error: InternalFailure, try again\.\nInternalFailure: try again\n( {4}at .*\n)+request req-1$/m;
  const { err } = await exits(cli("whoami -c prod --debug"), 3, lines);
  assert.doesNotMatch(err, /IQoJ/);
});

const secret = fc
  .base64String({ minLength: 24, maxLength: 120 })
  .filter((text) => text.length >= 24);
const words = fc.string({ unit: fc.constantFrom("<", " ", "#"), maxLength: 40 });

test("no twelve characters of a secret remain in a text, in any encoding", () => {
  const place = fc.record({
    from: fc.nat(),
    length: fc.nat(),
    spelling: fc.nat(3),
    before: words,
    after: words,
  });
  const hidden = fc.property(secret, place, (text, { from, length, spelling, before, after }) => {
    const secrets = createSecrets();
    secrets.add(text);
    const bytes = Buffer.from(text);
    const all = [
      text,
      encodeURIComponent(text),
      bytes.toString("base64"),
      bytes.toString("base64url"),
    ];
    const spelled = all[spelling] ?? "";
    const start = from % (spelled.length - 12);
    const part = spelled.slice(start, start + 12 + (length % spelled.length));
    assert.equal(secrets.hide(`${before}${part}${after}`), `${before}<hidden>${after}`);
  });
  fc.assert(hidden, { numRuns: 500, seed: 35 });
});

test("a short secret is hidden only in full, and one of a few letters is not", () => {
  const secrets = createSecrets();
  secrets.add("hunter22");
  secrets.add("a");
  assert.equal(
    secrets.hide("a password, hunter22, and hunter"),
    "a password, <hidden>, and hunter",
  );
});
