// The functions that benchmarks compare: an empty handler, the authenticator with granted reviews, and the issuer.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import type { Candidate } from "./cold-start.ts";
import type { LocalServices } from "./local-services.ts";

/** Writes the script to `folder`. */
export function emptyHandler(folder: string): Candidate {
  const own = join(folder, "empty");
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "index.mjs"), "export const handler = async () => ({ statusCode: 200 });\n");
  return { name: "empty", folder: own, environment: {}, events: [{}], check: () => undefined };
}

/** The built function in `folder`. */
export function authenticator(name: string, folder: string, { environment, events, check }: LocalServices): Candidate {
  return { name, folder, environment, events, check };
}

/** The built issuer in `folder`; its response must contain both keys. */
export function issuer(name: string, folder: string, services: LocalServices): Candidate {
  return {
    name,
    folder,
    environment: { ...services.environment, ISSUER_URL: "https://oidc.example.com" },
    events: [{ rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } }],
    check(answer) {
      const { body = "{}" }: { body?: string } = JSON.parse(answer);
      if (JSON.parse(body).keys?.length !== 2) throw new Error(`the response does not contain both keys: ${answer}`);
    },
  };
}
