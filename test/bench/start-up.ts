// Measures cold starts of the authenticator, the issuer and an empty handler.
// `npm run bench -- start-up [rounds]`; default 21 rounds.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { emptyHandler, handlersOf, MEDIANS, medians } from "./candidates.ts";
import { coldStart } from "./cold-start.ts";
import { markdown, takeTurns } from "./measure.ts";
import { runtimeClient } from "./runtime-client.ts";
import { startServices } from "./services.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const rounds = Number(process.argv[2] ?? 21);
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startServices();
try {
  const candidates = [emptyHandler(folder), ...(await handlersOf(join(ROOT, "dist"), services.settings))];
  const taken = await takeTurns({
    candidates,
    rounds,
    prepare: () => undefined,
    measure: (candidate) => coldStart(client, candidate),
  });
  const rows = candidates.map(({ name, folder }, column) => {
    return [name, ...sizes(folder), ...medians(taken[column], taken[0])];
  });
  console.log(markdown(["handler", "kB", "gzip", ...MEDIANS], rows));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}

function sizes(folder: string): string[] {
  const source = readFileSync(join(folder, "index.mjs"));
  return [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
}
