// The settings of AWS-signed tokens: TOKENS, JWT_ISSUERS and JWT_KEYS_ENDPOINT.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { hasCode } from "../../../functions/errors.ts";
import { HOME, OTHER } from "./fixtures.ts";
import { ISSUER, OTHER_ISSUER } from "./jwt/mint.ts";

function read(changes: Readonly<Record<string, string>>) {
  return readSettings({ AWS_REGION: "eu-west-1", CLUSTER_ID: "prod", CALLER_AUTH: "bearer", ...changes });
}

function assertBad(changes: Readonly<Record<string, string>>, message: RegExp): void {
  assert.throws(
    () => read(changes),
    (error) => hasCode(error, "setting_invalid") && message.test(error.message),
    JSON.stringify(changes),
  );
}

test("JWT_ISSUERS is a list of accounts and their issuers", () => {
  const { jwt, tokens } = read({ JWT_ISSUERS: `${HOME}=${ISSUER}, ${OTHER}=${OTHER_ISSUER}` });
  assert.deepEqual(jwt, {
    clusterId: "prod",
    partition: "aws",
    accountByIssuer: new Map([
      [ISSUER, HOME],
      [OTHER_ISSUER, OTHER],
    ]),
  });
  assert.equal(tokens, "any");
});

test("an item of JWT_ISSUERS that is not an account and an issuer of AWS is refused with its form", () => {
  const forms = [
    ISSUER,
    HOME,
    `${HOME}=`,
    `${HOME}:${ISSUER}`,
    `${HOME} = ${ISSUER}`,
    `11112222333=${ISSUER}`,
    `${HOME}=${ISSUER}/`,
    `${HOME}=${ISSUER}:443`,
    `${HOME}=${ISSUER.replace("https", "http")}`,
    `${HOME}=${ISSUER}.example.com`,
    `${HOME}=https://oidc.example.com`,
    `${HOME}=https://tokens.sts.global.api.aws`,
    `${HOME}=https://a.b.tokens.sts.global.api.aws`,
    `${HOME}=https://user@a.tokens.sts.global.api.aws`,
  ];
  for (const JWT_ISSUERS of forms) {
    assertBad(
      { JWT_ISSUERS },
      /^JWT_ISSUERS must be a list of <account id>=https:\/\/<id>\.tokens\.sts\.global\.api\.aws/,
    );
  }
  assertBad({ JWT_ISSUERS: `${HOME}=${ISSUER},` }, /^JWT_ISSUERS must be a list separated by ","/);
});

test("an issuer must be of the function's partition", () => {
  const china = "https://a1b2.tokens.sts.global.api.amazonwebservices.com.cn";
  const { jwt } = read({ AWS_REGION: "cn-north-1", JWT_ISSUERS: `${HOME}=${china}` });
  assert.deepEqual(jwt?.accountByIssuer, new Map([[china, HOME]]));
  assertBad(
    { AWS_REGION: "cn-north-1", JWT_ISSUERS: `${HOME}=${ISSUER}` },
    /^JWT_ISSUERS must be a list of <account id>=https:\/\/<id>\.tokens\.sts\.global\.api\.amazonwebservices\.com\.cn/,
  );
  assertBad(
    { JWT_ISSUERS: `${HOME}=${china}` },
    /^JWT_ISSUERS must be .*global\.api\.aws, without a final slash, not /,
  );
});

test("issuers of a partition whose form is not known are refused with that reason", () => {
  for (const AWS_REGION of ["us-gov-west-1", "eusc-de-east-1"]) {
    for (const issuer of [ISSUER, "https://a1b2.tokens.sts.global.amazonaws.com"]) {
      assertBad(
        { AWS_REGION, JWT_ISSUERS: `${HOME}=${issuer}` },
        /^JWT_ISSUERS must be left out in the partition aws-\S+, whose form of an issuer is not known$/,
      );
    }
    assert.equal(read({ AWS_REGION }).jwt, undefined);
  }
});

test("no account and no issuer is listed twice", () => {
  assertBad(
    { JWT_ISSUERS: `${HOME}=${ISSUER},${OTHER}=${ISSUER}` },
    /^JWT_ISSUERS must be a list that has each issuer once/,
  );
  assertBad({ JWT_ISSUERS: `${HOME}=${ISSUER},${HOME}=${OTHER_ISSUER}` }, /^JWT_ISSUERS .* each account once/);
  assertBad({ JWT_ISSUERS: `${HOME}=${ISSUER},${HOME}=${ISSUER}` }, /^JWT_ISSUERS .* once/);
});

test("TOKENS is any or jwt, and jwt requires issuers", () => {
  assert.equal(read({ TOKENS: "any" }).tokens, "any");
  assert.equal(read({ TOKENS: "jwt", JWT_ISSUERS: `${HOME}=${ISSUER}` }).tokens, "jwt");
  for (const TOKENS of ["JWT", "all", "k8s-aws-v1", "any,jwt"])
    assertBad({ TOKENS }, /^TOKENS must be one of any, jwt/);
  assertBad({ TOKENS: "jwt" }, /^JWT_ISSUERS is required: with TOKENS=jwt, every other token is refused$/);
});

test("JWT_KEYS_ENDPOINT is a URL with a path at most, and plain HTTP only on this machine", () => {
  const issuers = { JWT_ISSUERS: `${HOME}=${ISSUER}` };
  for (const url of ["https://keys.example.com", "https://keys.example.com/aws/", "http://127.0.0.1:8080/x"]) {
    assert.equal(read({ ...issuers, JWT_KEYS_ENDPOINT: url }).jwtKeysEndpoint?.href, new URL(url).href);
  }
  for (const url of ["keys.example.com", "http://keys.example.com", "ftp://127.0.0.1", "https://"]) {
    assertBad({ ...issuers, JWT_KEYS_ENDPOINT: url }, /^JWT_KEYS_ENDPOINT must be a URL that begins with https:\/\//);
  }
  for (const more of ["?a=b", "#a"]) {
    assertBad(
      { ...issuers, JWT_KEYS_ENDPOINT: `https://keys.example.com${more}` },
      /^JWT_KEYS_ENDPOINT must be a URL without/,
    );
  }
  assertBad(
    { ...issuers, JWT_KEYS_ENDPOINT: "https://u:p@keys.example.com" },
    /^JWT_KEYS_ENDPOINT must be a URL without/,
  );
});
