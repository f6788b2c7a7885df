// The rows of check 12 about one AWS-signed token: its claims, its header, and the keys of its issuer.

import { jwtAudience } from "../../functions/authenticator/jwt/issuer.ts";
import { parseKeySet } from "../../functions/authenticator/jwt/key-set.ts";
import { REFUSED_PARAMETERS } from "../../functions/authenticator/jwt/parse-jwt.ts";
import { DISCOVERY_PATH } from "../../functions/issuer/documents.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { matching, type Rows } from "./rows.ts";
import { ROLE_TEAM, type SignedToken, SOURCE, TEAM } from "./signed-tokens.ts";
import type { Site } from "./site.ts";
import { TAG } from "./stacks.ts";

/** Path and size as in functions/authenticator/aws/aws-signed-tokens.ts. */
const KEYS_PATH = "/.well-known/jwks.json";
const MAX_KEYS_BYTES = 64 * 1024;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html */
export async function keyRows({ world }: Site, rows: Rows, issuer: string, { header }: SignedToken): Promise<void> {
  const kid = header["kid"];
  const usable = matching("200, below 64 KiB, with the token's key", /^200, below 64 KiB, with \{/);
  await rows.see("keys", usable, async () => {
    const { status, text } = await world.request(`${issuer}${KEYS_PATH}`, { method: "GET" });
    const size = Buffer.byteLength(text) <= MAX_KEYS_BYTES ? "below 64 KiB" : `${Buffer.byteLength(text)} bytes`;
    if (status !== 200) return `${status}`;
    const set = parseJson(text);
    const listed = isObject(set) && Array.isArray(set["keys"]) ? set["keys"].filter(isObject) : [];
    const key = listed.find((one) => one["kid"] === kid) ?? {};
    const { kty, crv, alg, use } = key;
    const members = `${JSON.stringify({ kty, crv, alg, use })}, members ${Object.keys(key).sort().join(", ")}`;
    const isUsable = typeof kid === "string" && parseKeySet(text)?.has(kid);
    return `${status}, ${size}, ${isUsable ? "with" : "without a usable key of this kid:"} ${members}`;
  });
  await rows.see("discovery", "the issuer and the address of its keys", async () => {
    const { status, text } = await world.request(`${issuer}${DISCOVERY_PATH}`, { method: "GET" });
    const document = parseJson(text);
    const { issuer: named, jwks_uri: uri } = isObject(document) ? document : {};
    const isRight = named === issuer && uri === `${issuer}${KEYS_PATH}`;
    return isRight ? "the issuer and the address of its keys" : `${status}: issuer ${named}, jwks_uri ${uri}`;
  });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html */
export async function claimRows(site: Site, rows: Rows, issuer: string, arn: string, token: SignedToken) {
  const { header, claims, own } = token;
  const plain = {
    text: "alg and kid, and neither a key nor crit",
    holds: (seen: string) =>
      /\balg\b.*\bkid\b/.test(seen) && !REFUSED_PARAMETERS.some((name) => Object.hasOwn(header, name)),
  };
  // AWS does not document which tag a token has if role and session have one of the same key.
  const ofRun = `${TAG}=${site.clusterId}`;
  const tagged = {
    text: `${ofRun}, team of the role or of the session`,
    holds: (seen: string) => [`${ofRun}, team of the role`, `${ofRun}, team of the session`].includes(seen),
  };
  const tags: Readonly<Record<string, unknown>> = isObject(own["principal_tags"]) ? own["principal_tags"] : {};
  const { [TAG]: run = "absent", team = "absent" } = tags;
  const origin = team === TEAM ? "of the session" : team === ROLE_TEAM ? "of the role" : team;
  const times = [claims["iat"], claims["exp"]].map((time) => JSON.stringify(time)).join(" and ");
  const audience = `${issuer}; "${jwtAudience(site.clusterId)}"`;
  const modes = matching("absent, or AWSIdentity", /^(absent|AWSIdentity)$/);
  for (const [name, expected, seen] of [
    ["header parameters", plain, Object.keys(header).sort().join(", ")],
    ["iss and aud", audience, `${claims["iss"]}; ${JSON.stringify(claims["aud"])}`],
    ["sub of a role with a path", arn, claims["sub"]],
    ["aws_account", JSON.stringify((await site.account()).id), JSON.stringify(own["aws_account"])],
    ["principal_id", arn, own["principal_id"]],
    ["iat and exp", matching("integers", /^\d+ and \d+$/), times],
    ["subject_mode", modes, claims["subject_mode"] ?? own["subject_mode"] ?? "absent"],
    ["principal_tags", tagged, `${TAG}=${run}, team ${origin}`],
    ["source_identity", SOURCE, own["source_identity"]],
  ] as const) {
    await rows.see(name, expected, () => String(seen));
  }
}
