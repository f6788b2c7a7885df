// `token --login`: when it runs `aws sso login`, and with which arguments.
// test/e2e/sso-login.e2e.ts has the real AWS CLI.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { existsSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeEach, test } from "node:test";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { type CliOptions, cli, useLocalAws } from "../../cli.ts";
import { useFolder, useServer } from "../../fixtures.ts";
import { exits } from "../mappings/cluster.ts";

const START = "https://company.awsapps.com/start";
const SETTINGS = `sso_start_url = ${START}\nsso_region = us-east-1\nsso_account_id = 111122223333\nsso_role_name = Dev\n`;
const ROLE = "role_arn = arn:aws:iam::111122223333:role/Admin";
const EXPIRED = JSON.stringify({ accessToken: "expired", expiresAt: "2020-01-01T00:00:00Z" });
const FRESH = JSON.stringify({ accessToken: "fresh", expiresAt: "2099-01-01T00:00:00Z" });
const FILE = `.aws/sso/cache/${hash("sha1", START, "hex")}.json`;
const LOCK = ".cache/iam-authenticator/sign-in.lock";
const keys = {
  accessKeyId: "ASIALOCALBOBAAAAAAAA",
  secretAccessKey: "local/only",
  sessionToken: "t",
};
const sso = useServer(() =>
  startHttpServer(() => ({
    status: 200,
    body: JSON.stringify({ roleCredentials: { ...keys, expiration: 4e12 } }),
  })),
);

const { PATH } = process.env;
let folder: ReturnType<typeof useFolder>;
beforeEach(() => {
  folder = useFolder();
  useLocalAws({
    HOME: folder.path,
    PATH: [join(folder.path, "bin"), PATH].join(delimiter),
    AWS_CONFIG_FILE: folder.write(
      "config",
      `[profile dev@example.com]\n${SETTINGS}[profile admin]\n${ROLE}\nsource_profile = dev@example.com`,
    ),
    AWS_ENDPOINT_URL_SSO: sso.url,
  });
  folder.write(FILE, EXPIRED);
  aws(`cat > "$HOME/${FILE}" <<'END'\n${FRESH}\nEND`);
});

/** An `aws` that writes down its arguments, one on each line. */
function aws(then: string): void {
  folder.write("bin/aws", `#!/bin/sh\nprintf '%s\\n' "$@" >> "$HOME/calls"\n${then}\n`, 0o755);
}
const calls = () =>
  existsSync(join(folder.path, "calls")) ? readFileSync(join(folder.path, "calls"), "utf8") : "";
const LOGIN = "sso\nlogin\n--profile\ndev@example.com\n";

const token = (
  words: readonly string[],
  options: CliOptions & { info?: string | undefined } = {},
) => {
  const { info, ...others } = options;
  const environment = { HOME: folder.path, ...(info && { KUBERNETES_EXEC_INFO: info }) };
  return cli(["token", "-c", "prod", "--profile", "dev@example.com", ...words], {
    environment,
    ...others,
  });
};
const infoOf = (spec: object) =>
  JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1beta1", spec });
const TODAY =
  'The sign-in of the AWS profile "dev@example.com" is missing or has expired. Run: aws sso login --profile dev@example.com\n';

test("signs in with the profile, prints only the token, and then needs no sign-in", async () => {
  const { out, err } = await exits(token(["--login"], { info: infoOf({ interactive: true }) }), 0);
  assert.equal(JSON.parse(out).kind, "ExecCredential");
  assert.deepEqual([err, calls()], ["", LOGIN]);
  await exits(token(["--login"], { interactive: true }), 0);
  assert.equal(calls(), LOGIN);
});

test("with a role, the profile is the one that has the sign-in", async () => {
  const { err } = await token(["--profile", "admin", "--login"], { interactive: true });
  assert.equal(calls(), LOGIN, err);
});

test("without a home folder, no lock file is created in the temporary folder", async () => {
  const TMPDIR = folder.write("tmp/keep", "").replace(/\/keep$/, "");
  aws(`ls "$TMPDIR" >> "$HOME/calls"\ncat > "$HOME/${FILE}" <<'END'\n${FRESH}\nEND`);
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = TMPDIR;
  try {
    await exits(token(["--login"], { interactive: true, environment: {} }), 0);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  assert.equal(calls(), `${LOGIN}keep\n`);
});

test("without --login, or without a terminal, prints which command to run", async () => {
  for (const [words, options] of [
    [[], { interactive: true }],
    [["--login"], {}],
    [["--login"], { interactive: true, info: infoOf({ interactive: false }) }],
    [["--login"], { interactive: true, info: infoOf({}) }],
  ] as const) {
    await exits(token(words, options), 3, TODAY, "");
  }
  assert.equal(calls(), "");
});

const VERSION = "--login requires version 2 of the AWS CLI as `aws`.\n";

test("a sign-in that fails, or changes nothing, gives no token", async () => {
  aws("exit 255");
  await exits(
    token(["--login"], { interactive: true }),
    3,
    "The sign-in with `aws sso login` has failed.\n",
    "",
  );
  aws("exit 2");
  await exits(token(["--login"], { interactive: true }), 3, VERSION, "");
  aws("true");
  await exits(token(["--login"], { interactive: true }), 3, TODAY, "");
  process.env["PATH"] = folder.path;
  await exits(token(["--login"], { interactive: true }), 3, VERSION, "");
  assert.ok(!existsSync(join(folder.path, LOCK)));
});

test("Ctrl-C ends the sign-in", async () => {
  aws("exec sleep 60");
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), 500);
  const { code, err } = await token(["--login"], {
    interactive: true,
    interrupted: interrupt.signal,
  });
  assert.deepEqual(
    [code, err, existsSync(join(folder.path, LOCK))],
    [130, "Interrupted.\n", false],
  );
});

test("a lock that is older than a sign-in can take is abandoned", async () => {
  const lock = folder.write(LOCK, String(process.pid));
  utimesSync(lock, 0, 0);
  let sleeps = 0;
  const onSleep = () => {
    sleeps += 1;
    assert.equal(sleeps, 1);
  };
  await exits(token(["--login"], { interactive: true, onSleep }), 0, "");
  assert.deepEqual([calls(), existsSync(lock)], [LOGIN, false]);
});

test("waits for another process that signs in, and then does not", async () => {
  const lock = folder.write(LOCK, String(process.pid));
  const onSleep = () => {
    folder.write(FILE, FRESH);
    rmSync(lock);
  };
  await exits(token(["--login"], { interactive: true, onSleep }), 0);
  assert.equal(calls(), "");
});
