// `npm start`: runs the sandbox, reviews tokens of a few local identities, logs in as a Pod of another cluster, and prints
// commands to try; more with --verbose.

import { readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join, relative } from "node:path";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { JWKS_PATH } from "../functions/issuer/documents.ts";
import { fetchIssuerKeys } from "./aws/sts/issuer-documents.ts";
import { type LocalIdentity, localIdentity, mintToken } from "./identities.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { AUDIENCE, POD_ROLE_ARN, SERVICE_ACCOUNT, writeServiceAccountToken } from "./service-account.ts";
import {
  CLUSTER_ID,
  LOG_GROUP,
  REGION,
  type Review,
  readSecret,
  readWebhook,
  reviewToken,
  SANDBOX_FOLDER,
  type SandboxFiles,
  SandboxNotRunning,
  STANDBY_FOLDER,
  sandboxFiles,
  tokenReview,
} from "./webhook.ts";

/** Returns one line per step, and the Pod's token for the cluster `clusterId`. */
async function podLogin(
  files: SandboxFiles,
  sandbox: Sandbox,
  clusterId: string,
): Promise<{ readonly lines: readonly string[]; readonly token: string }> {
  const serviceAccountToken = await writeServiceAccountToken(files, sandbox.issuerUrl);
  // STS waits for 5 s only, less than the issuer's first start takes on a busy machine.
  await fetchIssuerKeys(sandbox.issuerUrl, { ca: readFileSync(files.issuerCa, "utf8"), timeoutMs: 60_000 });
  const session = await assumeRole(sandbox.stsUrl, serviceAccountToken);
  const { namespace, name } = SERVICE_ACCOUNT;
  return {
    token: await mintToken({ identity: session, clusterId, region: REGION }),
    lines: [
      `issuer: serves its key at ${sandbox.issuerUrl}${JWKS_PATH}`,
      `token: system:serviceaccount:${namespace}:${name}, for ${AUDIENCE}, signed by that key`,
      `AssumeRoleWithWebIdentity: ${session.arn}`,
    ],
  };
}

/** Assumes the role with only the token, as an AWS SDK in a Pod does. */
async function assumeRole(endpoint: string, WebIdentityToken: string): Promise<LocalIdentity> {
  const sts = new STSClient({ endpoint, region: REGION });
  const { Credentials, AssumedRoleUser } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: POD_ROLE_ARN,
      RoleSessionName: "deployer-0",
      WebIdentityToken,
    }),
  );
  sts.destroy();
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  const { Arn, AssumedRoleId } = AssumedRoleUser ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Arn || !AssumedRoleId) {
    throw new Error("AssumeRoleWithWebIdentity returned no credentials");
  }
  return {
    name: "pod",
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    arn: Arn,
    account: Arn.split(":")[4] ?? "",
    userId: AssumedRoleId,
  };
}

const SHOWN = ["alice", "carol", "node", "bob", "dan", "contractor"];

const VERBOSE = "--verbose";

const RENEW_MS = 10 * 60_000;

/** Wide enough for the longest command below. */
const COLUMNS = 100;

// Nothing to close: files are written synchronously, and the function's process exits with this one.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

const unknown = process.argv.slice(2).filter((word) => word !== VERBOSE);

if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown[0]}. Usage: npm start [-- ${VERBOSE}]`);
  process.exit(2);
}

const isVerbose = process.argv.includes(VERBOSE);

const files = sandboxFiles(SANDBOX_FOLDER);

const bobsMapping = join(files.mappings, "role/111122223333/developers.yaml");

if (await isRunning(files)) {
  console.error(
    `The sandbox is already running at ${readWebhook(files).server}. Stop it with Ctrl-C in its terminal, ` +
      "or start a second one in another folder: LOCAL_FOLDER=.local-2 npm start",
  );
  process.exit(1);
}

const standby = STANDBY_FOLDER ? sandboxFiles(STANDBY_FOLDER) : undefined;

if (standby !== undefined && !(await isRunning(standby))) {
  console.error(`No sandbox is running in the folder of LOCAL_STANDBY: LOCAL_FOLDER=${STANDBY_FOLDER} npm start`);
  process.exit(1);
}

/** An address of a Docker bridge, where containers reach STS and Parameter Store. */
const bridge = process.env["LOCAL_HOST"] || undefined;

if (bridge !== undefined && (!isIPv4(bridge) || bridge === "0.0.0.0")) {
  console.error(`LOCAL_HOST must be one IPv4 address, such as 172.17.0.1 of Docker's bridge, not ${bridge}.`);
  process.exit(2);
}

const sandbox = await startSandbox(files, standby, bridge).catch((error) => {
  if (error.code !== "EADDRNOTAVAIL") throw error;
  console.error(`LOCAL_HOST: ${bridge} is not an address of this machine.`);
  process.exit(1);
});

const secret = readSecret(files);

console.log(`lambda-iam-authenticator is running at ${sandbox.endpoint} for cluster "${CLUSTER_ID}".\n`);

await writeReviews();

for (const name of SHOWN) await show(name);

console.log();

await showPod();

if (isVerbose) printCommands();
else printFirstCommands();

console.log("\nPress Ctrl-C to stop.");

// Tokens expire after 15 minutes.
setInterval(() => void Promise.all([writeReviews(), writeServiceAccountToken(files, sandbox.issuerUrl)]), RENEW_MS);

