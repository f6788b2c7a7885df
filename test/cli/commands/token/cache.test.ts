// `token --cache` and `--forward-session-name`: calls to STS, files on disk, and expiry.

import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { beforeEach, mock, test } from "node:test";
import { cli, runSources, useLocalAws } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { exits } from "../mappings/cluster.ts";
import { startAssumeRole } from "./assume-role.ts";

// mock.method renames the machine.
runSources();
const NOW = Date.UTC(2026, 10, 24, 12);
const ROLE = "arn:aws:iam::111122223333:role/Admin";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA", AWS_SECRET_ACCESS_KEY: "local/only" };
let userId = "AROAAAAAAAAAAAAAAAAAA:jane@example.com";
let arn = "";
let home: string;
let write: ReturnType<typeof useFolder>["write"];
const sts = useServer(() =>
  startAssumeRole(
    () => userId,
    () => arn,
  ),
);
beforeEach(() => {
  useLocalAws({ AWS_ENDPOINT_URL_STS: sts.url });
  ({ path: home, write } = useFolder());
  // The SDK reads sign-ins from this folder.
  process.env["HOME"] = home;
});

async function token(words: readonly string[], now = NOW) {
  const before = sts.requests.length;
  const { code, out, err } = await cli(["token", "-c", "prod", ...words], {
    now,
    environment: { HOME: home },
  });
  const asked = sts.requests.slice(before).map(({ body }) => new URLSearchParams(body.toString()));
  const { token = "", expirationTimestamp = "" } = code === 0 ? JSON.parse(out).status : {};
  return { code, err, asked, token, expirationTimestamp };
}
const url = ({ token }: { token: string }) =>
  Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
const CACHED = ["--role", ROLE, "--cache"];
const FORWARD = ["--role", ROLE, "--forward-session-name"];
const CACHE = ".cache/iam-authenticator/credentials";
const folder = () => join(home, CACHE);
const kept = () => readdirSync(folder());
/** The calls of two runs: the first fills the cache, if an input has changed. */
const asked = async () => [(await token(CACHED)).asked.length, (await token(CACHED)).asked.length];
test("the role is assumed once; each token is newly signed and expires with the role's keys", async () => {
  const first = await token(CACHED);
  const second = await token(CACHED, NOW + 60_000);
  assert.deepEqual([first.asked.length, second.asked.length], [1, 0]);
  assert.match(url(second), /X-Amz-Date=20261124T120100Z/);
  assert.equal(
    /X-Amz-Credential=(\w+)/.exec(url(first))?.[1],
    /X-Amz-Credential=(\w+)/.exec(url(second))?.[1],
  );
  const late = await token(CACHED, NOW + 55 * 60_000);
  assert.deepEqual([late.asked.length, late.expirationTimestamp], [0, "2026-11-24T13:00:00Z"]);
  // In the last minute of the keys, the role is assumed again. The keys from STS have expired as
  // well here.
  assert.equal((await token(CACHED, NOW + 59 * 60_000 + 1000)).asked.length, 1);
  await exits(token(CACHED, NOW + 60 * 60_000), 3);
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
  for (const words of [
    ["--role", `${ROLE}2`, "--cache"],
    [...CACHED, "--external-id", "x"],
    [...CACHED, "--session-name", "x"],
    [...CACHED, "--region", "eu-west-1"],
  ]) {
    assert.equal((await token(words)).asked.length, 1, words.join(" "));
  }
  process.env["AWS_ACCESS_KEY_ID"] = "AKIAANOTHERPERSONAAA";
  assert.deepEqual(await asked(), [1, 0]);
});

test("the text of both AWS configuration files is in the key, wherever they are", async () => {
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) delete process.env[name];
  for (const [files, variables] of [
    [[".aws/config", ".aws/credentials"], {}],
    [
      ["config", "keys"],
      { AWS_CONFIG_FILE: "~/config", AWS_SHARED_CREDENTIALS_FILE: join(home, "keys") },
    ],
  ] as const) {
    Object.assign(process.env, variables);
    assert.deepEqual(await asked(), [1, 0]);
    for (const file of files) {
      for (const region of ["eu-west-1", "eu-west-3"]) {
        write(file, `[default]\nregion = ${region}\n`);
        assert.deepEqual(await asked(), [1, 0], `${file} ${region}`);
      }
    }
  }
});

