// Region and profile as the AWS CLI finds them, and MFA codes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { cli, useLocalAws } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits } from "../mappings/cluster.ts";
import { startAssumeRole } from "../token/assume-role.ts";
import { useServer } from "../use-server.ts";

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
const config = useFolder().write("config", INI);
const sts = useServer(startAssumeRole);
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

test("the region is from the option, AWS_REGION, AWS_DEFAULT_REGION or the profile, in this order; empty ones are ignored", async () => {
  await exits(token(["--profile", "here"]), 3);
  for (const [name, value, region, ...words] of [
    ["AWS_REGION", "", "eu-north-1"],
    ["AWS_REGION", "", "eu-north-1", "--region", ""],
    ["AWS_DEFAULT_REGION", "eu-central-1", "eu-central-1", "--region", ""],
    ["AWS_REGION", "us-west-2", "us-west-2"],
    ["AWS_REGION", "us-west-2", "us-east-2", "--region", "us-east-2"],
  ] as const) {
    process.env[name] = value;
    assert.equal((await token(words)).region, region);
  }
  useLocalAws({ AWS_REGION: "", AWS_DEFAULT_REGION: "" });
  await exits(token(["--region", ""]), 2, "No AWS region: give --region, or set AWS_REGION.\n");
});

test("the error for a missing profile or source_profile names it and the existing profiles", async () => {
  const of = `in ${config} or /dev/null. Profiles: default, here, mfa, lost, base.\n`;
  const missing = `There is no AWS profile "typo" ${of}`;
  await exits(token(["--profile", "typo", "--region", "us-east-1"]), 2, missing);
  await exits(token(["--profile", "lost"]), 2, `There is no AWS profile "bsae", source_profile of "lost", ${of}`);
  process.env["AWS_PROFILE"] = "typo";
  await exits(token(["--region", "us-east-1"]), 2, missing);
  assert.doesNotMatch((await token(["--profile", "default"])).err, /There is no/);
});

test("with an MFA profile, it asks for the code in a terminal and sends it, and fails without an answer", async () => {
  await exits(token(["--profile", "mfa"]), 3, /^The profile requires an MFA code: run this in a terminal/);
  const ended = token(["--profile", "mfa"], { interactive: true, input: "" });
  await exits(ended, 130, /No MFA code was given\.\n$/);
  assert.equal(sts.requests.length, 0);
  const run = token(["--profile", "mfa"], { interactive: true, input: "123456\n", now: Date.UTC(2026, 10, 24, 12) });
  const { key } = await exits(run, 0, /^MFA code of arn:aws:iam::111122223333:mfa\/jane: /);
  assert.match(`${key}`, /^ASIALOCAL/);
  const form = new URLSearchParams(sts.requests.at(-1)?.body.toString());
  assert.deepEqual([form.get("SerialNumber"), form.get("TokenCode")], ["arn:aws:iam::111122223333:mfa/jane", "123456"]);
});
