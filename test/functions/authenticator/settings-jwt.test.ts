// The settings of AWS-signed tokens: TOKENS, JWT_ISSUERS and JWT_KEYS_ENDPOINT.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER } from "./fixtures.ts";
import { ISSUER, OTHER_ISSUER } from "./jwt/mint.ts";
import { assertBad, read } from "./read-settings.ts";

const FORM = "must be a list of <account id>=https://<id>.tokens.sts.global.api.aws, without a final slash, not ";
const JWT_ISSUERS = `${HOME}=${ISSUER}`;

test("JWT_ISSUERS is a list of accounts and their issuers", () => {
  const { jwt, tokens } = read({ JWT_ISSUERS: `${HOME}=${ISSUER}, ${OTHER}=${OTHER_ISSUER}` });
  assert.deepEqual(jwt, {
    clusterId: "prod-1",
    partition: "aws",
    accountByIssuer: new Map([
      [ISSUER, HOME],
      [OTHER_ISSUER, OTHER],
    ]),
  });
  assert.equal(tokens, "any");
});

test("an item of JWT_ISSUERS that is not an account and an issuer of AWS is refused with its form", () => {
  const forms = [ISSUER, HOME, `${HOME}=`, `${HOME}:${ISSUER}`, `${HOME} = ${ISSUER}`, `11112222333=${ISSUER}`];
  const hosts = ["oidc.example.com", "tokens.sts.global.api.aws", "a.b.tokens.sts.global.api.aws"];
  const user = "user@a.tokens.sts.global.api.aws";
  assertBad("JWT_ISSUERS", forms, FORM);
  assertBad(
    "JWT_ISSUERS",
    [...hosts, user].map((host) => `${HOME}=https://${host}`),
    FORM,
  );
  assertBad(
    "JWT_ISSUERS",
    ["/", ":443", ".example.com"].map((more) => `${JWT_ISSUERS}${more}`),
    FORM,
  );
  assertBad("JWT_ISSUERS", [JWT_ISSUERS.replace("https", "http")], FORM);
  assertBad("JWT_ISSUERS", [`${JWT_ISSUERS},`], 'must be a list separated by ","');
});

test("an issuer must be of the function's partition", () => {
  const china = "https://a1b2.tokens.sts.global.api.amazonwebservices.com.cn";
  const inChina = { AWS_REGION: "cn-north-1" };
  const { jwt } = read({ ...inChina, JWT_ISSUERS: `${HOME}=${china}` });
  assert.deepEqual(jwt?.accountByIssuer, new Map([[china, HOME]]));
  assertBad("JWT_ISSUERS", [JWT_ISSUERS], "sts.global.api.amazonwebservices.com.cn, without", inChina);
  assertBad("JWT_ISSUERS", [`${HOME}=${china}`], FORM);
});

test("issuers of a partition whose form is not known are refused with that reason", () => {
  const message = /^JWT_ISSUERS must be left out in the partition aws-\S+, whose form of an issuer is not known$/;
  for (const AWS_REGION of ["us-gov-west-1", "eusc-de-east-1"]) {
    const other = `${HOME}=https://a1b2.tokens.sts.global.amazonaws.com`;
    assertBad("JWT_ISSUERS", [JWT_ISSUERS, other], message, { AWS_REGION });
    assert.equal(read({ AWS_REGION }).jwt, undefined);
  }
});

test("no account and no issuer is listed twice", () => {
  const issuerTwice = [`${JWT_ISSUERS},${OTHER}=${ISSUER}`, `${JWT_ISSUERS},${JWT_ISSUERS}`];
  assertBad("JWT_ISSUERS", issuerTwice, "must be a list that has each issuer once");
  assertBad("JWT_ISSUERS", [`${JWT_ISSUERS},${HOME}=${OTHER_ISSUER}`], "each account once");
});

test("TOKENS is any or jwt, and jwt requires issuers", () => {
  assert.equal(read({ TOKENS: "any" }).tokens, "any");
  assert.equal(read({ TOKENS: "jwt", JWT_ISSUERS }).tokens, "jwt");
  assertBad("TOKENS", ["JWT", "all", "k8s-aws-v1", "any,jwt"], "must be one of any, jwt");
  const message = "JWT_ISSUERS is required: with TOKENS=jwt, every other token is refused";
  assert.throws(() => read({ TOKENS: "jwt" }), { code: "setting_invalid", message });
});

test("JWT_KEYS_ENDPOINT is a URL with a path at most, and plain HTTP only on this machine", () => {
  for (const url of ["https://keys.example.com", "https://keys.example.com/aws/", "http://127.0.0.1:8080/x"]) {
    assert.equal(read({ JWT_ISSUERS, JWT_KEYS_ENDPOINT: url }).jwtKeysEndpoint?.href, new URL(url).href);
  }
  const urls = ["keys.example.com", "http://keys.example.com", "ftp://127.0.0.1", "https://"];
  assertBad("JWT_KEYS_ENDPOINT", urls, "must be a URL that begins with https://", { JWT_ISSUERS });
  const more = ["keys.example.com?a=b", "keys.example.com#a", "u:p@keys.example.com"].map((rest) => `https://${rest}`);
  assertBad("JWT_KEYS_ENDPOINT", more, "must be a URL without", { JWT_ISSUERS });
});
