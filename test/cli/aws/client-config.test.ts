// Region and profile as the AWS CLI finds them, and MFA codes.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const config = join(folder, "config");
const INI = `[default]
region = eu-north-1
[profile here]
region = eu-west-3
[profile mfa]
region = eu-west-1
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/jane
[profile lost]
region = eu-west-1
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = bsae
[profile base]
aws_access_key_id = AKIALOCALOPERATORAAA
aws_secret_access_key = local/only
[sso-session company]
sso_region = us-east-1
`;
let sts: LocalServer;
before(async () => {
  writeFileSync(config, INI);
  sts = await startHttpServer(() => ({
    status: 200,
    headers: { "content-type": "text/xml" },
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIALOCALASSUMEDAAAA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  }));
});
after(async () => {
  await sts.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  useLocalAws({ AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL_STS: sts.url });
  delete process.env["AWS_REGION"];
  delete process.env["AWS_DEFAULT_REGION"];
});
afterEach(() => {
  for (const name of ["AWS_DEFAULT_REGION", "AWS_PROFILE"]) delete process.env[name];
});

async function token(words: readonly string[] = [], options = {}) {
  const result = await cli(["token", "-c", "prod", "--token-only", ...words], options);
  const url = Buffer.from(result.out.replace("k8s-aws-v1.", ""), "base64url").toString();
  return {
    ...result,
    region: /^https:\/\/sts\.(.*?)\.amazonaws/.exec(url)?.[1],
    key: /X-Amz-Credential=(\w+)/.exec(url)?.[1],
  };
}

test("the region is from the option, AWS_REGION, AWS_DEFAULT_REGION or the profile, in this order", async () => {
  assert.equal((await token()).region, "eu-north-1");
  assert.equal((await token(["--profile", "here"])).code, 3);
  process.env["AWS_DEFAULT_REGION"] = "eu-central-1";
  assert.equal((await token()).region, "eu-central-1");
  process.env["AWS_REGION"] = "us-west-2";
  assert.equal((await token()).region, "us-west-2");
  assert.equal((await token(["--region", "us-east-2"])).region, "us-east-2");
});

test("an empty AWS_REGION or --region is ignored", async () => {
  process.env["AWS_REGION"] = "";
  assert.equal((await token()).region, "eu-north-1");
  assert.equal((await token(["--region", ""])).region, "eu-north-1");
  process.env["AWS_DEFAULT_REGION"] = "eu-central-1";
  assert.equal((await token(["--region", ""])).region, "eu-central-1");
  delete process.env["AWS_DEFAULT_REGION"];
  process.env["AWS_CONFIG_FILE"] = "/dev/null";
  for (const words of [[], ["--region", ""]]) {
    const { code, err } = await token(words);
    assert.deepEqual([code, err], [2, "No AWS region: give --region, or set AWS_REGION.\n"]);
  }
});

test("the error for a missing profile names it and the existing profiles", async () => {
  const sentence = `There is no AWS profile "typo" in ${config} or /dev/null. Profiles: default, here, mfa, lost, base.\n`;
  const byOption = await token(["--profile", "typo", "--region", "us-east-1"]);
  assert.deepEqual([byOption.code, byOption.err], [2, sentence]);
  process.env["AWS_PROFILE"] = "typo";
  const byEnvironment = await token(["--region", "us-east-1"]);
  assert.deepEqual([byEnvironment.code, byEnvironment.err], [2, sentence]);
  assert.equal((await token(["--profile", "default"])).err.includes("There is no"), false);
});

test("the error for a missing source_profile names it and the profile that refers to it", async () => {
  const { code, err } = await token(["--profile", "lost"]);
  const sentence = `There is no AWS profile "bsae", source_profile of "lost", in ${config} or /dev/null. Profiles: default, `;
  assert.deepEqual([code, err.startsWith(sentence)], [2, true], err);
});

test("with an MFA profile, it asks for the code in a terminal and sends it", async () => {
  const words = ["--profile", "mfa"];
  const { code, err, key } = await token(words, { interactive: true, input: "123456\n" });
  assert.equal(code, 0, err);
  assert.match(err, /^MFA code of arn:aws:iam::111122223333:mfa\/jane: /);
  assert.equal(key, "ASIALOCALASSUMEDAAAA");
  const form = new URLSearchParams(sts.requests.at(-1)?.body.toString());
  assert.deepEqual([form.get("SerialNumber"), form.get("TokenCode")], ["arn:aws:iam::111122223333:mfa/jane", "123456"]);
});

test("with an MFA profile, it fails without a terminal and without an answer", async () => {
  const asked = sts.requests.length;
  const pipe = await token(["--profile", "mfa"]);
  assert.equal(pipe.code, 3);
  assert.match(pipe.err, /^The profile requires an MFA code: run this in a terminal/);
  const ended = await token(["--profile", "mfa"], { interactive: true, input: "" });
  assert.equal(ended.code, 130);
  assert.match(ended.err, /No MFA code was given\.\n$/);
  assert.equal(sts.requests.length, asked);
});
