// The published command in an empty folder: it starts, and finds credentials from every source of
// the SDK.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import {
  bundleCommand,
  COMMAND_FILE,
  type CommandBundle,
  replaceCommand,
} from "../../build/command.ts";
import { type LocalRequest, startHttpServer } from "../../local/aws/http-server.ts";
import { readForm, renderResult } from "../../local/aws/protocols.ts";
import packageJson from "../../package.json" with { type: "json" };
import { prepare, useFolder, useServer } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { OPERATOR, startParameterStore } from "../local-aws.ts";

const { path: folder, write } = useFolder();
const built = join(folder, "built");
const home = join(folder, "home");
const ROLE = "arn:aws:iam::111122223333:role/Operator";
const END = "2100-01-01T00:00:00Z";
const parameters = { "/iam-authenticator/prod/account/111122223333": "{}" };
const identities = [
  "AKIAFROMENV",
  "AKIAFROMPROCESS",
  "ASIAFROMROLE",
  "ASIAFROMSSO",
  "ASIAFROMWEB",
].map((accessKeyId) => ({
  ...{ ...OPERATOR, accessKeyId, secretAccessKey: "s" },
  ...(accessKeyId.startsWith("ASIA") && { sessionToken: "t" }),
}));
const store = useServer(() =>
  startParameterStore({ identities: [...identities, OPERATOR], parameters }),
);
const issuer = useServer(() => startHttpServer(issue));
let bundle: CommandBundle;
prepare(async () => {
  bundle = await bundleCommand();
  replaceCommand(built, bundle.files);
  write("home/.aws/config", INI);
  write("home/web-identity", "a token");
  write(
    `home/.aws/sso/cache/${hash("sha1", "company")}.json`,
    JSON.stringify({ accessToken: "x", expiresAt: END }),
  );
});

/** STS and the portal of IAM Identity Center. They return keys that identify the request. */
function issue(request: LocalRequest) {
  const keys = {
    accessKeyId: "ASIAFROMSSO",
    secretAccessKey: "s",
    sessionToken: "t",
    expiration: Date.parse(END),
  };
  if (request.target.startsWith("/federation/credentials"))
    return { status: 200, body: JSON.stringify({ roleCredentials: keys }) };
  const action = readForm(request).get("Action") ?? "";
  const AccessKeyId = action === "AssumeRole" ? "ASIAFROMROLE" : "ASIAFROMWEB";
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
  const { stdout } = await promisify(execFile)(join(built, COMMAND_FILE), ["--version"], {
    cwd: home,
  });
  assert.equal(stdout, `${packageJson.version}\n`);
  assert.match((await run(["--help"])).stdout, /^Usage: npx --no -- lambda-iam-authenticator /);
  assert.match((await run(["mappings", "apply", "--help"])).stdout, /--prune/);
});

