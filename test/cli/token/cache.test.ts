// `token --cache` and `--forward-session-name`: calls to STS, files on disk, and expiry.

import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os, { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, mock, test } from "node:test";
import { cli, useLocalAws } from "../cli.ts";
import { exits } from "../mappings/cluster.ts";
import { useServer } from "../use-server.ts";
import { startAssumeRole } from "./assume-role.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const ROLE = "arn:aws:iam::111122223333:role/Admin";
let userId = "AROAAAAAAAAAAAAAAAAAA:jane@example.com";
let home: string;
const sts = useServer(() => startAssumeRole(() => userId));
beforeEach(() => {
  useLocalAws({ AWS_ENDPOINT_URL_STS: sts.url });
  home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  // The SDK reads sign-ins from this folder.
  process.env["HOME"] = home;
});
afterEach(() => rmSync(home, { recursive: true }));

async function token(words: readonly string[], now = NOW) {
  const before = sts.requests.length;
  const { code, out, err } = await cli(["token", "-c", "prod", ...words], { now, environment: { HOME: home } });
  const asked = sts.requests.slice(before).map(({ body }) => new URLSearchParams(body.toString()));
  const { token = "", expirationTimestamp = "" } = code === 0 ? JSON.parse(out).status : {};
  return { code, err, asked, token, expirationTimestamp };
}
const url = ({ token }: { token: string }) => Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
const CACHED = ["--role", ROLE, "--cache"];
const FORWARD = ["--role", ROLE, "--forward-session-name"];
const folder = () => join(home, ".cache", "iam-authenticator", "credentials");
const kept = () => readdirSync(folder());

test("the role is assumed once; each token is newly signed and expires with the role's keys", async () => {
  const first = await token(CACHED);
  const second = await token(CACHED, NOW + 60_000);
  assert.deepEqual([first.asked.length, second.asked.length], [1, 0]);
  assert.match(url(second), /X-Amz-Date=20261124T120100Z/);
  assert.equal(/X-Amz-Credential=(\w+)/.exec(url(first))?.[1], /X-Amz-Credential=(\w+)/.exec(url(second))?.[1]);
  const late = await token(CACHED, Date.UTC(2026, 10, 24, 12, 55));
  assert.deepEqual([late.asked.length, late.expirationTimestamp], [0, "2026-11-24T13:00:00Z"]);
  // In the last minute of the keys, the role is assumed again.
  assert.equal((await token(CACHED, Date.UTC(2026, 10, 24, 12, 59, 1))).asked.length, 1);
  // The keys from STS have expired as well here.
  await exits(token(CACHED, Date.UTC(2026, 10, 24, 13)), 3);
});

test("only the owner can read the file; a file that others can read is ignored and replaced", async () => {
  await token(CACHED);
  const file = join(folder(), kept()[0] ?? "");
  const modes = () => [folder(), file].map((path) => (statSync(path).mode & 0o777).toString(8));
  assert.deepEqual(modes(), ["700", "600"]);
  chmodSync(file, 0o644);
  const { asked, err } = await token(CACHED);
  assert.deepEqual([asked.length, err], [1, `Ignored, because other users can read it: ${file}\n`]);
  assert.deepEqual([modes(), kept().length], [["700", "600"], 1]);
});

test("each input that determines the credentials is in the key, so a change calls STS", async () => {
  await token(CACHED);
  const others: [readonly string[], Readonly<Record<string, string>>][] = [
    [["--role", `${ROLE}2`, "--cache"], {}],
    [[...CACHED, "--external-id", "x"], {}],
    [[...CACHED, "--session-name", "x"], {}],
    [[...CACHED, "--region", "eu-west-1"], {}],
    [CACHED, { AWS_ACCESS_KEY_ID: "AKIAANOTHERPERSONAAA" }],
  ];
  for (const [words, environment] of others) {
    Object.assign(process.env, environment);
    assert.equal((await token(words)).asked.length, 1, words.join(" "));
  }
});

/** The calls of two runs: the first fills the cache, if an input has changed. */
const asked = async () => [(await token(CACHED)).asked.length, (await token(CACHED)).asked.length];

test("the text of both AWS configuration files is in the key, wherever they are", async () => {
  mkdirSync(join(home, ".aws"));
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) delete process.env[name];
  for (const [files, variables] of [
    [[".aws/config", ".aws/credentials"], {}],
    [["config", "keys"], { AWS_CONFIG_FILE: "~/config", AWS_SHARED_CREDENTIALS_FILE: join(home, "keys") }],
  ] as const) {
    Object.assign(process.env, variables);
    assert.deepEqual(await asked(), [1, 0]);
    for (const file of files) {
      for (const region of ["eu-west-1", "eu-west-3"]) {
        writeFileSync(join(home, file), `[default]\nregion = ${region}\n`);
        assert.deepEqual(await asked(), [1, 0], `${file} ${region}`);
      }
    }
  }
});

test("sign-ins and the machine are in the key: machines may share a home and have different roles", async () => {
  await token(CACHED);
  for (const [kind, signedIn] of [
    ["sso", '{"accessToken":"jane"}'],
    ["sso", '{"accessToken":"joe"}'],
    ["login", "{}"],
  ] as const) {
    const signIns = join(home, ".aws", kind, "cache");
    // A folder among the files does not hide the others.
    mkdirSync(join(signIns, "another"), { recursive: true });
    writeFileSync(join(signIns, "session.json"), signedIn);
    assert.deepEqual(await asked(), [1, 0], signedIn);
  }
  rmSync(join(home, ".aws"), { recursive: true });
  assert.equal((await token(CACHED)).asked.length, 0);
  const login = join(home, "elsewhere");
  mkdirSync(login);
  const workingFolder = process.cwd();
  process.chdir(login);
  // The SDK reads an empty variable as the working folder.
  for (const variable of [login, ""]) {
    process.env["AWS_LOGIN_CACHE_DIRECTORY"] = variable;
    await token(CACHED);
    writeFileSync(join(login, "session.json"), variable);
    assert.equal((await token(CACHED)).asked.length, 1, variable);
  }
  process.chdir(workingFolder);
  delete process.env["AWS_LOGIN_CACHE_DIRECTORY"];
  const elsewhere = mock.method(os, "hostname", () => "elsewhere");
  syncBuiltinESMExports();
  assert.deepEqual(await asked(), [1, 0]);
  elsewhere.mock.restore();
  syncBuiltinESMExports();
});

