// Invalid credentials from a container, a program, a role and the environment: one message each, without secrets.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { startHttpServer } from "../../../local/http-server.ts";
import { cli, useLocalAws } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, refuses } from "../mappings/cluster.ts";
import { useServer } from "../use-server.ts";

const folder = useFolder();
let body: string;
const service = useServer(() => startHttpServer(() => ({ status: 200, body })));
beforeEach(() => {
  delete process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  useLocalAws({});
});

async function fails(code: number, err: string | RegExp, ...words: string[]): Promise<string> {
  const result = await exits(cli(["token", "-c", "prod", ...words]), code, err, "");
  return result.err;
}
const KEYS = { AccessKeyId: "ASIALOCALCONTAINERAA", SecretAccessKey: "a-secret-of-the-container-0123", Token: "t" };
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
const useContainer = () => useLocalAws({ ...NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI: service.url });

/** The SDK reads a file only once, so each program has its own. */
function useProcess(program: string, words: string): void {
  const text = `[profile p]\nregion = us-east-1\ncredential_process = ${program} ${words}\n`;
  useLocalAws({ ...NO_KEYS, AWS_PROFILE: "p", AWS_CONFIG_FILE: folder.write(program, text) });
}
const printedByProcess = (text: string) => useProcess("cat", folder.write("printed", text));

test("a program's keys are rejected if they are numbers or objects, or their expiration is not a date", async () => {
  const printed = { Version: 1, AccessKeyId: "AKIALOCALPROCESSAAAA", SecretAccessKey: "s" };
  for (const [member, value, said] of [
    ["AccessKeyId", 7, "access key"],
    ["SecretAccessKey", { a: 1 }, "secret key"],
    ["SessionToken", {}, "session token"],
    ["Expiration", "tomorrow", "expiration"],
  ] as const) {
    printedByProcess(JSON.stringify({ ...printed, [member]: value }));
    await fails(3, new RegExp(`^The ${said}.* from the credential_process of the profile "p" is not a`));
  }
  printedByProcess(JSON.stringify({ ...printed, Expiration: "2100-01-01T00:00:00Z" }));
  await exits(cli(["token", "-c", "prod"]), 0);
});

test("the error for a failed program names the profile but not the command line, which may contain a password", async () => {
  useProcess("false", "--password hunter2hunter2");
  const sentence = 'No AWS credentials: the credential_process of the profile "p" failed. Run its command by hand ';
  assert.ok(!(await fails(3, new RegExp(`^${sentence}`))).includes("hunter2"));
});

test("the error for a container's invalid response or key does not quote it", async () => {
  useContainer();
  body = `${KEYS.SecretAccessKey} ${JSON.stringify(KEYS)}`;
  const message = /No AWS credentials: the answer of the credential service 127\.0\.0\.1:\d+ cannot be read/;
  assert.ok(!(await fails(3, message)).includes(KEYS.SecretAccessKey.slice(0, 8)));
  body = JSON.stringify({ ...KEYS, Token: "a b", Expiration: "2099-01-01T00:00:00Z" });
  await fails(3, /^The session token from the credential service \S+ has a space, .* not valid in AWS keys\.\n$/);
});

test("a key of the environment with a line break is a usage error", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    useLocalAws({ [name]: "AKIALOCAL\r\n" });
    await fails(2, /has a space, a line break or another character that is not valid in AWS keys\. Remove it\.\n$/);
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
  while (service.requests.length === 0 || service.connections() === 0) await new Promise(setImmediate);
  interrupt.abort();
  await exits(running, 130, "Interrupted.\n");
});
