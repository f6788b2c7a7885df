// `. .local/env` in each shell that is installed: its commands reach this sandbox alone, whatever
// the terminal has exported.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { startSandbox } from "../../local/sandbox.ts";
import { sandboxFiles } from "../../local/sandbox-files.ts";
import { writeTerminalFiles } from "../../local/terminal.ts";
import { prepare, useFolder, useServer } from "../cli/fixtures.ts";
import { blocksOf } from "../docs/shell-blocks.ts";
import { execute } from "../e2e/cluster/kubectl.ts";
import { ONLY_IN_ALL } from "../extent.ts";

const temporary = useFolder();
function useSandbox(name: string) {
  const files = sandboxFiles(join(temporary.path, name));
  const sandbox = useServer(() => startSandbox(files));
  prepare(() => writeTerminalFiles(files, sandbox));
  return { files, sandbox };
}
/** Names that a shell would split or expand. */
const first = useSandbox("it's $HOME");
const other = useSandbox("other one");
const { files, sandbox } = first;

/** What a user's terminal may have exported. */
const EXPORTED = {
  AWS_PROFILE: "production",
  AWS_DEFAULT_PROFILE: "production",
  AWS_ACCESS_KEY_ID: "AKIAPRODUCTIONAAAAAA",
  AWS_SECRET_ACCESS_KEY: "production",
  AWS_SESSION_TOKEN: "production",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:9",
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/Production",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere",
  AWS_USE_FIPS_ENDPOINT: "true",
  CLUSTER_ID: "production",
  MAPPING_PREFIX: "/production",
  TOKENS: "jwt",
};

const SHELLS = ["sh", "dash", "bash", "zsh", "fish"].filter(
  (shell) => spawnSync(shell, ["-c", "true"]).status === 0,
);