/** Sends a request: a lock file would survive a sandbox that was killed. */
async function isRunning(files: SandboxFiles): Promise<boolean> {
  try {
    const { status } = await reviewToken(files, "not a token");
    return status === 200;
  } catch (error) {
    if (error instanceof SandboxNotRunning) return false;
    throw error;
  }
}

async function writeReviews(): Promise<void> {
  for (const name of SHOWN) {
    const token = await mintToken({ identity: localIdentity(name, secret), clusterId: CLUSTER_ID, region: REGION });
    writeFileSync(reviewFile(name), tokenReview(token));
  }
}

function reviewFile(name: string): string {
  return join(files.reviews, `${name}.json`);
}

async function show(name: string): Promise<void> {
  const token = await mintToken({ identity: localIdentity(name, secret), clusterId: CLUSTER_ID, region: REGION });
  console.log(hanging(name.padEnd(12), describe(await reviewToken(files, token))));
}

/** Wraps the text, with the head before its first line. */
function hanging(head: string, text: string): string {
  const line = new RegExp(`\\S.{0,${COLUMNS - head.length - 1}}(?!\\S)|\\S+`, "g");
  return `${head}${text.match(line)?.join(`\n${" ".repeat(head.length)}`)}`;
}

async function showPod(): Promise<void> {
  const { lines, token } = await podLogin(files, sandbox, CLUSTER_ID);
  const steps = [...(isVerbose ? lines : []), `review: ${describe(await reviewToken(files, token))}`];
  console.log("A Pod of another cluster logs in with the role of its service account (IRSA):");
  for (const line of steps) console.log(`  ${line}`);
  console.log();
}

/** Omits the tried parameter names, which `npm run review` prints. */
function describe({ status, review }: { status: number; review: Review }): string {
  if (status !== 200) return `HTTP ${status}`;
  const { user, error } = review.status;
  if (user === undefined) return `denied: ${error?.split("; tried ")[0]}`;
  return `granted: ${user.username}, groups ${user.groups?.join(", ") || "none"}`;
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}

function reviewCommand(): string {
  const folder = process.env["LOCAL_FOLDER"];
  return `${folder ? `LOCAL_FOLDER=${folder} ` : ""}npm run --silent review`;
}

function printFirstCommands(): void {
  const rows: readonly (readonly [command: string, effect: string])[] = [
    [`  ${reviewCommand()} -- bob`, "show the full response for one of them"],
    [`  edit ${shown(bobsMapping)}`, "change bob's mapping (read within 30 s)"],
    [`  tail -f ${shown(files.log)}`, "read the log"],
    ...(standby ? [[`  kill ${sandbox.functionPid}`, "end the function: the standby answers"] as const] : []),
  ];
  const width = Math.max(...rows.map(([command]) => command.length));
  console.log(`Try this in another terminal:
${rows.map(([command, effect]) => `${command.padEnd(width)}  ${effect}\n`).join("")}
AWS CLI, curl and kube-apiserver: see docs/try.md, or start again with npm start -- ${VERBOSE}`);
}

function printCommands(): void {
  const { accessKeyId, secretAccessKey } = localIdentity("alice", secret);
  const [mapping, denials, caller, review, log, podToken, issuerCa] = [
    bobsMapping,
    join(files.mappings, "deny/111122223333.yaml"),
    files.callerToken,
    reviewFile("bob"),
    files.log,
    files.serviceAccountToken,
    files.issuerCa,
  ].map(shown);
  const command = reviewCommand();
  const keys = `AWS_ACCESS_KEY_ID=${accessKeyId} \\
      AWS_SECRET_ACCESS_KEY=${secretAccessKey}`;
  console.log(`Try this in another terminal.

  Review a token of one of them, or a token for another cluster, and show the full response:
    ${command} -- bob
    ${command} -- bob another-cluster
    curl -s ${sandbox.endpoint} -d @${review} \\
      -H "authorization: Bearer $(cat ${caller})"

  Review a token from the AWS CLI:
    ${keys} \\
      aws eks get-token --cluster-name ${CLUSTER_ID} --region ${REGION} | \\
      ${command}

  Review a token that STS signs:
    ${keys} \\
      AWS_REGION=${REGION} AWS_ENDPOINT_URL_STS=${sandbox.stsUrl} \\
      npx lambda-iam-authenticator token -c ${CLUSTER_ID} --jwt | ${command}

  Log in as the Pod, with its environment variables:
    AWS_ROLE_ARN=${POD_ROLE_ARN} AWS_DEFAULT_REGION=${REGION} \\
      AWS_WEB_IDENTITY_TOKEN_FILE=${podToken} \\
      AWS_ENDPOINT_URL_STS=${sandbox.stsUrl} aws sts get-caller-identity
    curl -s --cacert ${issuerCa} ${sandbox.issuerUrl}/.well-known/openid-configuration

  Show granted and denied logins, as from CloudWatch Logs:
    ${keys} \\
      AWS_REGION=${REGION} AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=${sandbox.logsUrl} \\
      npx lambda-iam-authenticator reviews -c ${CLUSTER_ID} --log-group ${LOG_GROUP}

  Change a mapping:      edit ${mapping} (read within 30 s)
  Deny, or allow dan:    edit ${denials}
  Read the log:          tail -f ${log}
  Use a kube-apiserver:  --authentication-token-webhook-config-file=${files.kubeconfig}
                         --authentication-token-webhook-version=v1
  Local AWS:             STS ${sandbox.stsUrl}, Parameter Store ${sandbox.parameterStoreUrl}`);
}
