// The functions whose cold starts are compared: an empty handler, the authenticator with a granted review, and the issuer.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { mintToken } from "../../local/token.ts";
import type { Candidate, ColdStart } from "./cold-start.ts";
import { median, ratioCell } from "./measure.ts";
import { reviewEvent } from "./review-event.ts";
import { ISSUER_KEYS } from "./services.ts";

/** Writes the script to `folder`. */
export function emptyHandler(folder: string): Candidate {
  const own = join(folder, "empty");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "index.mjs"), "export const handler = async () => ({ statusCode: 200 });\n");
  return { name: "empty", folder: own, environment: {}, event: {}, check: () => undefined };
}

/** The functions of the build in `dist`. The issuer's response must contain every key. */
export async function handlersOf(dist: string, environment: Readonly<Record<string, string>>): Promise<Candidate[]> {
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const event = reviewEvent(token);
  const authenticator = { folder: join(dist, "authenticator"), event, check: containing('"authenticated":true') };
  return [
    { ...authenticator, name: "bearer", environment },
    { ...authenticator, name: "none", environment: { ...environment, CALLER_AUTH: "none" } },
    {
      name: "issuer",
      folder: join(dist, "issuer"),
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

/** The result of `medians`. */
export const MEDIANS = ["init", "first invoke", "both", "ratio (quartiles)"];

/** Medians of a candidate in ms, and its ratio to another one in the same round. */
export function medians(own: readonly ColdStart[] = [], base: readonly ColdStart[] = []): string[] {
  const sums = (starts: readonly ColdStart[]) => starts.map(({ init, invoke }) => init + invoke);
  const times = [own.map(({ init }) => init), own.map(({ invoke }) => invoke), sums(own)];
  return [...times.map((ms) => median(ms).toFixed(0)), ratioCell(sums(own), sums(base))];
}
