// The handlers whose cold starts are measured: an empty one, the floor, and the functions of the
// build.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { useFolder } from "../cli/fixtures.ts";
import { MAPPING_PREFIX } from "../e2e/cluster/backend.ts";
import { localIdentity } from "../local-aws.ts";
import type { Candidate } from "./cold-start.ts";
import { buildFloor, floorRequests } from "./floor.ts";
import { reviewEvent } from "./review-event.ts";
import { ISSUER_KEYS } from "./services.ts";

const DIST = join(import.meta.dirname, "..", "..", "dist");
const EMPTY = "export const handler = async () => ({ statusCode: 200 });\n";
export const CANDIDATES = ["empty", "floor", "bearer", "none", "issuer"] as const;
type Name = (typeof CANDIDATES)[number];
type Settings = Readonly<Record<string, string>>;

/** What a review of bob's reads after the callers. */
const REVIEW = ["deny/any", "deny/111122223333", "role/111122223333/developers"];
const OTHERS = ["pattern/111122223333", "pattern/any", "account/111122223333"];
const named = (names: readonly string[]) => names.map((name) => `${MAPPING_PREFIX}/${name}`);

/**
 * The returned function makes a candidate with a new token, since one run in valgrind takes half a
 * minute.
 */
export async function coldStartCandidates(
  settings: Settings,
): Promise<(name: Name) => Promise<Candidate>> {
  const { path } = useFolder();
  const [empty, floor] = [join(path, "empty"), join(path, "floor")];
  for (const folder of [empty, floor]) mkdirSync(folder);
  writeFileSync(join(empty, "index.mjs"), EMPTY);
  await buildFloor(floor);
  return async (name) => {
    const token = await mintToken({
      identity: localIdentity("bob"),
      clusterId: CLUSTER_ID,
      region: REGION,
    });
    const event = reviewEvent(token);
    const authenticator = {
      name,
      folder: join(DIST, "authenticator"),
      event,
      answer: ['"authenticated":true'],
    };
    if (name === "bearer") return { ...authenticator, environment: settings };
    if (name === "none")
      return { ...authenticator, environment: { ...settings, CALLER_AUTH: "none" } };
    if (name === "empty") return { name, folder: empty, environment: {}, event: {}, answer: [] };
    if (name === "floor") {
      const requests = await floorRequests(settings, token, [
        named(["callers"]),
        named([...REVIEW, ...OTHERS]),
      ]);
      const environment = { ...settings, FLOOR_REQUESTS: JSON.stringify(requests) };
      return {
        name,
        folder: floor,
        environment,
        event,
        answer: ["sha256", "GetCallerIdentityResponse", "dev:"],
      };
    }
    return {
      name,
      folder: join(DIST, "issuer"),
      environment: { ...settings, ISSUER_URL: "https://oidc.example.com" },
      event: { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } },
      // It must contain every key.
      answer: ISSUER_KEYS.map(({ kid }) => `"kid":"${kid}"`),
    };
  };
}

/** kB of `index.mjs`, and of the same in gzip. */
export function sizes({ folder }: Candidate): string[] {
  const source = readFileSync(join(folder, "index.mjs"));
  return [source, gzipSync(source)].map(({ length }) => (length / 1000).toFixed(1));
}
