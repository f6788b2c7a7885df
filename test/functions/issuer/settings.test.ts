// The issuer's settings: required ones, and the only accepted spelling of an issuer URL.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasCode } from "../../../functions/errors.ts";
import { readIssuerSettings } from "../../../functions/issuer/settings.ts";

const ISSUER_URL = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", ISSUER_URL };

function read(changes: Readonly<Record<string, string | undefined>> = {}) {
  return readIssuerSettings({ ...REQUIRED, ...changes });
}

test("unset settings have their defaults", () => {
  const { partition, ssmEndpoint, ...settings } = read();
  assert.deepEqual(settings, {
    clusterId: "prod-1",
    region: "eu-west-1",
    mappingPrefix: "/iam-authenticator/prod-1",
    logLevel: "info",
    issuerUrl: ISSUER_URL,
  });
  assert.equal(partition.id, "aws");
  assert.equal(ssmEndpoint.href, "https://ssm.eu-west-1.amazonaws.com/");
});

test("an empty string means not set", () => {
  assert.deepEqual(read({ MAPPING_PREFIX: "", LOG_LEVEL: "", AWS_ENDPOINT_URL_SSM: "" }), read());
});

test("CLUSTER_ID, ISSUER_URL and AWS_REGION are required", () => {
  for (const name of Object.keys(REQUIRED)) {
    for (const value of [undefined, ""]) {
      assert.throws(
        () => read({ [name]: value }),
        (error) => hasCode(error, "setting_invalid") && error.message.startsWith(`${name} is required: `),
      );
    }
  }
});

test("MAPPING_PREFIX and LOG_LEVEL have the rules of the authenticator", () => {
  assert.equal(read({ MAPPING_PREFIX: "/kube/auth" }).mappingPrefix, "/kube/auth");
  assert.equal(read({ LOG_LEVEL: "warn" }).logLevel, "warn");
  assert.throws(() => read({ MAPPING_PREFIX: "kube" }), /^SettingInvalid: MAPPING_PREFIX must be/);
  assert.throws(() => read({ LOG_LEVEL: "loud" }), /^SettingInvalid: LOG_LEVEL must be one of/);
});

describe("ISSUER_URL", () => {
  for (const url of [
    "https://oidc.example.com",
    "https://oidc.example.com/prod",
    "https://oidc.example.com/clusters/prod-1",
    "https://abc123.execute-api.cn-north-1.amazonaws.com.cn",
    "https://127.0.0.1:8443",
    "https://localhost:8443/prod",
  ]) {
    test(`accepts ${url}`, () => assert.equal(read({ ISSUER_URL: url }).issuerUrl, url));
  }

  for (const url of [
    "http://oidc.example.com",
    "HTTPS://oidc.example.com",
    "oidc.example.com",
    "https://oidc.example.com/",
    "https://oidc.example.com/prod/",
    "https://oidc.example.com:443",
    "https://oidc.example.com:8443",
    "https://10.0.0.1:8443",
    "https://localhost.example.com:8443",
    "https://localhost:443",
    "https://user:secret@oidc.example.com",
    "https://user@oidc.example.com",
    "https://OIDC.example.com",
    "https://oidc.example.com?a=b",
    "https://oidc.example.com#a",
    "https://oidc.example.com/a/../b",
    "https://oidc.example.com/./b",
    "https://oidc.example.com/a%2fb",
    "https://oidc.example.com//b",
    "https://oidc.exämple.com",
    " https://oidc.example.com",
    "https://oidc.example.com\n",
    "https://",
    "https://010.0.0.1",
    "https://a..com",
    "https://.example.com",
    "https://-a.example.com",
    "https://a-.example.com",
    `https://${"a".repeat(64)}.example.com`,
    `https://oidc.example.com/${"a".repeat(240)}`,
  ]) {
    test(`refuses ${JSON.stringify(url.slice(0, 60))}`, () => {
      assert.throws(
        () => read({ ISSUER_URL: url }),
        /^SettingInvalid: ISSUER_URL must be a URL such as https:.*, not "/,
      );
    });
  }
});
