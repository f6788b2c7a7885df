// The published command in an empty folder: it starts, and finds credentials from every source of the SDK.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { buildCommand, COMMAND_FILE } from "../../cli/build.ts";
import { readForm, renderResult } from "../../local/ec2/query-protocol.ts";
import { type LocalRequest, startHttpServer } from "../../local/http-server.ts";
import { startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import packageJson from "../../package.json" with { type: "json" };
import { useFolder } from "./folder.ts";
import { prepare, useServer } from "./use-server.ts";

const { path: folder, write } = useFolder();
const built = join(folder, "built");
const home = join(folder, "home");
const ROLE = "arn:aws:iam::111122223333:role/Operator";
const END = "2100-01-01T00:00:00Z";

const parameters = { "/iam-authenticator/prod/account/111122223333": "{}" };
const store = useServer(() => startParameterStore({ parameters }));
const issuer = useServer(() => startHttpServer(issue));
let metafile: Metafile;
prepare(async () => {
  metafile = await buildCommand(built);
  write("home/.aws/config", INI);
  write("home/web-identity", "a token");
  const signedIn = JSON.stringify({ accessToken: "x", expiresAt: END });
  write(`home/.aws/sso/cache/${hash("sha1", "company")}.json`, signedIn);
});

/** STS and the portal of IAM Identity Center. They return keys that identify the request. */
function issue(request: LocalRequest) {
  if (request.target.startsWith("/federation/credentials")) {
    const keys = { accessKeyId: "ASIAFROMSSO", secretAccessKey: "s", sessionToken: "t", expiration: Date.parse(END) };
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, body: JSON.stringify({ roleCredentials: keys }) };
  }
  const action = readForm(request).get("Action") ?? "";
  const AccessKeyId = action === "AssumeRole" ? "ASIAFROMROLE" : "ASIAFROMWEBIDENTITY";
  const Credentials = { AccessKeyId, SecretAccessKey: "s", SessionToken: "t", Expiration: END };
  return renderResult("iam", action, { Credentials });
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
  assert.match((await run(["--help"])).stdout, /^Usage: npx lambda-iam-authenticator /);
  assert.match((await run(["mappings", "apply", "--help"])).stdout, /--prune/);
});

test("the command has the same bytes wherever the repository is", async () => {
  const root = join(import.meta.dirname, "..", "..");
  const clone = join(folder, "another", "clone");
  const inputs = Object.keys(metafile.inputs);
  const packages = inputs.flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  for (const path of new Set(["cli", "functions", "infra/bundle", "package.json", ...packages])) {
    const isRead = (source: string) => !/[/\\]dist-(cjs|types)$/.test(source);
    cpSync(join(root, path), join(clone, path), { recursive: true, filter: isRead });
  }
  symlinkSync(join(root, "node_modules", "esbuild"), join(clone, "node_modules", "esbuild"));
  await promisify(execFile)(process.execPath, [join(clone, "cli", "build.ts")]);
  const elsewhere = join(clone, "dist", "cli");
  assert.deepEqual(readdirSync(elsewhere, { recursive: true }).sort(), readdirSync(built, { recursive: true }).sort());
  for (const output of Object.keys(metafile.outputs)) {
    const file = output.replace("dist/cli/", "");
    assert.ok(readFileSync(join(elsewhere, file)).equals(readFileSync(join(built, file))), file);
  }
});

interface Loaded {
  /** The npm packages whose code a run of the built command loads. */
  readonly packages: readonly string[];
  readonly builtIns: readonly string[];
  readonly files: number;
}

async function loadedBy(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  const hook = `import { registerHooks } from "node:module";
    const told = (line) => process.stderr.write(line + "\\n");
    registerHooks({ load(url, context, next) { told(url); return next(url, context); } });
    const get = process.getBuiltinModule;
    process.getBuiltinModule = (name) => { told(name); return get(name); };`;
  const { stderr } = await run(words, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    ...variables,
  });
  const lines = stderr.split("\n");
  const prefix = `${pathToFileURL(built)}/`;
  const files = lines.flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []));
  assert.ok(files.length > 1, stderr);
  const inputs = files.flatMap((file) =>
    Object.keys(metafile.outputs[`dist/cli/${file}`]?.inputs ?? assert.fail(file)),
  );
  const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  const builtIns = lines.filter((line) => line.startsWith("node:"));
  return { packages: [...new Set(packages)].sort(), builtIns: [...new Set(builtIns)].sort(), files: files.length };
}