test("sign-ins and the machine are in the key", async () => {
  await token(CACHED);
  for (const [signedIn, kind] of Object.entries({
    '{"accessToken":"jane"}': "sso",
    "{}": "sso",
    "[]": "login",
  })) {
    // A folder among the files does not hide the others.
    write(`.aws/${kind}/cache/another/x`, "");
    write(`.aws/${kind}/cache/session.json`, signedIn);
    assert.deepEqual(await asked(), [1, 0], signedIn);
  }
  rmSync(join(home, ".aws"), { recursive: true });
  assert.equal((await token(CACHED)).asked.length, 0);
  const workingFolder = process.cwd();
  process.chdir(home);
  // The SDK reads an empty variable as the working folder.
  for (const variable of [home, ""]) {
    process.env["AWS_LOGIN_CACHE_DIRECTORY"] = variable;
    await token(CACHED);
    write("session.json", variable);
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

test("malformed and expired files are not used, and keys without expiry not cached", async () => {
  await token(CACHED);
  const [name = ""] = kept();
  for (const text of [
    "",
    "{",
    '{"accessKeyId":1}',
    '{"accessKeyId":"a","secretAccessKey":"b","expiration":"never"}',
  ]) {
    write(`${CACHE}/${name}`, text);
    assert.equal((await token(CACHED)).asked.length, 1, text);
  }
  const text = readFileSync(join(folder(), name), "utf8");
  write(
    `${CACHE}/old.json`,
    text.replace(/"expiration":"[^"]+"/, '"expiration":"2026-11-24T11:00:00Z"'),
  );
  // Another run may remove a file at the same moment.
  symlinkSync(join(home, "nowhere"), join(folder(), "gone.json"));
  await exits(token([...CACHED, "--session-name", "other"]), 0, "");
  const before = kept();
  assert.equal(before.includes("old.json"), false);
  await exits(token(["--cache"]), 0, /^Not cached: these AWS credentials do not expire\./);
  assert.deepEqual(kept(), before);
});

test("credentials of a credential_process are not cached", async () => {
  for (const name of Object.keys(KEYS)) delete process.env[name];
  const keys = `{"Version":1,"AccessKeyId":"ASIA'"$WHO"'","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}`;
  const program = write("process.sh", `printf '%s' '${keys}'\n`);
  const profile = (name: string, source: string) =>
    `[profile ${name}]\nrole_arn = ${ROLE}\nsource_profile = ${source}\n`;
  const roles = profile("role", "middle") + profile("middle", "default") + profile("loop", "loop");
  process.env["AWS_CONFIG_FILE"] = write(
    "config",
    `[default]\ncredential_process = sh ${program}\n${roles}`,
  );
  const note =
    "Not cached: the AWS profile has a credential_process, whose result may depend on what --cache cannot see.\n";
  for (const who of ["ALICE", "BOB"]) {
    process.env["WHO"] = who;
    assert.match(
      url(await exits(token(["--cache"]), 0, note)),
      new RegExp(`X-Amz-Credential=ASIA${who}%2F`),
    );
    // An assumed role depends on the same program.
    for (const words of [CACHED, ["--profile", "role", "--cache"]]) {
      assert.ok((await exits(token(words), 0, note)).asked.length > 0);
    }
  }
  delete process.env["WHO"];
  assert.throws(kept, /ENOENT/);
  // Environment keys take precedence, unless a profile is named.
  Object.assign(process.env, KEYS);
  await exits(token(CACHED), 0, "");
  assert.equal(kept().length, 1);
  assert.notEqual((await token(["--profile", "loop", "--cache"])).code, 0);
});

test("a cache folder that others may write to or own is not used, and the token is printed", async (t) => {
  await token(CACHED);
  const above = join(home, ".cache", "iam-authenticator");
  const before = kept();
  for (const mode of [0o720, 0o702, 0o777]) {
    const path = mode === 0o777 ? above : folder();
    chmodSync(path, mode);
    const message = `Not cached: other users may write to the folder ${path}. Run: chmod 700 ${path}\n`;
    for (const words of [CACHED, [...CACHED, "--session-name", "other"]]) {
      assert.equal((await exits(token(words), 0, message)).asked.length, 1);
    }
    chmodSync(path, 0o700);
    assert.deepEqual(kept(), before);
  }
  assert.equal((await token(CACHED)).asked.length, 0);
  const { uid } = statSync(above);
  const own = process.getuid;
  process.getuid = () => uid + 1;
  t.after(() => Object.assign(process, { getuid: own }));
  await exits(token(CACHED), 0, `Not cached: the folder ${above} belongs to another user.\n`);
});

test("--forward-session-name uses the caller's session name, or its IAM user's name, for --role", async () => {
  const names = async () =>
    (await token(FORWARD)).asked.map((form) => [form.get("Action"), form.get("RoleSessionName")]);
  const own = ["GetCallerIdentity", null];
  assert.deepEqual(await names(), [own, ["AssumeRole", "jane@example.com"]]);
  userId = "AIDAAAAAAAAAAAAAAAAAA";
  for (const [resource, name] of [
    ["user/alice", "alice"],
    ["user/team/ops/alice.b@example.com", "alice.b@example.com"],
    ["root", "iam-authenticator"],
  ] as const) {
    arn = `arn:aws:iam::111122223333:${resource}`;
    assert.deepEqual(await names(), [own, ["AssumeRole", name]]);
  }
  await exits(token(["--forward-session-name"]), 2, "--forward-session-name needs --role.\n");
  await exits(
    token([...FORWARD, "--session-name", "x"]),
    2,
    "Give either --session-name or --forward-session-name.\n",
  );
});
