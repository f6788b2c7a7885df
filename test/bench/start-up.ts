// Measures cold starts: an empty handler, the authenticator with a granted review, and the issuer.
// `npm run bench -- start-up [rounds]`; default 21 rounds.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { ISSUER_KEYS, startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");

interface Candidate {
  readonly name: string;
  /** Folder with `index.mjs`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: unknown;
  /** What the body of the response contains. */
  readonly holds: readonly string[];
}

/** Milliseconds: from the start of the process until the function is loaded, and from the event to its response. */
interface ColdStart {
  readonly init: number;
  readonly invoke: number;
}

/** As JavaScript, so that Node loads no type stripping. Lambda, too, parses each event and reads what a function prints. */
const SCRIPT = `const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
const { handler } = await import(process.argv[1]);
const init = performance.now();
const { body = "" } = await handler(JSON.parse(process.argv[2]), {});
print(JSON.stringify({ init, invoke: performance.now() - init, body }), () => process.exit());`;

const rounds = Number(process.argv[2] ?? 21);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices();
try {
  const candidates = [emptyHandler(), ...(await handlersOf(services.settings))];
  const taken = await takeTurns(candidates, rounds, coldStart);
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
  return { name: "empty", folder: own, environment: {}, event: {}, holds: [] };
}

/** The issuer's response must contain every key. */
async function handlersOf(environment: Readonly<Record<string, string>>): Promise<Candidate[]> {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const event = reviewEvent(token);
  const authenticator = { folder: join(ROOT, "dist/authenticator"), event, holds: ['"authenticated":true'] };
  return [
    { ...authenticator, name: "bearer", environment },
    { ...authenticator, name: "none", environment: { ...environment, CALLER_AUTH: "none" } },
    {
      name: "issuer",
      folder: join(ROOT, "dist/issuer"),
      environment: { ...environment, ISSUER_URL: "https://oidc.example.com" },
      event: { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } },
      holds: ISSUER_KEYS.map(({ kid }) => `"kid":"${kid}"`),
    },
  ];
}

async function coldStart({ name, folder, environment, event, holds }: Candidate): Promise<ColdStart> {
  const words = ["--input-type=module", "--eval", SCRIPT, join(folder, "index.mjs"), JSON.stringify(event)];
  const keys = { AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA", AWS_SECRET_ACCESS_KEY: "local/only" };
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: { ...keys, ...environment } });
  const { body, ...times } = JSON.parse(stdout) as ColdStart & { readonly body: string };
  if (!holds.every((text) => body.includes(text))) throw new Error(`${name}: unexpected response: ${body}`);
  return times;
}

function sizes(folder: string): string[] {
  const source = readFileSync(join(folder, "index.mjs"));
  return [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
}
