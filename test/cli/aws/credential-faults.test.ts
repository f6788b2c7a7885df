// Invalid credentials from a container, a program, a role and the environment: one message each, without secrets.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const config = join(folder, "config");
let body: string;
let status = 200;
let service: LocalServer;
before(async () => {
  service = await startHttpServer(() => ({ status, body }));
});
after(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  status = 200;
  delete process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  useLocalAws({ AWS_CONFIG_FILE: config });
  writeFileSync(config, "");
});

const token = (...words: string[]) => cli(["token", "-c", "prod", ...words]);
const KEYS = { AccessKeyId: "ASIALOCALCONTAINERAA", SecretAccessKey: "a-secret-of-the-container-0123", Token: "t" };

/** The keys are those of a container's service. */
function useContainer(): void {
  const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
  useLocalAws({ AWS_CONFIG_FILE: config, ...none, AWS_CONTAINER_CREDENTIALS_FULL_URI: service.url });
}

/** Sets a profile whose credential_process prints this. */
function printedByProcess(text: string): void {
  useLocalAws({ AWS_CONFIG_FILE: config, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_PROFILE: "p" });
  const file = join(folder, "printed");
  writeFileSync(file, text);
  writeFileSync(config, `[profile p]\nregion = us-east-1\ncredential_process = cat ${file}\n`);
}

test("a program's keys are rejected if they are numbers or objects, or their expiration is not a date", async () => {
  const printed = { Version: 1, AccessKeyId: "AKIALOCALPROCESSAAAA", SecretAccessKey: "s" };
  for (const [member, value, said] of [
    ["AccessKeyId", 7, "access key"],
    ["SecretAccessKey", { a: 1 }, "secret key"],
    ["SessionToken", {}, "session token"],
    ["Expiration", "tomorrow", "expiration"],
  ] as const) {
    printedByProcess(JSON.stringify({ ...printed, [member]: value }));
    const { code, out, err } = await token();
    assert.deepEqual([code, out], [3, ""], `${member}: ${err}`);
    assert.match(err, new RegExp(`^The ${said}.* from the credential_process of the profile "p" is not a`));
  }
  printedByProcess(JSON.stringify({ ...printed, Expiration: "2100-01-01T00:00:00Z" }));
  assert.equal((await token()).code, 0);
});

test("the error for a failed program names the profile but not the command line, which may contain a password", async () => {
  printedByProcess("");
  writeFileSync(config, "[profile p]\nregion = us-east-1\ncredential_process = false --password hunter2hunter2\n");
  const { code, out, err } = await token();
  assert.deepEqual([code, out], [3, ""]);
  assert.equal(
    err,
    'No AWS credentials: the credential_process of the profile "p" failed. Run its command by hand to see why.\n',
  );
});

test("AssumeRole fails if the response is an HTML page or empty", async () => {
  useLocalAws({ AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL_STS: service.url, AWS_MAX_ATTEMPTS: "1" });
  for (const [answer, code] of [
    ["<html>Log in</html>", 200],
    ["", 204],
    ["", 200],
  ] as const) {
    [body, status] = [answer, code];
    const result = await token("--role", "arn:aws:iam::111122223333:role/Admin");
    assert.deepEqual([result.code, result.out], [3, ""]);
    assert.match(result.err, /^The response .*is not from AWS.*: check for a proxy, and check AWS_ENDPOINT_URL\.\n$/);
  }
});

test("the error for a container's invalid response does not quote the keys", async () => {
  useContainer();
  body = `${KEYS.SecretAccessKey} ${JSON.stringify(KEYS)}`;
  const { code, out, err } = await token();
  assert.deepEqual([code, out, err.includes(KEYS.SecretAccessKey.slice(0, 8))], [3, "", false], err);
  assert.match(err, /No AWS credentials: the answer of the credential service 127\.0\.0\.1:\d+ cannot be read/);
});

test("a key of the environment with a line break is a usage error", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    useLocalAws({ AWS_CONFIG_FILE: config, [name]: "AKIALOCAL\r\n" });
    const { code, out, err } = await token();
    assert.deepEqual([code, out], [2, ""], err);
    assert.match(err, /has a space, a line break or another character that is not valid in AWS keys\. Remove it\.\n$/);
  }
});

test("a key of a service with a space is a fault", async () => {
  useContainer();
  body = JSON.stringify({ ...KEYS, Token: "a b", Expiration: "2099-01-01T00:00:00Z" });
  const { code, out, err } = await token();
  assert.deepEqual([code, out], [3, ""], err);
  assert.match(
    err,
    /^The session token from the credential service \S+ has a space, .* that is not valid in AWS keys\.\n$/,
  );
});

test("errors name the variables that the SDK cannot read", async () => {
  for (const [name, value, rule] of [
    ["AWS_ENDPOINT_URL", "foo", "an http:// or https:// URL"],
    ["AWS_ENDPOINT_URL_SSM", "ftp://x", "an http:// or https:// URL"],
    ["AWS_DEFAULTS_MODE", "foo", "one of auto, "],
    ["AWS_RETRY_MODE", "foo", "one of adaptive, "],
    ["AWS_MAX_ATTEMPTS", "foo", "a number from 1 to 99"],
  ] as const) {
    useLocalAws({ AWS_CONFIG_FILE: config, [name]: value });
    const { code, out, err } = await cli(["mappings", "list", "-c", "prod"]);
    delete process.env[name];
    assert.deepEqual([code, out, err.startsWith(`${name} must be ${rule}`)], [2, "", true], err);
  }
});

test("Ctrl-C ends the wait for credentials", async () => {
  useContainer();
  service.fail({ kind: "silent" });
  const interrupt = new AbortController();
  const running = cli(["mappings", "list", "-c", "prod"], { interrupted: interrupt.signal });
  while (service.requests.length === 0 || service.connections() === 0) await new Promise(setImmediate);
  interrupt.abort();
  const { code, err } = await running;
  service.fail(undefined);
  assert.deepEqual([code, err], [130, "Interrupted.\n"]);
});
