// The published command in an empty folder: it starts, and finds credentials from every source of the SDK.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { buildCommand, COMMAND_FILE } from "../../cli/build.ts";
import { type LocalRequest, type LocalServer, startHttpServer } from "../../local/http-server.ts";
import { type MemoryStore, startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import packageJson from "../../package.json" with { type: "json" };

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const built = join(folder, "built");
const home = join(folder, "home");
const ROLE = "arn:aws:iam::111122223333:role/Operator";
const END = "2100-01-01T00:00:00Z";

let store: MemoryStore;
let issuer: LocalServer;
let metafile: Metafile;
before(async () => {
  metafile = await buildCommand(built);
  mkdirSync(join(home, ".aws", "sso", "cache"), { recursive: true });
  const parameters = { "/iam-authenticator/prod/account/111122223333": "{}" };
  store = await startParameterStore({ parameters });
  issuer = await startHttpServer(issue);
});
after(async () => {
  await Promise.all([store.close(), issuer.close()]);
  rmSync(folder, { recursive: true });
});

/** STS and the portal of IAM Identity Center. They return keys that identify the request. */
function issue({ target, body }: LocalRequest) {
  if (target.startsWith("/federation/credentials")) {
    const keys = { accessKeyId: "ASIAFROMSSO", secretAccessKey: "s", sessionToken: "t", expiration: Date.parse(END) };
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ roleCredentials: keys }),
    };
  }
  const action = new URLSearchParams(body.toString()).get("Action") ?? "";
  const key = action === "AssumeRole" ? "ASIAFROMROLE" : "ASIAFROMWEBIDENTITY";
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
<AccessKeyId>${key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>${END}</Expiration></Credentials></${action}Result></${action}Response>`,
  };
}

function run(words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  return promisify(execFile)(process.execPath, [join(built, COMMAND_FILE), ...words], {
    cwd: home,
    env: {
      HOME: home,
      AWS_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ENDPOINT_URL_STS: issuer.url,
      AWS_ENDPOINT_URL_SSO: issuer.url,
      ...variables,
    },
  });
}

test("a shell can run the file, which reports its version and has its commands", async () => {
  assert.equal(statSync(join(built, COMMAND_FILE)).mode & 0o777, 0o755);
  const { stdout } = await promisify(execFile)(join(built, COMMAND_FILE), ["--version"], { cwd: home });
  assert.equal(stdout, `${packageJson.version}\n`);
  assert.match((await run(["--help"])).stdout, /^Usage: iam-authenticator /);
  assert.match((await run(["mappings", "apply", "--help"])).stdout, /--prune/);
});

/** The npm packages whose code a run of the built command loads. */
async function packagesRead(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });`;
  const { stderr } = await run(words, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    ...variables,
  });
  const prefix = `${pathToFileURL(built)}/`;
  const files = stderr.split("\n").flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []));
  assert.ok(files.length > 2, stderr);
  const inputs = files.flatMap((file) =>
    Object.keys(metafile.outputs[`dist/cli/${file}`]?.inputs ?? assert.fail(file)),
  );
  return [...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []))].sort();
}

test("a command loads only its own code: token no client, --version and completion not even the option parser", async () => {
  assert.deepEqual(await packagesRead(["--version"]), []);
  assert.deepEqual(await packagesRead(["__complete", "clusters"]), []);
  assert.deepEqual(await packagesRead(["--help"]), ["commander"]);
  const keys = { AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA", AWS_SECRET_ACCESS_KEY: "s" };
  const token = ["@smithy/core", "@smithy/signature-v4", "commander"];
  assert.deepEqual(await packagesRead(["token", "-c", "prod"], keys), token);
  const list = await packagesRead(["mappings", "list", "-c", "prod"], keys);
  assert.deepEqual(
    ["@aws-sdk/client-ssm", "@aws-sdk/client-ec2", "@aws-sdk/client-sts", "yaml"].filter((name) => list.includes(name)),
    ["@aws-sdk/client-ssm"],
  );
});

test("package.json requires the Node.js that the command needs, and an older one prints one sentence", async () => {
  const oldest = packageJson.engines.node.replace(">=", "");
  const parts = (version: string) =>
    version
      .replace(/[^\d.]/g, "")
      .split(".")
      .map(Number);
  const isAtLeast = ([major = 0, minor = 0]: number[], [m = 0, n = 0]: number[]) =>
    major > m || (major === m && minor >= n);
  for (const name of ["commander", "yaml", "@aws-sdk/client-ssm", "@aws-sdk/client-sts", "@smithy/signature-v4"]) {
    const { engines } = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
    assert.ok(isAtLeast(parts(oldest), parts(engines.node)), `${name} needs ${engines.node}`);
  }
  const as = (version: string) => {
    const script = `for (const [name, value] of [["version", "v${version}"], ["versions", {...process.versions, node: "${version}"}]])
      Object.defineProperty(process, name, { value });`;
    return ["--import", `data:text/javascript,${encodeURIComponent(script)}`, join(built, COMMAND_FILE), "--version"];
  };
  await promisify(execFile)(process.execPath, as(oldest));
  for (const version of ["20.20.2", "22.11.0"]) {
    await assert.rejects(promisify(execFile)(process.execPath, as(version)), ({ code, stderr }) => {
      assert.equal(code, 2);
      assert.equal(
        stderr,
        `iam-authenticator requires Node.js ${oldest} or newer, and this is v${version}. Install a newer one, or put it first in PATH.\n`,
      );
      return true;
    });
  }
});

const INI = `[default]
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAFROMPROCESS","SecretAccessKey":"s"}'
[profile role]
role_arn = ${ROLE}
source_profile = process
[profile sso]
sso_session = company
sso_account_id = 111122223333
sso_role_name = Operator
[sso-session company]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
`;

const WAYS: [string, Readonly<Record<string, string>>, string][] = [
  ["keys in the environment", { AWS_ACCESS_KEY_ID: "AKIAFROMENV", AWS_SECRET_ACCESS_KEY: "s" }, "AKIAFROMENV"],
  ["a process of a profile", { AWS_PROFILE: "process" }, "AKIAFROMPROCESS"],
  ["a role of a profile", { AWS_PROFILE: "role" }, "ASIAFROMROLE"],
  ["IAM Identity Center", { AWS_PROFILE: "sso" }, "ASIAFROMSSO"],
  [
    "a web identity",
    { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: join(home, "web-identity") },
    "ASIAFROMWEBIDENTITY",
  ],
];
for (const [what, variables, key] of WAYS) {
  test(`credentials from ${what}`, async () => {
    writeFileSync(join(home, ".aws", "config"), INI);
    writeFileSync(join(home, "web-identity"), "a token");
    const signedIn = JSON.stringify({ accessToken: "x", expiresAt: END });
    writeFileSync(join(home, ".aws", "sso", "cache", `${hash("sha1", "company")}.json`), signedIn);
    const { stdout } = await run(["mappings", "list", "-c", "prod"], variables);
    assert.match(stdout, /^KIND .*\naccount {2}111122223333\n$/);
    assert.match(store.requests.at(-1)?.headers["authorization"] ?? "", new RegExp(`Credential=${key}/`));
  });
}

test("a profile that is not signed in prints one sentence, not a stack trace", async () => {
  rmSync(join(home, ".aws", "sso", "cache"), { recursive: true });
  await assert.rejects(run(["mappings", "list", "-c", "prod"], { AWS_PROFILE: "sso" }), ({ code, stderr }) => {
    assert.equal(code, 3);
    assert.match(stderr, /^No AWS credentials: sign in, or give --profile \(.*\)\n$/);
    return true;
  });
});
