// The configuration file: its options, what takes precedence, and one message for each mistake.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { cli, useLocalAws } from "./cli.ts";
import { exits } from "./mappings/cluster.ts";

const home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const FILE = join(home, ".config", "iam-authenticator", "config.yaml");
after(() => rmSync(home, { recursive: true }));

const CONFIG = `defaultContext: prod
contexts:
  prod: {cluster: prod-eu, region: eu-west-1, profile: ops}
  test: {region: us-west-2}
  a: {cluster: shared, region: eu-north-1, profile: other}
  b: {cluster: shared, region: us-west-2}
`;
function configure(text: string, file = FILE): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The cluster, region and key that signed a token: all defaults except the prefix. */
async function signedWith(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  environment = {},
) {
  useLocalAws({ AWS_SHARED_CREDENTIALS_FILE: join(home, "credentials"), ...variables });
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID"]) if (!(name in variables)) delete process.env[name];
  const profiles = ["default", "ops", "other"].map(
    (name) => `[${name}]\naws_access_key_id = AKIA${name.toUpperCase()}\naws_secret_access_key = x\n`,
  );
  writeFileSync(join(home, "credentials"), profiles.join(""));
  const { code, out, err } = await cli(["kubeconfig", "client", ...words, "--server", "https://x"], {
    environment: { HOME: home, ...environment },
  });
  if (code !== 0) return err;
  const [, cluster] = /--cluster-name\n\s+- "?([\w-]+)/.exec(out) ?? [];
  const { out: token } = await cli(["token", ...words, "--token-only"], {
    environment: { HOME: home, ...environment },
  });
  const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
  const [, key, region] = /X-Amz-Credential=(\w+)%2F\d+%2F([\w-]+)%2F/.exec(url) ?? [];
  return [cluster, region, key];
}

test("-c accepts a context's name or a cluster's id, and can be omitted with a default context", async () => {
  configure(CONFIG);
  const prod = ["prod-eu", "eu-west-1", "AKIAOPS"];
  assert.deepEqual(await signedWith(["-c", "prod"]), prod);
  assert.deepEqual(await signedWith(["-c", "prod-eu"]), prod);
  assert.deepEqual(await signedWith([]), prod);
  assert.deepEqual(await signedWith(["-c", "test"]), ["test", "us-west-2", "AKIADEFAULT"]);
  assert.deepEqual(await signedWith(["-c", "unknown", "--region", "us-east-1"]), [
    "unknown",
    "us-east-1",
    "AKIADEFAULT",
  ]);
  assert.equal(
    await signedWith(["-c", "shared"]),
    `${FILE} has several contexts for the cluster shared. Give one of them as --cluster: a, b.\n`,
  );
  // As in a command that reviews prints.
  assert.deepEqual(await signedWith(["-c", "shared", "--region", "eu-north-1"]), ["shared", "eu-north-1", "AKIAOTHER"]);
});

test("options override the environment, and the environment overrides the file", async () => {
  configure(CONFIG);
  assert.deepEqual(await signedWith([], { AWS_REGION: "us-east-2" }), ["prod-eu", "us-east-2", "AKIAOPS"]);
  assert.deepEqual(await signedWith(["--region", "us-west-1"], { AWS_REGION: "us-east-2" }), [
    "prod-eu",
    "us-west-1",
    "AKIAOPS",
  ]);
  assert.deepEqual(await signedWith([], { CLUSTER_ID: "test" }), ["test", "us-west-2", "AKIADEFAULT"]);
  assert.deepEqual(await signedWith([], { AWS_PROFILE: "other" }), ["prod-eu", "eu-west-1", "AKIAOTHER"]);
  assert.deepEqual(await signedWith(["--profile", "default"], { AWS_PROFILE: "other" }), [
    "prod-eu",
    "eu-west-1",
    "AKIADEFAULT",
  ]);
  const keys = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT" };
  assert.deepEqual(await signedWith([], keys), ["prod-eu", "eu-west-1", "AKIAENVIRONMENT"]);
  const xdg = join(home, "xdg");
  configure(
    "contexts: {prod: {cluster: elsewhere, region: eu-north-1}}",
    join(xdg, "iam-authenticator", "config.yaml"),
  );
  assert.deepEqual((await signedWith(["-c", "prod"], {}, { XDG_CONFIG_HOME: xdg }))[0], "elsewhere");
  // The XDG specification requires this.
  assert.deepEqual((await signedWith(["-c", "prod"], {}, { XDG_CONFIG_HOME: "xdg" }))[0], "prod-eu");
});

test("without the option and a default, the error names the missing option", async () => {
  configure("contexts: {}");
  assert.equal(
    await signedWith([]),
    "error: required option '-c, --cluster <id>' not specified: give it, or set CLUSTER_ID\n",
  );
});

const WRONG: [text: string, problem: string][] = [
  [
    "contexts:\n  prod:\n    clusterId: x",
    "line 3: unknown key clusterId: the keys are cluster, region, profile, prefix, account, webhookKubeconfig.",
  ],
  ["context: {}", "line 1: unknown key context: the keys are defaultContext, contexts."],
  ["contexts: []", "line 1: contexts must be a map of context names to contexts."],
  ["contexts:\n  prod: x", "line 2: expected the keys cluster, region, profile, prefix, account, webhookKubeconfig."],
  ["contexts:\n  prod:\n    region: 1", "line 3: region must be a non-empty string."],
  [
    "contexts:\n  a b: {}",
    'line 2: a context name must be up to 100 letters, digits, "_", "." and "-", the first a letter or digit.',
  ],
  [
    "contexts:\n  a: {cluster: a b}",
    'line 2: cluster must be up to 100 letters, digits, "_", "." and "-", the first a letter or digit.',
  ],
  ["defaultContext: b\ncontexts:\n  a: {}", "line 1: defaultContext must be one of the contexts: a."],
  ["- a", "line 1: expected the keys defaultContext, contexts."],
];
test("each mistake is reported with file, line and expected value; --help still works", async () => {
  for (const [text, problem] of WRONG) {
    configure(text);
    assert.equal(await signedWith(["-c", "prod"]), `${FILE}, ${problem}\n`);
  }
  await exits(cli(["token", "--help"], { environment: { HOME: home } }), 0);
});
