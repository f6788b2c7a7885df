// Check 12: tokens that STS signs have the claims, headers and keys of AWS's documentation, and the
// function grants them.

import { parseKeySet } from "../../../functions/authenticator/jwt/key-set.ts";
import { jwtAudience, REFUSED_PARAMETERS } from "../../../functions/authenticator/jwt/parse-jwt.ts";
import { partitionOfIssuer, partitionOfRegion } from "../../../functions/aws/partitions.ts";
import { DISCOVERY_PATH } from "../../../functions/issuer/documents.ts";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { eventually, type Principal } from "../identities.ts";
import { matching, NotRun, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import {
  assumeSigningRole,
  ensureIssuer,
  getSignedToken,
  issuerOf,
  makeSigningRole,
  makeSigningUser,
  ROLE_TEAM,
  readToken,
  type SignedToken,
  SOURCE,
  signingRequest,
  TEAM,
  untilRefusal,
} from "../signed-tokens.ts";
import { COMPLETE, GROUP, mustRun, type Site, tokenIn } from "../site.ts";
import { TAG } from "../stacks.ts";
import type { Credentials } from "../world.ts";

export const check: Check = {
  number: 12,
  title: "AWS-signed tokens",
  minutes: 20,
  needsSigning: true,
  async run(site, rows) {
    await site.ensure();
    const arn = await makeSigningRole(site);
    const role = await assumeSigningRole(site, arn);
    await whileOff(site, rows, role);
    const issuer = await ensureIssuer(site, rows, "issuer");
    if (issuer === undefined) return;
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
    const { id, tokenIssuerDomain } = partitionOfRegion(site.world.region) ?? {};
    const form = {
      text: `https://<id>.tokens.sts.global.${tokenIssuerDomain ?? "(not known for this partition)"}`,
      holds: (seen: string) => id !== undefined && partitionOfIssuer(seen)?.id === id,
    };
    await rows.see("issuer", form, () => issuer);
    let token: SignedToken | undefined;
    await rows.see("algorithm and lifetime", "RS256, 900 s, until Expiration", async () => {
      token = await eventually(site.world, () => getSignedToken(site, role));
      const { header, claims, expiration } = token;
      const seconds = Number(claims["exp"]) - Number(claims["iat"]);
      const end =
        Date.parse(expiration) / 1000 === claims["exp"]
          ? "until Expiration"
          : `not until ${expiration}`;
      return `${header["alg"]}, ${seconds} s, ${end}`;
    });
    if (token === undefined) return;
    // At once: a token's key is published before the token.
    await keyRows(site, rows, issuer, token);
    await claimRows(site, rows, issuer, arn, token);
    await reviews(site, rows, issuer, { arn, credentials: role });
    await permissionSet(site, rows);
  },
};

/**
 * Until a report has this row as passed, the construct refuses `tokens: "jwt"` behind VPC
 * endpoints.
 */
export const KEYS_ROW = "keys through the endpoint sts-oidc";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html */
async function whileOff(site: Site, rows: Rows, role: Credentials): Promise<void> {
  const expected = "OutboundWebIdentityFederationDisabledException";
  const isSigning = (await issuerOf(site.aws)) !== undefined;
  await rows.see("while signing is off", expected, () => {
    if (isSigning) throw new NotRun("the account signs tokens");
    return untilRefusal(site, role, (code) => code === expected);
  });
}

async function reviews(
  site: Site,
  rows: Rows,
  issuer: string,
  { arn, credentials }: Principal,
): Promise<void> {
  const { id } = await site.account();
  const complete = matching("UPDATE_COMPLETE", COMPLETE);
  const deploy = async () =>
    (await site.deploy({ awsSignedTokens: [{ account: id, issuer }] })).seen;
  if (!(await rows.see("deploy with the issuer", complete, deploy))) return;
  const granted = (token: string) => site.login(token);
  const commandToken = async () =>
    tokenIn(await mustRun(site.command(["token", "--jwt"], { credentials })));
  const asRole = `granted as acceptance:${SOURCE} (${GROUP})`;
  await rows.see("token --jwt, role", asRole, async () => {
    await site.map(arn, "acceptance:{SourceIdentity}");
    return granted(await commandToken());
  });
  await rows.see("ES384", asRole, async () => {
    const { text, header } = await getSignedToken(site, credentials, { SigningAlgorithm: "ES384" });
    return header["alg"] === "ES384" ? granted(text) : `a token with ${header["alg"]}`;
  });
  await rows.see("user", `granted as acceptance-user (${GROUP})`, async () => {
    const user = await makeSigningUser(site);
    return granted((await eventually(site.world, () => getSignedToken(site, user))).text);
  });
  const vpc = site.inputs.private?.endpoint["vpc"];
  // The new version has no keys from before.
  await rows.see(KEYS_ROW, asRole, async () => {
    if (vpc === undefined) throw new NotRun("no --private with a vpc");
    const { seen } = await site.deploy({ awsSignedTokens: [{ account: id, issuer }], vpc });
    return COMPLETE.test(seen) ? granted(await commandToken()) : seen;
  });
  const asTeam = {
    text: `granted as acceptance:${SOURCE}, in the group of the tag`,
    holds: (seen: string) =>
      [TEAM, ROLE_TEAM].some((team) => seen === `granted as acceptance:${SOURCE} (team:${team})`),
  };
  await rows.see("a tag as a group", asTeam, async () => {
    const words = ["mappings", "set", arn, "--group", "team:{PrincipalTag:team}"];
    await mustRun(site.command([...words, "--yes", "--allow-weakening"]));
    return granted(await commandToken());
  });
}

/** https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html */
async function permissionSet(site: Site, rows: Rows): Promise<void> {
  const { ssoProfile } = site.inputs;
  const expected = matching(
    "the path of IAM Identity Center, and identity_store_user_id",
    /^role\/aws-reserved\/sso\.amazonaws\.com\/([a-z0-9-]+\/)?AWSReservedSSO_\S+, with identity_store_user_id$/,
  );
  await rows.see("permission set", expected, async () => {
    if (ssoProfile === undefined) throw new NotRun("no --sso-profile");
    const { region } = site.world;
    const args = [
      "sts",
      "get-web-identity-token",
      "--profile",
      ssoProfile,
      "--region",
      region,
      "--output",
      "json",
    ];
    const input = JSON.stringify(signingRequest(site));
    const printed = await mustRun(site.world.run("aws", [...args, "--cli-input-json", input]));
    const { claims, own } = readToken(
      (JSON.parse(printed) as { WebIdentityToken: string }).WebIdentityToken,
    );
    // The value identifies a person.
    const id = typeof own["identity_store_user_id"] === "string" ? "with" : "without";
    return `${String(claims["sub"]).replace(/^arn:[\w-]+:iam::\d+:/, "")}, ${id} identity_store_user_id`;
  });
}

/** Path and size as in functions/authenticator/aws/aws-signed-tokens.ts. */
const KEYS_PATH = "/.well-known/jwks.json";
const MAX_KEYS_BYTES = 64 * 1024;

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
 */
async function keyRows(
  { world }: Site,
  rows: Rows,
  issuer: string,
  { header }: SignedToken,
): Promise<void> {
  const kid = header["kid"];
  const usable = matching("200, below 64 KiB, with the token's key", /^200, below 64 KiB, with \{/);
  await rows.see("keys", usable, async () => {
    const { status, text } = await world.request(`${issuer}${KEYS_PATH}`, { method: "GET" });
    const size =
      Buffer.byteLength(text) <= MAX_KEYS_BYTES
        ? "below 64 KiB"
        : `${Buffer.byteLength(text)} bytes`;
    if (status !== 200) return `${status}`;
    const set = parseJson(text);
    const listed = isObject(set) && Array.isArray(set["keys"]) ? set["keys"].filter(isObject) : [];
    const key = listed.find((member) => member["kid"] === kid) ?? {};
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
    return isRight
      ? "the issuer and the address of its keys"
      : `${status}: issuer ${named}, jwks_uri ${uri}`;
  });
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
 */
async function claimRows(site: Site, rows: Rows, issuer: string, arn: string, token: SignedToken) {
  const { header, claims, own } = token;
  const plain = {
    text: "alg and kid, and neither a key nor crit",
    holds: (seen: string) =>
      /\balg\b.*\bkid\b/.test(seen) &&
      !REFUSED_PARAMETERS.some((name) => Object.hasOwn(header, name)),
  };
  // AWS does not document which tag a token has if role and session have one of the same key.
  const ofRun = `${TAG}=${site.clusterId}`;
  const tagged = {
    text: `${ofRun}, team of the role or of the session`,
    holds: (seen: string) =>
      [`${ofRun}, team of the role`, `${ofRun}, team of the session`].includes(seen),
  };
  const tags: Readonly<Record<string, unknown>> = isObject(own["principal_tags"])
    ? own["principal_tags"]
    : {};
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