function typed(shell: string, { env, envFish }: typeof files, line: string) {
  const isFish = shell === "fish";
  const file = (isFish ? envFish : env).replaceAll(/['\\]/g, isFish ? "\\$&" : "'\\''");
  const words = ["-c", `. '${file}'; ${line}`];
  return execute(shell, words, {
    env: {
      ...EXPORTED,
      PATH: process.env["PATH"],
      HOME: temporary.path,
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
    },
  });
}

test("a restart keeps the mappings that the user has changed", async () => {
  const own = sandboxFiles(join(temporary.path, "restarted"));
  const first = await startSandbox(own);
  await first.close();
  const added = join(own.mappings, "added.json");
  writeFileSync(added, "{}");
  const names = readdirSync(own.mappings, { recursive: true, encoding: "utf8" });
  const sample = names.find((name) => /^(?:role|user|sso)\/.*\.yaml$/.test(name));
  const changed = join(own.mappings, sample ?? assert.fail(names.join()));
  writeFileSync(changed, '{"username":"changed"}');
  const second = await startSandbox(own);
  await second.close();
  assert.equal(readFileSync(changed, "utf8"), '{"username":"changed"}');
  assert.equal(readFileSync(added, "utf8"), "{}");
});

for (const shell of SHELLS) {
  // dash is `sh` on Debian and Ubuntu, and bash on others. Both also run in test:all.
  const options = ["dash", "bash"].includes(shell) ? ONLY_IN_ALL : {};
  test(
    `${shell}: commands reach the sandbox of that folder, as its administrator`,
    options,
    async () => {
      for (const { files: each, sandbox } of [first, other]) {
        const { stdout } = await typed(shell, each, "env");
        const set = new Map(
          [...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
        );
        const left = Object.entries(EXPORTED).filter(
          ([name, value]) =>
            set.get(name) === value || (/KEY|TOKEN|ROLE/.test(name) && set.has(name)),
        );
        // The command takes it from the sandbox's store, not from the terminal.
        assert.deepEqual(left, [["TOKENS", EXPORTED.TOKENS]]);
        assert.equal(set.get("AWS_ENDPOINT_URL_SSM"), sandbox.parameterStoreUrl);
        assert.equal(set.get("KUBECONFIG"), each.userKubeconfig);
        const who = await typed(shell, each, "iam-authenticator whoami && review bob");
        assert.equal(who.code, 0, who.stderr);
        assert.match(who.stdout, /carol@example\.com.*HTTP 200\n.*"dev:bob-example\.com"/s);
        const list = await typed(shell, each, "iam-authenticator mappings list -o name");
        assert.match(list.stdout, /^role\/111122223333\/developers$/m);
      }
    },
  );
}

test("the first line says what ends it; contexts of the user's configuration are not used", async () => {
  for (const file of [files.env, files.envFish]) {
    assert.match(readFileSync(file, "utf8"), /^# .*A new terminal ends it\.\n/);
  }
  temporary.configure("contexts: {local: {prefix: /production}}");
  const { stdout, stderr, code } = await typed(
    "sh",
    files,
    "iam-authenticator whoami --profile bob",
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /\/iam-authenticator\/local in region us-west-2/);
});

/**
 * What docs/try.md types before the cluster, and what each line prints. The AWS CLI has a separate
 * test.
 */
const TYPED: Readonly<Record<string, RegExp>> = {
  "review bob": /^HTTP 200\n.*"dev:bob-example\.com"/s,
  "review dan": /"identity_denied: /,
  "review bob another-cluster": /"sts_/,
  "iam-authenticator mappings list": /^role +111122223333 +ClusterNode /m,
  "iam-authenticator explain": /^verdict +granted$/m,
  "iam-authenticator whoami --profile bob": /^verdict +granted$/m,
  "iam-authenticator reviews": / granted .* dev:bob-example\.com /,
  "iam-authenticator report":
    /role\/Developers +dev:\{SessionName\} +developers .* \d{4}-\d\d-\d\dT\S+ +\d+ +exists/,
  "iam-authenticator doctor":
    /^ok +url .*^ok +review v1 +you are admin:carol-example\.com.*^ok +settings .* equal to the function's$.*^ok +concurrency +1000 /ms,
  "iam-authenticator token --profile pod": /"username": "ci-deployer"/,
};

test("docs/try.md: each line works as written", async () => {
  const [first = ""] = blocksOf("docs/try.md", "sh").join("").split("npm run try:cluster");
  const lines = first.match(/^(review|iam-authenticator) .*$/gm) ?? [];
  const rest = new Map(Object.entries(TYPED));
  for (const line of lines) {
    const [start, expected] =
      [...rest].find(([start]) => line.startsWith(start)) ?? assert.fail(`unexpected: ${line}`);
    rest.delete(start);
    const inFolder = line.replace(".local/", "");
    const { stdout, stderr } = await typed(
      "sh",
      files,
      `cd "$(dirname "$KUBECONFIG")"; ${inFolder}`,
    );
    assert.match(stdout, expected, `${line}\n${stderr}`);
    assert.doesNotMatch(stdout + stderr, /not checked|AWS returned an error|^warning/im, line);
  }
  assert.deepEqual([...rest.keys()], []);
});

test("with --jwt, the page's line works; without it, signed tokens are refused", async () => {
  const line = blocksOf("docs/aws-signed-tokens.md", "sh")
    .join("")
    .match(/^iam-authenticator token .*--jwt \| review$/m)?.[0];
  assert.ok(line);
  const usual = await typed("sh", other.files, line);
  assert.match(usual.stdout, /^HTTP 200\n.*"authenticated": false/s);
  const denied = await typed("sh", other.files, "iam-authenticator mappings deny mary --yes");
  assert.match(denied.stdout, /^\+ deny\/any\n +name: mary\n/m, denied.stderr);

  const own = sandboxFiles(join(temporary.path, "signed"));
  const signed = await startSandbox(own, { acceptsSignedTokens: true });
  try {
    await writeTerminalFiles(own, signed);
    const { stdout, stderr } = await typed("sh", own, line);
    assert.match(stdout, /"username": "alice"/, stderr);
  } finally {
    await signed.close();
  }
});

test("the kubeconfig has users without keys, works without env, and keeps what kind has added", async () => {
  const { mode } = statSync(files.userKubeconfig);
  assert.equal(mode & 0o077, 0);
  const earlier = parse(readFileSync(files.userKubeconfig, "utf8"));
  const kind = {
    clusters: [{ name: "kind-kind", cluster: { server: "https://127.0.0.1:6443" } }],
    contexts: [{ name: "kind-kind", context: { cluster: "kind-kind", user: "kind-kind" } }],
    "current-context": "kind-kind",
  };
  const admin = { name: "kind-kind", user: { token: "of kind" } };
  writeFileSync(
    files.userKubeconfig,
    stringify({ ...earlier, ...kind, users: [...earlier.users, admin] }),
  );
  await writeTerminalFiles(files, sandbox);
  const text = readFileSync(files.userKubeconfig, "utf8");
  const { users, ...rest } = parse(text);
  assert.partialDeepStrictEqual(rest, kind);
  const names = users.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ["kind-kind", "alice", "bob", "carol", "contractor", "dan"]);
  assert.doesNotMatch(text, /AKIA|ASIA|local\/only/);

  const { exec } = users[2].user;
  const variables = exec.env.map(({ name, value }: { name: string; value: string }) => [
    name,
    value,
  ]);
  const env = { ...EXPORTED, ...Object.fromEntries(variables), PATH: "/usr/bin:/bin" };
  const plugin = await execute(exec.command, exec.args, { env });
  assert.equal(plugin.code, 0, plugin.stderr);
  assert.match(JSON.parse(plugin.stdout).status.token, /^k8s-aws-v1\./);
});
