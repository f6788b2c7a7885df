// The issuer's settings: required ones, and the only accepted spelling of an issuer URL.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readIssuerSettings } from "../../../functions/issuer/settings.ts";

const ISSUER_URL = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", ISSUER_URL };

function read(changes: Readonly<Record<string, string | undefined>> = {}) {
  return readIssuerSettings({ ...REQUIRED, ...changes });
}

test("CLUSTER_ID, ISSUER_URL and AWS_REGION are required", () => {
  for (const name of Object.keys(REQUIRED)) {
    for (const value of [undefined, ""]) {
      assert.throws(
        () => read({ [name]: value }),
        new RegExp(`^setting_invalid: ${name} is required: `),
      );
    }
  }
  const settings = read({ MAPPING_PREFIX: "/kube", LOG_LEVEL: "warn" });
  assert.partialDeepStrictEqual(settings, { mappingPrefix: "/kube", logLevel: "warn" });
  assert.throws(() => read({ MAPPING_PREFIX: "kube" }), /^setting_invalid: MAPPING_PREFIX must be/);
});

test("ISSUER_URL is https, a host name, and a path without a final slash", () => {
  for (const url of [
    "https://oidc.example.com",
    "https://oidc.example.com/prod",
    "https://oidc.example.com/clusters/prod-1",
    "https://abc123.execute-api.cn-north-1.amazonaws.com.cn",
    "https://127.0.0.1:8443",
    "https://localhost:8443/prod",
  ]) {
    assert.equal(read({ ISSUER_URL: url }).issuerUrl, url);
  }
});

const HOST = "https://oidc.example.com";
for (const [what, urls] of Object.entries({
  "another scheme": ["http://oidc.example.com", "HTTPS://oidc.example.com", "oidc.example.com"],
  "a final slash": [`${HOST}/`, `${HOST}/prod/`],
  "a port": [
    `${HOST}:443`,
    `${HOST}:8443`,
    "https://10.0.0.1:8443",
    "https://localhost.example.com:8443",
  ],
  "the default port on this machine": ["https://localhost:443"],
  "a user": ["https://user:secret@oidc.example.com", "https://user@oidc.example.com"],
  "a query or fragment": [`${HOST}?a=b`, `${HOST}#a`],
  "another spelling of its path": [`${HOST}/a/../b`, `${HOST}/./b`, `${HOST}/a%2fb`, `${HOST}//b`],
  "another spelling of its host": [
    "https://OIDC.example.com",
    "https://oidc.exämple.com",
    "https://010.0.0.1",
  ],
  "an invalid host": [
    "https://",
    "https://a..com",
    "https://.example.com",
    "https://-a.example.com",
  ],
  "an invalid label": ["https://a-.example.com", `https://${"a".repeat(64)}.example.com`],
  "white space": [` ${HOST}`, `${HOST}\n`],
  "more than 255 characters": [`${HOST}/${"a".repeat(240)}`],
})) {
  test(`ISSUER_URL with ${what} is refused`, () => {
    for (const url of urls) {
      const message = /^setting_invalid: ISSUER_URL must be a URL such as https:.*, not "/;
      assert.throws(() => read({ ISSUER_URL: url }), message, url);
    }
  });
}
