// Outbound web identity federation in the fake: the account's setting, tokens, policies on them, and the issuer's documents.

import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { jwtAudience } from "../../../functions/authenticator/jwt/issuer.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { AwsError } from "../aws.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, type Calls, type Cloud, type Input } from "./cloud.ts";

export const ISSUER = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
const PAIRS = {
  ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
};

export function signing(cloud: Cloud, clock: VirtualClock): Calls {
  return {
    "iam get-outbound-web-identity-federation-info": () => {
      if (!cloud.isSigning) throw new AwsError("FeatureDisabled", "it is disabled");
      return { IssuerIdentifier: ISSUER, JwtVendingEnabled: true };
    },
    "iam enable-outbound-web-identity-federation": () => {
      if (cloud.isSigning) throw new AwsError("FeatureEnabled", "it is enabled");
      cloud.isSigning = true;
      return { IssuerIdentifier: ISSUER };
    },
    "sts get-web-identity-token": (input, identity) => {
      if (identity === undefined) throw new AwsError("AccessDenied", "no credentials");
      return signToken(cloud, clock, input, identity);
    },
  };
}

export function signingInput(clusterId: string): Input {
  return { Audience: [jwtAudience(clusterId)], SigningAlgorithm: "RS256", DurationSeconds: 900 };
}

export async function signToken(cloud: Cloud, clock: VirtualClock, input: Input, identity: LocalIdentity) {
  const [audience = ""]: string[] = input["Audience"];
  const alg: keyof typeof PAIRS = input["SigningAlgorithm"];
  const seconds: number = input["DurationSeconds"];
  const session = cloud.sessions.get(identity.accessKeyId);
  const [, kind = "", name = ""] = /(role|user)\/([^/]+)/.exec(identity.arn) ?? [];
  const role = cloud.resources["AWS::IAM::Role"].get(name);
  const isSet = name.startsWith("AWSReservedSSO_");
  const setArn = `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${name}`;
  const sub = isSet ? setArn : kind === "role" ? (role?.arn ?? "") : identity.arn;
  const isAllowed = isSet || allows(cloud, kind, name, audience, seconds);
  if (!isAllowed || session?.isOfUser) throw new AwsError("AccessDenied", "Not authorized");
  if (!cloud.isSigning) throw new AwsError("OutboundWebIdentityFederationDisabledException", "it is disabled");
  const iat = Math.floor(clock.now() / 1000);
  const exp = iat + seconds;
  if (identity.expiresAt !== undefined && exp * 1000 > identity.expiresAt) {
    throw new AwsError("SessionDurationEscalationException", "it would outlive the session");
  }
  const own = {
    aws_account: ACCOUNT,
    principal_id: sub,
    principal_tags: { ...role?.tags, ...session?.tags },
    source_identity: session?.sourceIdentity,
    ...(isSet && { identity_store_user_id: "0123456789-0a1b2c3d" }),
  };
  const claims = { iss: ISSUER, aud: audience, sub, iat, exp, "https://sts.amazonaws.com/": own };
  const header = { alg, kid: alg, typ: "JWT" };
  const WebIdentityToken = await new SignJWT(claims).setProtectedHeader(header).sign(PAIRS[alg].privateKey);
  return { WebIdentityToken, Expiration: new Date(exp * 1000).toISOString() };
}

/** By the policy with the audience, and without a control policy for other principals. */
function allows({ policies }: Cloud, kind: string, name: string, audience: string, seconds: number): boolean {
  const own = policies.get(`${kind}/${name}`);
  const isDenied = own?.get("control")?.includes(`/${name}"`) === false;
  return own?.get("sign")?.includes(`"${audience}"`) === true && seconds <= 900 && !isDenied;
}

/** The documents of the account's issuer. */
export function issuerDocument(path: string): { readonly status: number; readonly text: string } {
  if (path === "/.well-known/openid-configuration") {
    const document = { issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks.json` };
    return { status: 200, text: JSON.stringify(document) };
  }
  if (path !== "/.well-known/jwks.json") return { status: 404, text: "" };
  const keys = Object.entries(PAIRS).map(([alg, { publicKey }]) => ({
    ...publicKey.export({ format: "jwk" }),
    kid: alg,
    alg,
    use: "sig",
  }));
  return { status: 200, text: JSON.stringify({ keys }) };
}