const KEYS = { AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA", AWS_SECRET_ACCESS_KEY: "s" };
/** Loaded by each command: the standard streams, and what Node.js loads before it runs a program. */
const ANY = ["node:buffer", "node:fs", "node:path", "node:timers/promises", "node:tty", "node:util"];

test("--version, --help and completion of contexts load no SDK; only --help loads the option parser", async () => {
  assert.deepEqual(await loadedBy(["--version"]), { packages: [], builtIns: ANY, files: 2 });
  assert.deepEqual((await loadedBy(["--help"])).packages, ["commander"]);
  assert.deepEqual((await loadedBy(["__complete", "clusters"])).packages, []);
  write("configured/iam-authenticator/config.yaml", "contexts:\n  live: { cluster: prod }\n");
  const contexts = await loadedBy(["__complete", "clusters"], { XDG_CONFIG_HOME: join(folder, "configured") });
  assert.deepEqual(contexts, { packages: ["yaml"], builtIns: ANY, files: 4 });
});

test("token loads the signer and no client, cryptography or network module, also with cached credentials", async () => {
  const packages = ["@smithy/core", "@smithy/signature-v4", "commander"];
  const builtIns = [...ANY, "node:events", "node:os", "node:process"].sort();
  assert.deepEqual(await loadedBy(["token", "-c", "prod"], KEYS), { packages, builtIns, files: 6 });
  const cached = ["token", "-c", "prod", "--role", ROLE, "--cache"];
  assert.ok((await loadedBy(cached, KEYS)).packages.includes("@aws-sdk/client-sts"));
  assert.deepEqual(await loadedBy(cached, KEYS), { packages, builtIns, files: 6 });
});

test("mappings list loads the client of Parameter Store and no other, no YAML and no unused errors", async () => {
  const { packages, builtIns, files } = await loadedBy(["mappings", "list", "-c", "prod"], KEYS);
  assert.deepEqual(packages, [
    ...["client-ssm", "core", "credential-provider-env", "credential-provider-node"].map((name) => `@aws-sdk/${name}`),
    "@aws/lambda-invoke-store",
    ...["core", "node-http-handler", "signature-v4", "types"].map((name) => `@smithy/${name}`),
    "commander",
  ]);
  assert.ok(files <= 20, `${files} files`);
  for (const name of ["node:child_process", "node:https", "node:http2"]) assert.ok(!builtIns.includes(name), name);
  const ofClient = Object.keys(metafile.inputs).filter((input) => input.includes("/client-ssm/dist-es/models/"));
  const outputs = Object.values(metafile.outputs);
  const bytes = outputs.flatMap(({ inputs }) => ofClient.map((input) => inputs[input]?.bytesInOutput ?? 0));
  assert.ok(bytes.reduce((sum, one) => sum + one, 0) < 5_000, String(bytes));
});

test("package.json requires the Node.js that the command needs, and an older one prints one sentence", async () => {
  const range = packageJson.engines.node;
  const [oldest = ""] = /[\d.]+/.exec(range) ?? [];
  const parts = (version: string) => (version.match(/\d+/g) ?? []).map(Number);
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
  for (const version of ["22.21.0", "24.5.0", "25.0.0"]) {
    await promisify(execFile)(process.execPath, as(version));
  }
  for (const version of ["22.20.9", "23.11.1", "24.4.9"]) {
    const advice = "Install a newer one, or put it first in PATH.\n";
    const stderr = `iam-authenticator requires Node.js ${range}, and this is v${version}. ${advice}`;
    await assert.rejects(promisify(execFile)(process.execPath, as(version)), { code: 2, stderr });
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

const WEB_IDENTITY = { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: join(home, "web-identity") };
const WAYS: [string, Readonly<Record<string, string>>, string][] = [
  ["keys in the environment", { AWS_ACCESS_KEY_ID: "AKIAFROMENV", AWS_SECRET_ACCESS_KEY: "s" }, "AKIAFROMENV"],
  ["a process of a profile", { AWS_PROFILE: "process" }, "AKIAFROMPROCESS"],
  ["a role of a profile", { AWS_PROFILE: "role" }, "ASIAFROMROLE"],
  ["IAM Identity Center", { AWS_PROFILE: "sso" }, "ASIAFROMSSO"],
  ["a web identity", WEB_IDENTITY, "ASIAFROMWEBIDENTITY"],
];
for (const [what, variables, key] of WAYS) {
  test(`credentials from ${what}`, async () => {
    const { stdout } = await run(["mappings", "list", "-c", "prod"], variables);
    assert.match(stdout, /^KIND .*\naccount {2}111122223333\n$/);
    assert.match(store.requests.at(-1)?.headers["authorization"] ?? "", new RegExp(`Credential=${key}/`));
  });
}

test("a profile that is not signed in prints one sentence, not a stack trace", async () => {
  rmSync(join(home, ".aws", "sso", "cache"), { recursive: true });
  await assert.rejects(run(["mappings", "list", "-c", "prod"], { AWS_PROFILE: "sso" }), {
    code: 3,
    stderr: 'The sign-in of the AWS profile "sso" is missing or has expired. Run: aws sso login --profile sso\n',
  });
});
