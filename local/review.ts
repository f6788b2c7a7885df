// `npm run review`: posts one TokenReview to the running sandbox, for a local identity or for a token from another client.

import { text } from "node:stream/consumers";
import { LOCAL_IDENTITIES, localIdentity } from "./identities.ts";
import { CLUSTER_ID, REGION, SANDBOX_FOLDER, sandboxFiles } from "./sandbox-settings.ts";
import { mintToken } from "./token.ts";
import { reviewToken, SandboxNotRunning } from "./webhook.ts";

const USAGE = `npm run --silent review -- <identity> [<cluster id the token is for>]
aws eks get-token --cluster-name ${CLUSTER_ID} --region ${REGION} | npm run --silent review`;

const [name, clusterId = CLUSTER_ID, ...others] = process.argv.slice(2);
const names = LOCAL_IDENTITIES.map((identity) => identity.name);
const problem = problemOf();
if (problem !== undefined) {
  console.error(`${problem}${USAGE}\nidentities: ${names.join(", ")}`);
  process.exit(2);
}
const token =
  name === undefined
    ? tokenOf(await text(process.stdin))
    : await mintToken({ identity: localIdentity(name), clusterId, region: REGION });
try {
  const { status, review } = await reviewToken(sandboxFiles(SANDBOX_FOLDER), token);
  console.log(`HTTP ${status}`);
  console.log(JSON.stringify(review, null, 2));
} catch (error) {
  if (!(error instanceof SandboxNotRunning)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** What is wrong with the command line, as a line; empty where it is only incomplete. */
function problemOf(): string | undefined {
  if (name === undefined) return process.stdin.isTTY ? "" : undefined;
  if (!names.includes(name)) return `There is no local identity ${name}.\n`;
  if (others.length > 0) return `Too many arguments: ${others.join(" ")}.\n`;
  return undefined;
}

/** The token in an ExecCredential, as exec plugins print it, or the text itself. */
function tokenOf(input: string): string {
  return input.trimStart().startsWith("{") ? JSON.parse(input).status.token : input.trim();
}
