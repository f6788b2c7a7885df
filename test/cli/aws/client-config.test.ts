// Region, profile, MFA codes and credentials as the AWS CLI finds them, and one message for each
// fault, without secrets.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";
import { exits, refuses } from "../commands/mappings/cluster.ts";
import { startAssumeRole } from "../commands/token/assume-role.ts";
import { useFolder, useServer } from "../fixtures.ts";

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
const folder = useFolder();
const config = folder.write("config", INI);
const sts = useServer(startAssumeRole);
beforeEach(() => {
  useLocalAws({ AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL_STS: sts.url });
  for (const name of ["REGION", "DEFAULT_REGION", "CONTAINER_CREDENTIALS_FULL_URI"])
    delete process.env[`AWS_${name}`];
});

async function token(words: readonly string[] = [], options = {}) {
  const result = await cli(["token", "-c", "prod", "--token-only", ...words], options);
  const url = Buffer.from(result.out.replace("k8s-aws-v1.", ""), "base64url").toString();
  const region = /^https:\/\/sts\.(.*?)\.amazonaws/.exec(url)?.[1];
  return { ...result, region, key: /X-Amz-Credential=(\w+)/.exec(url)?.[1] };
}

test("the region is from the option, AWS_REGION, AWS_DEFAULT_REGION or the profile", async () => {
  await exits(token(["--profile", "here"]), 3);
  for (const [name, value, region, ...words] of [
    ["AWS_REGION", "", "eu-north-1"],
    ["AWS_DEFAULT_REGION", "eu-central-1", "eu-central-1"],
    ["AWS_REGION", "us-west-2", "us-west-2"],
    ["AWS_REGION", "us-west-2", "us-east-2", "--region", "us-east-2"],
  ] as const) {
    process.env[name] = value;
    assert.equal((await token(words)).region, region);
  }
  useLocalAws({ AWS_REGION: "", AWS_DEFAULT_REGION: "" });
  await exits(token(), 2, "No AWS region: give --region, or set AWS_REGION.\n");
  await exits(token(["--region", ""]), 2, /^--region is empty\./);
});

test("the error for a missing profile or source_profile names it and the existing profiles", async () => {
  const of = `in ${config} or /dev/null. Profiles: default, here, mfa, lost, base.\n`;
  const missing = `No AWS profile "typo" ${of}`;
  await exits(token(["--profile", "typo", "--region", "us-east-1"]), 2, missing);
  await exits(
    token(["--profile", "lost"]),
    2,
    `No AWS profile "bsae", source_profile of "lost", ${of}`,
  );
  process.env["AWS_PROFILE"] = "typo";
  await exits(token(["--region", "us-east-1"]), 2, missing);
  assert.doesNotMatch((await token(["--profile", "default"])).err, /There is no/);
});

test("an MFA profile asks for the code in a terminal", async () => {
  await exits(
    token(["--profile", "mfa"]),
    3,
    /^The profile requires an MFA code: run this in a terminal/,
  );
  await exits(
    token(["--profile", "mfa"], { interactive: true, input: "" }),
    130,
    /No MFA code was given\.\n$/,
  );
  assert.equal(sts.requests.length, 0);
  const run = token(["--profile", "mfa"], {
    interactive: true,
    input: "123456\n",
    now: Date.UTC(2026, 10, 24, 12),
  });
  const { key } = await exits(run, 0, /^MFA code of arn:aws:iam::111122223333:mfa\/jane: /);
  assert.match(`${key}`, /^ASIALOCAL/);
  const form = new URLSearchParams(sts.requests.at(-1)?.body.toString());
  assert.deepEqual(
    [form.get("SerialNumber"), form.get("TokenCode")],
    ["arn:aws:iam::111122223333:mfa/jane", "123456"],
  );
});

let body: string;
const service = useServer(() => startHttpServer(() => ({ status: 200, body })));

const fails = async (code: number, err: RegExp) =>
  (await exits(cli("token -c prod"), code, err, "")).err;
const KEYS = {
  AccessKeyId: "ASIALOCALCONTAINERAA",
  SecretAccessKey: "a-secret-of-the-container-0123",
  Token: "t",
};
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
const useContainer = () =>
  useLocalAws({ ...NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI: service.url });

/** The SDK reads a file only once, so each program has its own. */
function useProcess(program: string, words: string): void {
  const text = `[profile p]\nregion = us-east-1\ncredential_process = ${program} ${words}\n`;
  useLocalAws({ ...NO_KEYS, AWS_PROFILE: "p", AWS_CONFIG_FILE: folder.write(program, text) });
}
const printedByProcess = (text: string) => useProcess("cat", folder.write("printed", text));

