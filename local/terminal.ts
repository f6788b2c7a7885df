// What a second terminal uses: .local/env, programs in .local/bin, AWS profiles of the local
// identities, and a kubeconfig with users.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { fetchIssuerKeys } from "./aws/sts/issuer-documents.ts";
import { type LocalIdentity, localIdentities } from "./identities.ts";
import type { Sandbox } from "./sandbox.ts";
import { CLUSTER_ID, REGION, readSecret, type SandboxFiles } from "./sandbox-files.ts";
import { POD_ROLE_ARN, writeServiceAccountToken } from "./service-account.ts";

/** The local administrator. */
const ADMINISTRATOR = "carol";

const KUBECTL_USERS = ["alice", "bob", ADMINISTRATOR, "contractor", "dan"];

/** Writes env and env.fish last: once they exist, everything that they name exists. */
export async function writeTerminalFiles(files: SandboxFiles, sandbox: Sandbox): Promise<void> {
  await writeServiceAccountToken(files, sandbox.issuerUrl);
  // STS waits for 5 s only, less than the issuer's first start takes on a busy machine.
  await fetchIssuerKeys(sandbox.issuerUrl, {
    ca: readFileSync(files.ca, "utf8"),
    timeoutMs: 60_000,
  });
  const identities = localIdentities(readSecret(files));
  for (const folder of [files.bin, files.aws, dirname(files.config)])
    mkdirSync(folder, { recursive: true });
  const profiles = {
    AWS_CONFIG_FILE: join(files.aws, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(files.aws, "credentials"),
  };
  writeFileSync(profiles.AWS_SHARED_CREDENTIALS_FILE, identities.map(credentialsOf).join("\n"), {
    mode: 0o600,
  });
  writeFileSync(
    profiles.AWS_CONFIG_FILE,
    [...identities.map(({ name }) => profileOf(name)), podProfile(files)].join("\n"),
  );
  const context = { webhookKubeconfig: relative(dirname(files.config), files.kubeconfig) };
  if (!existsSync(files.config))
    writeFileSync(files.config, stringify({ contexts: { [CLUSTER_ID]: context } }));
  writePrograms(files);
  writeKubeconfig(files, profiles);
  const variables = {
    CLUSTER_ID,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_PROFILE: ADMINISTRATOR,
    ...profiles,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_STS: sandbox.stsUrl,
    AWS_ENDPOINT_URL_SSM: sandbox.parameterStoreUrl,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: sandbox.logsUrl,
    AWS_ENDPOINT_URL_EC2: sandbox.queryUrl,
    AWS_ENDPOINT_URL_IAM: sandbox.queryUrl,
    AWS_ENDPOINT_URL_CLOUDFORMATION: sandbox.queryUrl,
    AWS_ENDPOINT_URL_LAMBDA: sandbox.queryUrl,
    KUBECONFIG: files.userKubeconfig,
  };
  writeFileSync(files.envFish, fishLines(variables, files.bin).join("\n"));
  writeFileSync(files.env, shellLines(variables, files.bin).join("\n"));
}

function credentialsOf({
  name,
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: LocalIdentity): string {
  const keys = `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  return sessionToken === undefined ? keys : `${keys}aws_session_token = ${sessionToken}\n`;
}

function profileOf(name: string): string {
  return `[profile ${name}]\nregion = ${REGION}\n`;
}

/** Returns a profile that assumes the role of the service account, as a Pod does. */
function podProfile({ serviceAccountToken }: SandboxFiles): string {
  return `${profileOf("pod")}role_arn = ${POD_ROLE_ARN}\nweb_identity_token_file = ${serviceAccountToken}\n`;
}

function writePrograms({ bin, folder }: SandboxFiles): void {
  // Not the user's contexts, whose clusters are on AWS.
  const XDG_CONFIG_HOME = join(folder, "config");
  writeProgram(bin, "iam-authenticator", "../dist/cli/iam-authenticator.mjs", { XDG_CONFIG_HOME });
  writeProgram(bin, "review", "review.ts", { LOCAL_FOLDER: folder });
}

/**
 * Writes a program that runs a script with these variables, by the Node.js that runs this, since
 * the one on the PATH may be too old.
 */
function writeProgram(bin: string, name: string, script: string, variables: Variables): void {
  const program = join(bin, name);
  const exports = Object.entries(variables).map(
    ([variable, value]) => `export ${variable}=${quoted(value)}`,
  );
  const node = quoted(process.execPath);
  const path = quoted(fileURLToPath(new URL(script, import.meta.url)));
  writeFileSync(program, ["#!/bin/sh", ...exports, `exec ${node} ${path} "$@"`, ""].join("\n"));
  chmodSync(program, 0o755);
}

/** Keeps the clusters, contexts and users that other programs, such as kind, have added. */
function writeKubeconfig(
  { userKubeconfig: file, bin }: SandboxFiles,
  profiles: Readonly<Record<string, string>>,
): void {
  const earlier = (existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined) ?? {};
  const others = ((earlier.users ?? []) as { name: string }[]).filter(
    ({ name }) => !KUBECTL_USERS.includes(name),
  );
  const env = Object.entries(profiles).map(([name, value]) => ({ name, value }));
  const users = KUBECTL_USERS.map((name) => {
    const args = ["token", "--cluster", CLUSTER_ID, "--region", REGION, "--profile", name];
    const command = join(bin, "iam-authenticator");
    const apiVersion = "client.authentication.k8s.io/v1";
    return { name, user: { exec: { apiVersion, interactiveMode: "Never", command, args, env } } };
  });
  const { clusters = [], contexts = [], "current-context": context = "" } = earlier;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters,
    contexts,
    "current-context": context,
  };
  writeFileSync(
    file,
    stringify({ ...config, users: [...others, ...users] }, { aliasDuplicateObjects: false }),
    {
      mode: 0o600,
    },
  );
}

type Variables = Readonly<Record<string, string>>;

/**
 * Returns the file for sh, bash and zsh. The AWS CLI and the SDKs would prefer keys and other
 * settings of the environment to the profile.
 */
function shellLines(variables: Variables, bin: string): string[] {
  return [
    "# Points this terminal at the sandbox of `npm start`. A new terminal ends it.",
    `unset MAPPING_PREFIX $(command env | sed -n 's/^\\(AWS_[A-Za-z0-9_]*\\)=.*/\\1/p')`,
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export PATH=${quoted(bin)}:"$PATH"`,
    // At its prompt, zsh otherwise passes the comments of later lines as arguments.
    `[ -z "\${ZSH_VERSION-}" ] || setopt interactive_comments`,
    "",
  ];
}

/**
 * Returns the file for fish. `set -gu` hides exported variables, also universal ones, which `set
 * -e` would delete from all sessions.
 */
function fishLines(variables: Variables, bin: string): string[] {
  const fishQuoted = (text: string) => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
  return [
    "# Points this terminal at the sandbox of `npm start`. A new terminal ends it.",
    `for name in MAPPING_PREFIX (set --names --export | string match 'AWS_*'); set -gu $name; end`,
    ...Object.entries(variables).map(([name, value]) => `set -gx ${name} ${fishQuoted(value)}`),
    `set -gx PATH ${fishQuoted(bin)} $PATH`,
    "",
  ];
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
