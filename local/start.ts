// `npm start`: runs the sandbox, shows what it answers to a few local identities, and says what to type next.

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { localIdentity } from "./identities.ts";
import { CLUSTER_ID, REGION, SANDBOX_FOLDER, sandboxFiles, startSandbox } from "./sandbox.ts";
import { mintToken } from "./token.ts";
import { postReview, readWebhook, tokenReview } from "./webhook.ts";

const SHOWN = ["alice", "carol", "node", "bob", "contractor"];
/** Of these the whole answer, one granted and one denied. */
const SHOWN_WHOLE = ["bob", "contractor"];
const RENEW_MS = 10 * 60_000;

const files = sandboxFiles(SANDBOX_FOLDER);
const sandbox = await startSandbox(files);

console.log(`lambda-iam-authenticator runs at ${sandbox.endpoint} for cluster "${CLUSTER_ID}".\n`);
await writeReviews();
for (const name of SHOWN) await show(name);
printCommands();

// Tokens live 15 minutes; the files are for curl.
setInterval(() => void writeReviews(), RENEW_MS);
process.once("SIGINT", () => void sandbox.close().then(() => process.exit(0)));

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
  const { status, body } = await postReview(readWebhook(files), tokenReview(token));
  console.log(`${name}, ${localIdentity(name).arn}`);
  console.log(`  HTTP ${status} ${describe(JSON.parse(body).status)}\n`);
  if (SHOWN_WHOLE.includes(name)) console.log(`${JSON.stringify(JSON.parse(body), null, 2)}\n`);
}

function describe({ authenticated, user, error }: { authenticated: boolean; user: unknown; error: string }): string {
  if (!authenticated) return `denied: ${error}`;
  const { username, groups = [] } = user as { username: string; groups?: string[] };
  return `granted: ${username}, groups ${groups.join(", ") || "none"}`;
}

function printCommands(): void {
  const { accessKeyId, secretAccessKey } = localIdentity("alice");
  const [mapping, caller, review, log] = [
    join(files.mappings, "role/111122223333/developers.yaml"),
    files.callerToken,
    reviewFile("bob"),
    files.log,
  ].map((file) => relative(process.cwd(), file));
  console.log(`Try, in another terminal:

  Review a token, of ${SHOWN.join(", ")}, or one that is made for another cluster:
    npm run --silent review -- bob
    npm run --silent review -- bob another-cluster
    curl -s ${sandbox.endpoint} -H "authorization: Bearer $(cat ${caller})" -d @${review}

  Review a token that the AWS CLI makes:
    AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} \\
      aws eks get-token --cluster-name ${CLUSTER_ID} --region ${REGION} | npm run --silent review

  Change who somebody is: edit ${mapping}; it counts within 30 s.
  Let a kube-apiserver ask: --authentication-token-webhook-config-file=${files.kubeconfig}
                            --authentication-token-webhook-version=v1
  Read what the function logs: tail -f ${log}
  Local AWS: STS ${sandbox.stsUrl}, Parameter Store ${sandbox.parameterStoreUrl}

Ctrl-C ends it.`);
}