test("the command has the same bytes wherever the repository is", ONLY_IN_ALL, async () => {
  const root = join(import.meta.dirname, "..", "..");
  const clone = join(folder, "another", "clone");
  const inputs = Object.keys(bundle.metafile.inputs);
  const packages = inputs.flatMap(
    (input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
  );
  for (const path of new Set(["build", "cli", "functions", "package.json", ...packages])) {
    const isRead = (source: string) => !/[/\\]dist-(cjs|types)$/.test(source);
    cpSync(join(root, path), join(clone, path), { recursive: true, filter: isRead });
  }
  symlinkSync(join(root, "node_modules", "esbuild"), join(clone, "node_modules", "esbuild"));
  await promisify(execFile)(process.execPath, [join(clone, "build", "command.ts")]);
  const elsewhere = join(clone, "dist", "cli");
  assert.deepEqual(
    readdirSync(elsewhere, { recursive: true }).sort(),
    readdirSync(built, { recursive: true }).sort(),
  );
  for (const output of Object.keys(bundle.metafile.outputs)) {
    const file = output.replace("dist/cli/", "");
    assert.ok(readFileSync(join(elsewhere, file)).equals(readFileSync(join(built, file))), file);
  }
});

test("a build replaces a running command, which still loads its parts", async () => {
  const replaced = join(folder, "replaced");
  const part = (name: string) => join(replaced, "parts", name);
  write("replaced/parts/lazy-AAAAAAAA.mjs", 'console.log("loaded");');
  write("replaced/parts/older-BBBBBBBB.mjs", "");
  write(
    `replaced/${COMMAND_FILE}`,
    'console.log("started"); process.stdin.once("data", () => import("./parts/lazy-AAAAAAAA.mjs").then(() => process.exit()));',
  );
  const running = promisify(execFile)(process.execPath, [join(replaced, COMMAND_FILE)]);
  await once(running.child.stdout ?? assert.fail(), "data");
  replaceCommand(replaced, bundle.files);
  running.child.stdin?.end("go\n");
  assert.equal((await running).stdout, "started\nloaded\n");
  assert.deepEqual(
    [existsSync(part("lazy-AAAAAAAA.mjs")), existsSync(part("older-BBBBBBBB.mjs"))],
    [true, false],
  );

  const own = (name: string) => name !== "lazy-AAAAAAAA.mjs";
  const parts = () => readdirSync(join(replaced, "parts"));
  const times = () =>
    parts()
      .filter(own)
      .map((name) => statSync(part(name)).mtimeMs);
  const earlier = times();
  replaceCommand(replaced, bundle.files);
  assert.deepEqual(times(), earlier, "a build without a change writes nothing");
  assert.ok(parts().every(own), "a build without a change deletes the parts of the former build");

  write("replaced/THIRD-PARTY-LICENSES.txt", "of another version");
  replaceCommand(replaced, bundle.files);
  assert.deepEqual(
    readdirSync(replaced, { recursive: true }).sort(),
    readdirSync(built, { recursive: true }).sort(),
  );
  assert.equal(statSync(join(replaced, COMMAND_FILE)).mode & 0o777, 0o755);
});

/**
 * The npm packages, the built-in modules and the number of files that a run of the built command
 * loads.
 */
async function loadedBy(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) {
  const hook = `import { registerHooks } from "node:module";
    const told = (line) => process.stderr.write(line + "\\n");
    registerHooks({ load(url, context, next) { told(url); return next(url, context); } });
    const get = process.getBuiltinModule;
    process.getBuiltinModule = (name) => { told(name); return get(name); };`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const lines = (await run(words, { NODE_OPTIONS, ...variables })).stderr.split("\n");
  const prefix = `${pathToFileURL(built)}/`;
  const files = lines.flatMap((line) =>
    line.startsWith(prefix) ? [line.slice(prefix.length)] : [],
  );
  assert.ok(files.length > 1, lines.join("\n"));
  const inputs = files.flatMap((file) =>
    Object.keys(bundle.metafile.outputs[`dist/cli/${file}`]?.inputs ?? assert.fail(file)),
  );
  const packages = inputs.flatMap(
    (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [],
  );
  const builtIns = lines.filter((line) => line.startsWith("node:"));
  return {
    packages: [...new Set(packages)].sort(),
    builtIns: [...new Set(builtIns)].sort(),
    files: files.length,
  };
}

const KEYS = {
  AWS_ACCESS_KEY_ID: OPERATOR.accessKeyId,
  AWS_SECRET_ACCESS_KEY: OPERATOR.secretAccessKey,
};
/**
 * Loaded by each command: the standard streams, and what Node.js loads before it runs a program.
 */
const ANY = ["node:buffer", "node:fs", "node:path", "node:timers/promises", "node:util"];

test("--version, --help and completion of contexts load no SDK", async () => {
  assert.deepEqual(await loadedBy(["--version"]), { packages: [], builtIns: ANY, files: 2 });
  assert.deepEqual((await loadedBy(["--help"])).packages, ["commander"]);
  assert.deepEqual((await loadedBy(["__complete", "clusters"])).packages, []);
  write("configured/iam-authenticator/config.yaml", "contexts:\n  live: { cluster: prod }\n");
  const contexts = await loadedBy(["__complete", "clusters"], {
    XDG_CONFIG_HOME: join(folder, "configured"),
  });
  assert.deepEqual(contexts, { packages: ["yaml"], builtIns: ANY, files: 4 });
});

test("token loads no client, cryptography or network module", async () => {
  const cached = ["token", "-c", "prod", "--role", ROLE, "--cache"];
  assert.ok((await loadedBy(cached, KEYS)).packages.includes("@aws-sdk/client-sts"));
  const packages = ["@smithy/core", "@smithy/signature-v4", "commander"];
  const builtIns = [...ANY, "node:events", "node:os", "node:process"].sort();
  for (const words of [cached, ["token", "-c", "prod"]]) {
    assert.deepEqual(await loadedBy(words, KEYS), { packages, builtIns, files: 7 });
  }
});

test("mappings list loads the client of Parameter Store alone", async () => {
  const { packages, builtIns, files } = await loadedBy(["mappings", "list", "-c", "prod"], KEYS);
  assert.deepEqual(packages, [
    ...["client-ssm", "core", "credential-provider-env", "credential-provider-node"].map(
      (name) => `@aws-sdk/${name}`,
    ),
    "@aws/lambda-invoke-store",
    ...["core", "node-http-handler", "signature-v4", "types"].map((name) => `@smithy/${name}`),
    "commander",
  ]);
  assert.ok(files <= 20, `${files} files`);
  for (const name of ["node:child_process", "node:https", "node:http2"])
    assert.ok(!builtIns.includes(name), name);
  const ofClient = Object.keys(bundle.metafile.inputs).filter((input) =>
    input.includes("/client-ssm/dist-es/models/"),
  );
  const outputs = Object.values(bundle.metafile.outputs);
  const bytes = outputs.flatMap(({ inputs }) =>
    ofClient.map((input) => inputs[input]?.bytesInOutput ?? 0),
  );
  assert.ok(bytes.reduce((sum, part) => sum + part, 0) < 5_000, String(bytes));
});

test("an older Node.js than package.json requires prints one sentence", async () => {
  const range = packageJson.engines.node;
  const oldest = (text: string) => /[\d.]+/.exec(text)?.[0] ?? "";
  for (const name of [
    "commander",
    "yaml",
    "@aws-sdk/client-ssm",
    "@aws-sdk/client-sts",
    "@smithy/signature-v4",
  ]) {
    const { engines } = JSON.parse(
      readFileSync(join("node_modules", name, "package.json"), "utf8"),
    );
    const order = oldest(range).localeCompare(oldest(engines.node), "en", { numeric: true });
    assert.ok(order >= 0, `${name} needs ${engines.node}`);
  }
  const as = (version: string) => {
    const script = `for (const [name, value] of [["version", "v${version}"], ["versions", {...process.versions, node: "${version}"}]])
      Object.defineProperty(process, name, { value });`;
    const words = [
      "--import",
      `data:text/javascript,${encodeURIComponent(script)}`,
      join(built, COMMAND_FILE),
    ];
    return promisify(execFile)(process.execPath, [...words, "--version"]);
  };
  for (const version of ["22.21.0", "24.5.0", "25.0.0"]) await as(version);
  for (const version of ["22.20.9", "23.11.1", "24.4.9"]) {
    const advice = "Install a newer one, or put it first in PATH.\n";
    const stderr = `iam-authenticator requires Node.js ${range}, and this is v${version}. ${advice}`;
    await assert.rejects(as(version), { code: 2, stderr });
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

for (const [what, key, variables] of [
  [
    "keys in the environment",
    "AKIAFROMENV",
    { AWS_ACCESS_KEY_ID: "AKIAFROMENV", AWS_SECRET_ACCESS_KEY: "s" },
  ],
  ["a process of a profile", "AKIAFROMPROCESS", { AWS_PROFILE: "process" }],
  ["a role of a profile", "ASIAFROMROLE", { AWS_PROFILE: "role" }],
  ["IAM Identity Center", "ASIAFROMSSO", { AWS_PROFILE: "sso" }],
  [
    "a web identity",
    "ASIAFROMWEB",
    { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: `${home}/web-identity` },
  ],
] as const) {
  test(`credentials from ${what}`, async () => {
    const { stdout } = await run(["mappings", "list", "-c", "prod"], variables);
    assert.match(stdout, /^KIND .*\naccount {2}111122223333\n$/);
    assert.match(
      store.requests.at(-1)?.headers["authorization"] ?? "",
      new RegExp(`Credential=${key}/`),
    );
  });
}
