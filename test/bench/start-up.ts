// Measures cold starts of the authenticator, the issuer and an empty handler.
// `npm run bench -- start-up [rounds]`; default 21 rounds.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authenticator, emptyHandler, issuer } from "./candidates.ts";
import { compare } from "./compare.ts";
import { startLocalServices } from "./local-services.ts";
import { runtimeClient } from "./runtime-client.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const rounds = Number(process.argv[2] ?? 21);
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startLocalServices();
try {
  const dist = join(ROOT, "dist", "authenticator");
  const withoutCaller = { ...services, environment: { ...services.environment, CALLER_AUTH: "none" } };
  const candidates = [
    emptyHandler(folder),
    authenticator("bearer: callers and mapping are read", dist, services),
    authenticator("none: the mapping is read", dist, withoutCaller),
    issuer("issuer: its keys are read", join(ROOT, "dist", "issuer"), services),
  ];
  console.log(await compare(client, candidates, rounds));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}
