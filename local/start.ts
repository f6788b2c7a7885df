// `npm start`: runs the sandbox, writes the files of a second terminal, and prints what to type
// there and who is granted.

import { isIPv4 } from "node:net";
import { delimiter, relative } from "node:path";
import { parseErrorText } from "../functions/errors.ts";
import { localIdentity, mintToken } from "./identities.ts";
import { writeKind } from "./kind.ts";
import { startSandbox } from "./sandbox.ts";
import {
  CLUSTER_ID,
  REGION,
  readSecret,
  SANDBOX_FOLDER,
  STANDBY_FOLDER,
  sandboxFiles,
} from "./sandbox-files.ts";
import { writeServiceAccountToken } from "./service-account.ts";
import { quoted, writeTerminalFiles } from "./terminal.ts";
import { isRunning, type Review, readWebhook, reviewToken } from "./webhook.ts";

const SHOWN = ["alice", "carol", "node", "bob", "dan", "contractor"];

const RENEW_MS = 60 * 60_000;

const COLUMNS = 100;

// Nothing to close: files are written synchronously, and the function's process exits with this
// one.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

const KIND = "--kind";

const SIGNED_TOKENS = "--jwt";

const words = process.argv.slice(2);

const unknown = words.find((word) => ![KIND, SIGNED_TOKENS].includes(word));

if (unknown !== undefined) {
  console.error(`Unknown argument ${unknown}. Usage: npm start [-- [${KIND}] [${SIGNED_TOKENS}]]`);
  process.exit(2);
}

const files = sandboxFiles(SANDBOX_FOLDER);

if (await isRunning(files)) {
  console.error(
    `The sandbox is already running at ${readWebhook(files).server}. Stop it with Ctrl-C in its terminal, ` +
      "or start a second one in another folder: LOCAL_FOLDER=.local-2 npm start",
  );
  process.exit(1);
}

const standby = STANDBY_FOLDER ? sandboxFiles(STANDBY_FOLDER) : undefined;

if (standby !== undefined && !(await isRunning(standby))) {
  console.error(
    `No sandbox is running in the folder of LOCAL_STANDBY: LOCAL_FOLDER=${STANDBY_FOLDER} npm start`,
  );
  process.exit(1);
}

/** An address of a Docker bridge, where containers reach STS and Parameter Store. */
const bridge = process.env["LOCAL_HOST"] || undefined;

if (bridge !== undefined && (!isIPv4(bridge) || bridge === "0.0.0.0")) {
  console.error(
    `LOCAL_HOST must be one IPv4 address, such as 172.17.0.1 of Docker's bridge, not ${bridge}.`,
  );
  process.exit(2);
}

const sandbox = await startSandbox(files, {
  standbyFiles: standby,
  bridge,
  acceptsSignedTokens: words.includes(SIGNED_TOKENS),
}).catch((error) => {
  if (error.code !== "EADDRNOTAVAIL") throw error;
  console.error(`LOCAL_HOST: ${bridge} is not an address of this machine.`);
  process.exit(1);
});

console.log(
  `lambda-iam-authenticator is running at ${sandbox.endpoint} for cluster "${CLUSTER_ID}".`,
);

const reviewed = await Promise.all(
  SHOWN.map(async (name) => hangingIndent(name.padEnd(12), await review(await token(name)))),
);

const kind = words.includes(KIND) ? await writeKind(files, sandbox) : undefined;

await writeTerminalFiles(files, sandbox);

console.log(`${notices()}
Type this in a second terminal, in this folder (fish: source ${shown(files.envFish)}):

  . ${shown(files.env)}
  review contractor
  iam-authenticator explain arn:aws:iam::111122223333:role/Contractor
  iam-authenticator mappings set arn:aws:iam::111122223333:role/Contractor \\
    --username 'contractor:{SessionName}' --group access:view --yes
  sleep 10; review contractor

Without the mapping, the contractor is denied. The function caches an absent mapping for 10 s, and
a found one for 30 s: a new mapping applies within 10 s, a change within 30 s.
${kind ? `\n  kind create cluster --config ${shown(files.kind)}\n  kubectl --user bob auth whoami\n` : ""}\
${standby ? `\n  kill ${sandbox.functionPid}; review bob\n\nThis ends the function: the standby answers.\n` : ""}
Your first login with kubectl: npm run try:cluster. More: docs/try.md. Log: ${shown(files.log)}

The local identities:

${reviewed.join("\n")}

Press Ctrl-C to stop.`);

// A token expires after 24 hours.
setInterval(() => void writeServiceAccountToken(files, sandbox.issuerUrl), RENEW_MS);

function token(name: string): Promise<string> {
  return mintToken({
    identity: localIdentity(name, readSecret(files)),
    clusterId: CLUSTER_ID,
    region: REGION,
  });
}

async function review(token: string): Promise<string> {
  return describe(await reviewToken(files, token));
}

/** Returns the text in lines of 100 columns, with the head before the first one. */
function hangingIndent(head: string, text: string): string {
  const line = new RegExp(`\\S.{0,${COLUMNS - head.length - 1}}(?!\\S)|\\S+`, "g");
  return `${head}${text.match(line)?.join(`\n${" ".repeat(head.length)}`)}`;
}

/** Returns the result of a review without the tried parameter names, which `review` prints. */
function describe({ status, review }: { status: number; review: Review }): string {
  if (status !== 200) return `HTTP ${status}`;
  const { user, error } = review.status;
  if (user === undefined) {
    const { code, reason } = parseErrorText(error ?? "");
    return `denied: ${code}: ${reason}`;
  }
  return `granted: ${user.username}, groups ${user.groups?.join(", ") || "none"}`;
}

/**
 * Returns a paragraph for each: ports that changed, a folder that PATH cannot contain, how
 * kube-apiserver of kind reaches the sandbox.
 */
function notices(): string {
  const { movedFrom } = sandbox;
  const moved = Object.values(movedFrom).join(", ");
  const restart =
    movedFrom.gateway === undefined ? "" : " Restart a kube-apiserver that uses this sandbox.";
  const texts = [
    moved &&
      `Another program uses the last start's port ${moved}. Read ${shown(files.env)} again.${restart}`,
    files.bin.includes(delimiter) &&
      `PATH cannot contain ${files.bin}: remove "${delimiter}" from the folder's name.`,
    kind && `The kube-apiserver of kind calls ${kind.server}.`,
    ...(kind?.problems ?? []),
  ];
  return texts.map((text) => (text ? `\n${hangingIndent("", text)}\n` : "")).join("");
}

/** Returns a path for a shell in this folder, from which npm starts this program. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  const short = path.startsWith("..") ? file : path;
  return /^[\w./-]+$/.test(short) ? short : quoted(short);
}
