// Cold starts of the authenticator with a granted review, of the issuer and of an empty handler.
// `npm run bench -- start-up [rounds]`: default 21 rounds, with services that answer at once.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/webhook.ts";
import { useFolder } from "../cli/fixtures.ts";
import { localIdentity } from "../local-aws.ts";
import { type Candidate, type ColdStart, coldStart, runtimeClient } from "./cold-start.ts";
import { markdown, median, ratioCell, takeTurns } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { ISSUER_KEYS, startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const EMPTY = "export const handler = async () => ({ statusCode: 200 });\n";

/** The functions of the build. The issuer's response must contain every key. */
async function handlersOf(environment: Readonly<Record<string, string>>): Promise<Candidate[]> {
  const event = reviewEvent(await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION }));
  const authenticator = { folder: join(ROOT, "dist", "authenticator"), event, answer: ['"authenticated":true'] };
  return [
    { ...authenticator, name: "bearer", environment },
    { ...authenticator, name: "none", environment: { ...environment, CALLER_AUTH: "none" } },
    {
      name: "issuer",
      folder: join(ROOT, "dist", "issuer"),
      environment: { ...environment, ISSUER_URL: "https://oidc.example.com" },
      event: { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } },
      answer: ISSUER_KEYS.map(({ kid }) => `"kid":"${kid}"`),
    },
  ];
}

const rounds = Number(process.argv[3] ?? 21);
const client = runtimeClient(ROOT);
const { path: folder, write } = useFolder();
write("index.mjs", EMPTY);
const services = await startServices();
try {
  const empty = { name: "empty", folder, environment: {}, event: {}, answer: [] };
  const candidates = [empty, ...(await handlersOf(services.settings))];
  const taken = await takeTurns(candidates, rounds, (candidate) => coldStart(client, candidate));
  const rows = candidates.map(({ name, folder }, at) => {
    const source = readFileSync(join(folder, "index.mjs"));
    const sizes = [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
    return [name, ...sizes, ...medians(taken[at] ?? [], taken[0] ?? [])];
  });
  console.log(markdown(["handler", "kB", "gzip", "init", "first invoke", "both", "ratio (quartiles)"], rows));
} finally {
  await services.close();
}

/** Medians of a candidate in ms, and its ratio to another one in the same round. */
function medians(own: readonly ColdStart[], base: readonly ColdStart[]): string[] {
  const sums = (starts: readonly ColdStart[]) => starts.map(({ init, invoke }) => init + invoke);
  const times = [own.map(({ init }) => init), own.map(({ invoke }) => invoke), sums(own)];
  return [...times.map((ms) => median(ms).toFixed(0)), ratioCell(sums(own), sums(base))];
}