test("a malformed file is ignored, an expired one is removed, and keys without expiry are not cached", async () => {
  await token(CACHED);
  const [name = ""] = kept();
  for (const text of ["", "{", '{"accessKeyId":1}', '{"accessKeyId":"a","secretAccessKey":"b","expiration":"never"}']) {
    writeFileSync(join(folder(), name), text);
    assert.equal((await token(CACHED)).asked.length, 1, text);
  }
  const old = { ...JSON.parse(readFileSync(join(folder(), name), "utf8")), expiration: "2026-11-24T11:00:00Z" };
  writeFileSync(join(folder(), "old.json"), JSON.stringify(old));
  await token([...CACHED, "--session-name", "other"]);
  assert.equal(kept().includes("old.json"), false);
  const before = kept();
  const { code, err } = await token(["--cache"]);
  assert.deepEqual([code, kept()], [0, before]);
  assert.match(err, /^Not cached: these AWS credentials do not expire\./);
});

const PROCESS_NOTE =
  "Not cached: the AWS profile has a credential_process, whose result may depend on what --cache cannot see.\n";

test("credentials of a credential_process are neither cached nor read from a cache of an earlier version", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
  const program = join(home, "process.sh");
  const answer =
    '{"Version":1,"AccessKeyId":"ASIA\'"$WHO"\'","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}';
  writeFileSync(program, `#!/bin/sh\nprintf '%s' '${answer}'\n`, { mode: 0o700 });
  const config = join(home, "config");
  process.env["AWS_CONFIG_FILE"] = config;
  writeFileSync(
    config,
    `[default]\ncredential_process = ${program}\n[profile role]\nrole_arn = ${ROLE}\nsource_profile = middle\n` +
      `[profile middle]\nrole_arn = ${ROLE}\nsource_profile = default\n[profile loop]\nrole_arn = ${ROLE}\nsource_profile = loop\n`,
  );
  for (const who of ["ALICE", "BOB"]) {
    process.env["WHO"] = who;
    const direct = await token(["--cache"]);
    assert.match(url(direct), new RegExp(`X-Amz-Credential=ASIA${who}%2F`));
    assert.equal(direct.err, PROCESS_NOTE);
    // An assumed role depends on the same program.
    for (const words of [CACHED, ["--profile", "role", "--cache"]]) {
      const { code, err, asked } = await token(words);
      assert.deepEqual([code, err, asked.length > 0], [0, PROCESS_NOTE, true]);
    }
  }
  delete process.env["WHO"];
  assert.throws(kept, /ENOENT/);
  // Environment keys take precedence, unless a profile is named.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA", AWS_SECRET_ACCESS_KEY: "local/only" });
  assert.equal((await token(CACHED)).err, "");
  assert.equal(kept().length, 1);
  assert.notEqual((await token(["--profile", "loop", "--cache"])).code, 0);
});

test("a cache folder that others may write to or own is not used, and the token is printed", async (t) => {
  await token(CACHED);
  const above = join(home, ".cache", "iam-authenticator");
  const [first] = kept();
  for (const [path, mode] of [
    [folder(), 0o720],
    [folder(), 0o702],
    [above, 0o777],
  ] as const) {
    chmodSync(path, mode);
    const { code, err, asked } = await token(CACHED);
    assert.deepEqual([code, asked.length], [0, 1]);
    assert.equal(err, `Not cached: other users may write to the folder ${path}. Run: chmod 700 ${path}\n`);
    await token([...CACHED, "--session-name", "other"]);
    chmodSync(path, 0o700);
    assert.deepEqual(kept(), [first]);
  }
  assert.equal((await token(CACHED)).asked.length, 0);
  const { uid } = statSync(above);
  const own = process.getuid;
  process.getuid = () => uid + 1;
  t.after(() => Object.assign(process, { getuid: own }));
  await exits(token(CACHED), 0, `Not cached: the folder ${above} belongs to another user.\n`);
});

test("a file that another run removes is ignored silently", async () => {
  await token(CACHED);
  symlinkSync(join(home, "nowhere"), join(folder(), "gone.json"));
  await exits(token([...CACHED, "--session-name", "other"]), 0, "");
});

test("--forward-session-name reuses the caller's session name, which an IAM user lacks, for --role", async () => {
  const names = async () =>
    (await token(FORWARD)).asked.map((form) => [form.get("Action"), form.get("RoleSessionName")]);
  const own = ["GetCallerIdentity", null];
  assert.deepEqual(await names(), [own, ["AssumeRole", "jane@example.com"]]);
  userId = "AIDAAAAAAAAAAAAAAAAAA";
  assert.deepEqual(await names(), [own, ["AssumeRole", "iam-authenticator"]]);
  await exits(token(["--forward-session-name"]), 2, "--forward-session-name needs --role.\n");
  const both = "Give either --session-name or --forward-session-name.\n";
  await exits(token([...FORWARD, "--session-name", "x"]), 2, both);
});
