// Measures cold starts: an empty handler, the authenticator with a granted review, and the issuer.
// `npm run bench -- start-up [rounds]`; default 21 rounds.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { type Candidate, type ColdStart, coldStart } from "./cold-start.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { runtimeClient } from "./runtime-client.ts";
import { ISSUER_KEYS, startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const rounds = Number(process.argv[2] ?? 21);
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices();
try {
  const candidates = [emptyHandler(), ...(await handlersOf(services.settings))];
  const taken = await takeTurns({
    candidates,
    rounds,
    prepare: () => undefined,
    measure: (candidate) => coldStart(client, candidate),
  });
  const sums = (starts: readonly ColdStart[] = []) => starts.map(({ init, invoke }) => init + invoke);
  const rows = candidates.map(({ name, folder }, column) => {
    const own = taken[column] ?? [];
    const times = [own.map(({ init }) => init), own.map(({ invoke }) => invoke), sums(own)];
    return [name, ...sizes(folder), ...times.map((ms) => median(ms).toFixed(0)), ratioCell(sums(own), sums(taken[0]))];
  });
  console.log(markdown(["handler", "kB", "gzip", "init", "first invoke", "both", "ratio (quartiles)"], rows));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}

function emptyHandler(): Candidate {
  const own = join(folder, "empty");
  mkdirSync(own);
  writeFileSync(join(own, "index.mjs"), "export const handler = async () => ({ statusCode: 200 });\n");
  return { name: "empty", folder: own, environment: {}, event: {}, check: () => undefined };
}

/** The issuer's response must contain every key. */
async function handlersOf(environment: Readonly<Record<string, string>>): Promise<Candidate[]> {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const event = reviewEvent(token);
  const authenticator = { folder: join(ROOT, "dist/authenticator"), event, check: containing('"authenticated":true') };
  return [
    { ...authenticator, name: "bearer", environment },
    { ...authenticator, name: "none", environment: { ...environment, CALLER_AUTH: "none" } },
    {
      name: "issuer",
      folder: join(ROOT, "dist/issuer"),
      environment: { ...environment, ISSUER_URL: "https://oidc.example.com" },
      event: { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } },
      check: containing(...ISSUER_KEYS.map(({ kid }) => `"kid":"${kid}"`)),
    },
  ];
}

function containing(...texts: readonly string[]): Candidate["check"] {
  return (answer) => {
    const { body = "" }: { body?: string } = JSON.parse(answer);
    if (!texts.every((text) => body.includes(text))) throw new Error(`unexpected response: ${answer}`);
  };
}

function sizes(folder: string): string[] {
  const source = readFileSync(join(folder, "index.mjs"));
  return [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
}
