// `review` in a terminal with .local/env: posts a TokenReview to the running sandbox, for a local
// identity or a token from standard input.

import { text } from "node:stream/consumers";
import { memberAt, parseJson } from "../functions/lib/json.ts";
import { LOCAL_PRINCIPALS, localIdentity, mintToken } from "./identities.ts";
import {
  CLUSTER_ID,
  REGION,
  readSecret,
  SANDBOX_FOLDER,
  SandboxNotRunning,
  sandboxFiles,
} from "./sandbox-files.ts";
import { reviewToken } from "./webhook.ts";

const USAGE = `review <identity> [<cluster id>]
iam-authenticator token | review`;

const [name, clusterId = CLUSTER_ID, ...others] = process.argv.slice(2);
const names = LOCAL_PRINCIPALS.map((identity) => identity.name);
const mistake = mistakeIn();
if (mistake !== undefined) {
  console.error([...mistake, USAGE, `identities: ${names.join(", ")}`].join("\n"));
  process.exit(2);
}
const files = sandboxFiles(SANDBOX_FOLDER);
try {
  const token =
    name === undefined
      ? tokenOf(await text(process.stdin))
      : await mintToken({
          identity: localIdentity(name, readSecret(files)),
          clusterId,
          region: REGION,
        });
  const { status, review } = await reviewToken(files, token);
  console.log(`HTTP ${status}`);
  console.log(JSON.stringify(review, null, 2));
} catch (error) {
  if (!(error instanceof SandboxNotRunning)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/**
 * Returns the lines before the usage: none for help, or without an identity and a token. Returns
 * `undefined` for a valid command line.
 */
function mistakeIn(): string[] | undefined {
  if (name === undefined) return process.stdin.isTTY ? [] : undefined;
  if (name === "--help") return [];
  if (!names.includes(name)) return [`Local identity ${name} not found.`];
  if (others.length > 0) return [`Too many arguments: ${others.join(" ")}.`];
  return undefined;
}

/** Returns the token in a text: a token or an ExecCredential, the output of exec plugins. */
function tokenOf(input: string): string {
  const token = input.trimStart().startsWith("{")
    ? memberAt(parseJson(input), "status", "token")
    : input.trim();
  if (typeof token === "string" && token !== "") return token;
  console.error(
    "Standard input has no token: expected a token, or the ExecCredential that aws eks get-token prints.",
  );
  process.exit(2);
}
