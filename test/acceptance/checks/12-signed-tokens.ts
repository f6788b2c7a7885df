// Check 12: tokens that STS signs have the claims, headers and keys of AWS's documentation, and the function grants them.

import { partitionOfIssuer } from "../../../functions/authenticator/jwt/issuer.ts";
import { partitionOfRegion } from "../../../functions/aws/partitions.ts";
import { eventually, type Principal } from "../identities.ts";
import { matching, NotRun, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { claimRows, keyRows } from "../signed-token-rows.ts";
import {
  assumeSigningRole,
  ensureIssuer,
  getSignedToken,
  issuerOf,
  makeSigningRole,
  makeSigningUser,
  readToken,
  type SignedToken,
  SOURCE,
  signingRequest,
  untilRefusal,
} from "../signed-tokens.ts";
import { COMPLETE, GROUP, mustRun, type Site, tokenIn } from "../site.ts";
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
      const end = Date.parse(expiration) / 1000 === claims["exp"] ? "until Expiration" : `not until ${expiration}`;
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

/** Until a report has this row as passed, the construct refuses `tokens: "jwt"` behind VPC endpoints. */
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

async function reviews(site: Site, rows: Rows, issuer: string, { arn, credentials }: Principal): Promise<void> {
  const { id } = await site.account();
  const complete = matching("UPDATE_COMPLETE", COMPLETE);
  const deploy = async () => (await site.deploy({ awsSignedTokens: [{ account: id, issuer }] })).seen;
  if (!(await rows.see("deploy with the issuer", complete, deploy))) return;
  const granted = (token: string) => site.login(token);
  const commandToken = async () => tokenIn(await mustRun(site.command(["token", "--jwt"], { credentials })));
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
    const args = ["sts", "get-web-identity-token", "--profile", ssoProfile, "--region", region, "--output", "json"];
    const input = JSON.stringify(signingRequest(site));
    const printed = await mustRun(site.world.run("aws", [...args, "--cli-input-json", input]));
    const { claims, own } = readToken((JSON.parse(printed) as { WebIdentityToken: string }).WebIdentityToken);
    // The value identifies a person.
    const id = typeof own["identity_store_user_id"] === "string" ? "with" : "without";
    return `${String(claims["sub"]).replace(/^arn:[\w-]+:iam::\d+:/, "")}, ${id} identity_store_user_id`;
  });
}
