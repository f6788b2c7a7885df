// Tokens of real clients: the SDK's presigner for each kind of identity, and the spellings of other clients.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_IDENTITIES } from "../../local/identities.ts";
import { editToken } from "../token.ts";
import { denial, grantedUser } from "./answers.ts";
import { PREFIX } from "./mappings.ts";
import { startSystem } from "./system.ts";
import { VERSIONS } from "./token-review.ts";

const EVERY_IDENTITY = { "account/111122223333": {}, "account/444455556666": {} };

test("a token of each local identity, v1 and v1beta1, and the same tokens at another cluster", async (t) => {
  const here = await startSystem(t, { parameters: EVERY_IDENTITY });
  const elsewhere = await startSystem(t, {
    parameters: EVERY_IDENTITY,
    settings: { CLUSTER_ID: "elsewhere", MAPPING_PREFIX: PREFIX },
  });
  for (const { name, expiresAt, arn, accessKeyId } of LOCAL_IDENTITIES) {
    const token = await here.token(name);
    for (const apiVersion of VERSIONS) {
      const refusal = denial(await elsewhere.review(token, { apiVersion }));
      if (expiresAt === undefined) {
        const { extra } = grantedUser(await here.review(token, { apiVersion }));
        assert.deepEqual([extra?.["arn"], extra?.["accessKeyId"]], [[arn], [accessKeyId]]);
        assert.match(refusal, /^sts_refused: STS refused the token with SignatureDoesNotMatch.*another cluster/);
      } else {
        assert.match(denial(await here.review(token, { apiVersion })), /^sts_refused: .*ExpiredToken/);
        assert.match(refusal, /^sts_refused: .*ExpiredToken/);
      }
    }
  }
  assert.equal(elsewhere.store.calls(), 0);
});

test("tokens for each of the region's hosts, and the global one, are sent as they were signed", async (t) => {
  const system = await startSystem(t);
  for (const [region, host] of [
    ["us-east-1", "sts.amazonaws.com"],
    ["us-east-1", "sts.us-east-1.amazonaws.com"],
    ["eu-central-1", "sts.eu-central-1.amazonaws.com"],
    ["us-west-2", "sts-fips.us-west-2.amazonaws.com"],
    ["us-west-2", "sts.us-west-2.api.aws"],
  ] as const) {
    grantedUser(await system.review(await system.token("bob", { region, host })));
    assert.equal(system.sts.server().requests.at(-1)?.headers["host"], host);
  }
});

function reordered(url: string): string {
  const [base, query = ""] = url.split("?");
  return `${base}?${query.split("&").reverse().join("&")}`;
}

test("a client can choose the order of parameters and the case of escapes and names; one spelling is sent", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  for (const edit of [
    (url: string) => url,
    reordered,
    (url: string) => url.replaceAll("%2F", "%2f").replaceAll("%3B", "%3b"),
    (url: string) => url.replace("X-Amz-Date", "x-amz-date").replace("Action", "%41ction"),
  ]) {
    grantedUser(await system.review(editToken(token, edit)));
  }
  const { requests } = system.sts.server();
  assert.equal(requests.length, 4);
  assert.equal(new Set(requests.map(({ target }) => target)).size, 1);
  for (const { method, headers } of requests) {
    assert.equal(method, "GET");
    const { connection, ...sent } = headers;
    assert.equal(connection, "keep-alive");
    assert.deepEqual(sent, {
      host: "sts.us-west-2.amazonaws.com",
      accept: "application/json",
      "x-k8s-aws-id": "local",
    });
  }
});

test("a token is valid for 15 minutes whatever its X-Amz-Expires is, and a clock can be 15 minutes ahead", async (t) => {
  const system = await startSystem(t);
  const start = system.clock.now();
  for (const expiresIn of [0, 60, 900]) {
    const old = await system.token("bob", { expiresIn, now: start - 14 * 60_000 });
    const early = await system.token("bob", { expiresIn, now: start + 14 * 60_000 });
    grantedUser(await system.review(old));
    grantedUser(await system.review(early));
  }
});