test("a program's keys are rejected with wrong types or a wrong expiration", async () => {
  const printed = { Version: 1, AccessKeyId: "AKIALOCALPROCESSAAAA", SecretAccessKey: "s" };
  for (const [member, value, said] of [
    ["AccessKeyId", 7, "access key"],
    ["SecretAccessKey", { a: 1 }, "secret key"],
    ["SessionToken", {}, "session token"],
    ["Expiration", "tomorrow", "expiration"],
  ] as const) {
    printedByProcess(JSON.stringify({ ...printed, [member]: value }));
    await fails(
      3,
      new RegExp(`^The ${said}.* from the credential_process of the profile "p" is not a`),
    );
  }
  printedByProcess(JSON.stringify({ ...printed, Expiration: "2100-01-01T00:00:00Z" }));
  await exits(cli(["token", "-c", "prod"]), 0);
});

test("a failed program's error names the profile and not the command line", async () => {
  useProcess("false", "--password hunter2hunter2");
  const sentence =
    'No AWS credentials: the credential_process of the profile "p" failed. Run its command by hand ';
  assert.ok(!(await fails(3, new RegExp(`^${sentence}`))).includes("hunter2"));
});

test("the error for a container's invalid response or key does not quote it", async () => {
  useContainer();
  body = `${KEYS.SecretAccessKey} ${JSON.stringify(KEYS)}`;
  const message =
    /No AWS credentials: the answer of the credential service 127\.0\.0\.1:\d+ cannot be read/;
  assert.ok(!(await fails(3, message)).includes(KEYS.SecretAccessKey.slice(0, 8)));
  body = JSON.stringify({ ...KEYS, Token: "a b", Expiration: "2099-01-01T00:00:00Z" });
  await fails(
    3,
    /^The session token from the credential service \S+ has a space, .* not valid in AWS keys\.\n$/,
  );
});

test("a key of the environment with a line break is a usage error", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    useLocalAws({ [name]: "AKIALOCAL\r\n" });
    await fails(
      2,
      /has a space, a line break or another character that is not valid in AWS keys\. Remove it\.\n$/,
    );
  }
});

test("errors name the variables that the SDK cannot read", async () => {
  for (const [name, value, rule] of [
    ["AWS_ENDPOINT_URL", "foo", "an http:// or https:// URL"],
    ["AWS_ENDPOINT_URL_SSM", "ftp://x", "an http:// or https:// URL"],
    ["AWS_DEFAULTS_MODE", "foo", "one of auto, "],
    ["AWS_RETRY_MODE", "foo", "one of adaptive, "],
    ["AWS_MAX_ATTEMPTS", "foo", "a number from 1 to 99"],
  ] as const) {
    useLocalAws({ [name]: value });
    await refuses(cli(["mappings", "list", "-c", "prod"]), new RegExp(`^${name} must be ${rule}`));
    delete process.env[name];
  }
});

test("Ctrl-C ends the wait for credentials", async () => {
  useContainer();
  service.fail({ kind: "silent" });
  const interrupt = new AbortController();
  const running = cli(["mappings", "list", "-c", "prod"], { interrupted: interrupt.signal });
  while (service.requests.length === 0 || service.connections() === 0)
    await new Promise(setImmediate);
  interrupt.abort();
  await exits(running, 130, "Interrupted.\n");
});

const stores = { profile: useServer(startStore), environment: useServer(startStore) };

function startStore() {
  const body = JSON.stringify({
    Parameters: [],
    InvalidParameters: ["/iam-authenticator/prod/settings/prod"],
  });
  return startHttpServer(() => ({
    status: 200,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body,
  }));
}

test("--profile uses the endpoints of its profile or services section", async () => {
  const keys =
    "region = eu-west-1\naws_access_key_id = AKIALOCALOPERATORAAA\naws_secret_access_key = local/only\n";
  const { url } = stores.profile;
  const file = folder.write(
    "endpoints",
    `[profile emulator]\n${keys}services = local\n[services local]\nssm =\n  endpoint_url = ${url}\n` +
      `[profile global]\n${keys}endpoint_url = ${url}\n[profile unfinished]\n${keys}services = missing\n`,
  );
  useLocalAws({ AWS_CONFIG_FILE: file, AWS_PROFILE: "", AWS_REGION: "", AWS_ENDPOINT_URL_SSM: "" });
  const list = (profile: string) => cli(["mappings", "list", "-c", "prod", "--profile", profile]);
  for (const profile of ["emulator", "global"]) {
    const before = stores.profile.requests.length;
    await exits(list(profile), 1);
    assert.ok(stores.profile.requests.length > before, profile);
  }
  const missing =
    /^The AWS profile "unfinished" names the section \[services missing\], which does not exist\.\n/;
  await exits(list("unfinished"), 2, missing);
  const ofProfile = stores.profile.requests.length;
  process.env["AWS_ENDPOINT_URL_SSM"] = stores.environment.url;
  await exits(list("emulator"), 1);
  assert.ok(stores.environment.requests.length > 0);
  assert.equal(stores.profile.requests.length, ofProfile);
});
