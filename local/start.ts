// `npm start`: runs the sandbox, shows what it answers to a few local identities, and says what to type next.

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { localIdentity } from "./identities.ts";
import { startSandbox } from "./sandbox.ts";
import { CLUSTER_ID, LOG_GROUP, REGION, SANDBOX_FOLDER, sandboxFiles } from "./sandbox-settings.ts";
import { POD_ROLE_ARN, writeServiceAccountToken } from "./service-account.ts";
import { podLogin } from "./show-pod.ts";
import { mintToken } from "./token.ts";
import { type Review, readWebhook, reviewToken, SandboxNotRunning, tokenReview } from "./webhook.ts";

const SHOWN = ["alice", "carol", "node", "bob", "dan", "contractor"];
/** Of these the whole answer, one granted and one denied. */
const SHOWN_WHOLE = ["bob", "contractor"];
const RENEW_MS = 10 * 60_000;

// Files are written at once and whole, and the function's process ends with this one: nothing is left to close.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

const files = sandboxFiles(SANDBOX_FOLDER);
if (await isRunning()) {
  console.error(
    `The sandbox runs already, at ${readWebhook(files).server}. Stop it with Ctrl-C in its terminal, ` +
      "or give a second one a folder of its own: LOCAL_FOLDER=.local-2 npm start",
  );
  process.exit(1);
}
const sandbox = await startSandbox(files);

console.log(`lambda-iam-authenticator runs at ${sandbox.endpoint} for cluster "${CLUSTER_ID}".\n`);
await writeReviews();
for (const name of SHOWN) await show(name);
await showPod();
printCommands();

// Tokens live 15 minutes; the files are for curl.
setInterval(() => void Promise.all([writeReviews(), writeServiceAccountToken(files, sandbox.issuerUrl)]), RENEW_MS);

/** Asked, not remembered: a file that says so would outlive a sandbox that was killed. */
async function isRunning(): Promise<boolean> {
  try {
    const { status } = await reviewToken(files, "a token of another kind");
    return status === 200;
  } catch (error) {
    if (error instanceof SandboxNotRunning) return false;
    throw error;
  }
}

async function writeReviews(): Promise<void> {
  for (const name of SHOWN) {
    const token = await mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, region: REGION });
    writeFileSync(reviewFile(name), tokenReview(token));
  }
}

function reviewFile(name: string): string {
  return join(files.reviews, `${name}.json`);
}

async function show(name: string): Promise<void> {
  const token = await mintToken({ identity: localIdentity(name), clusterId: CLUSTER_ID, region: REGION });
  const { status, review } = await reviewToken(files, token);
  console.log(`${name}, ${localIdentity(name).arn}`);
  console.log(`  HTTP ${status} ${describe(review)}\n`);
  if (SHOWN_WHOLE.includes(name)) console.log(`${JSON.stringify(review, null, 2)}\n`);
}

async function showPod(): Promise<void> {
  const { lines, token } = await podLogin(files, sandbox, CLUSTER_ID);
  const { status, review } = await reviewToken(files, token);
  console.log("a Pod of another cluster logs in, by the role of its service account (IRSA)");
  for (const line of [...lines, `review: HTTP ${status} ${describe(review)}`]) console.log(`  ${line}`);
  console.log();
}

function describe({ status: { user, error } }: Review): string {
  if (user === undefined) return `denied: ${error}`;
  return `granted: ${user.username}, groups ${user.groups?.join(", ") || "none"}`;
}

function printCommands(): void {
  const { accessKeyId, secretAccessKey } = localIdentity("alice");
  const [mapping, denials, caller, review, log, podToken, issuerCa] = [
    join(files.mappings, "role/111122223333/developers.yaml"),
    join(files.mappings, "deny/111122223333.yaml"),
    files.callerToken,
    reviewFile("bob"),
    files.log,
    files.serviceAccountToken,
    files.issuerCa,
  ].map((file) => relative(process.cwd(), file));
  const folder = process.env["LOCAL_FOLDER"];
  const reviewCommand = `${folder ? `LOCAL_FOLDER=${folder} ` : ""}npm run --silent review`;
  console.log(`Try, in another terminal:

  Review a token of ${SHOWN.join(", ")}, or one for another cluster:
    ${reviewCommand} -- bob
    ${reviewCommand} -- bob another-cluster
    curl -s ${sandbox.endpoint} -H "authorization: Bearer $(cat ${caller})" -d @${review}

  Review a token from the AWS CLI:
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} \\
      aws eks get-token --cluster-name ${CLUSTER_ID} --region ${REGION} | ${reviewCommand}

  Be the Pod, with the variables that it finds there:
    AWS_ROLE_ARN=${POD_ROLE_ARN} AWS_WEB_IDENTITY_TOKEN_FILE=${podToken} \\
      AWS_DEFAULT_REGION=${REGION} AWS_ENDPOINT_URL_STS=${sandbox.stsUrl} aws sts get-caller-identity
    curl -s --cacert ${issuerCa} ${sandbox.issuerUrl}/.well-known/openid-configuration

  Change who somebody is: edit ${mapping}; it takes effect within 30 s.
  Shut somebody out, or let dan in again: edit ${denials}.
  Let a kube-apiserver ask: --authentication-token-webhook-config-file=${files.kubeconfig}
                            --authentication-token-webhook-version=v1
  Read the function's log: tail -f ${log}
  Read who was let in and who was not, as from CloudWatch Logs:
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=${REGION} \\
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=${sandbox.logsUrl} \\
      npx lambda-iam-authenticator reviews -c ${CLUSTER_ID} --log-group ${LOG_GROUP}
  Local AWS: STS ${sandbox.stsUrl}, Parameter Store ${sandbox.parameterStoreUrl}

Ctrl-C ends it.`);
}
