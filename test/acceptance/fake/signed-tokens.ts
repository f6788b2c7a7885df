// Outbound web identity federation in the fake: the account's setting, tokens, policies on them, and the issuer's documents.

import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { jwtAudience } from "../../../functions/authenticator/jwt/issuer.ts";
import { matchesArnLike } from "../../../functions/authenticator/mapping/arn-like.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, type Cloud } from "./cloud.ts";
import { Refused } from "./refused.ts";

type Input = Readonly<Record<string, unknown>>;
type Call = (input: Input, identity: LocalIdentity | undefined) => unknown;

export const ISSUER = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws";
const PAIRS = {
  ES384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
};

export function signing(cloud: Cloud, clock: VirtualClock): Readonly<Record<string, Call>> {
  return {
    "iam get-outbound-web-identity-federation-info": () => {
      if (!cloud.isSigning) throw new Refused("FeatureDisabled", "it is disabled");
      return { IssuerIdentifier: ISSUER, JwtVendingEnabled: true };
    },
    "iam enable-outbound-web-identity-federation": () => {
      if (cloud.isSigning) throw new Refused("FeatureEnabled", "it is enabled");
      cloud.isSigning = true;
      return { IssuerIdentifier: ISSUER };
    },
    "sts get-web-identity-token": (input, identity) => {
      if (identity === undefined) throw new Refused("AccessDenied", "no credentials");
      return signToken(cloud, clock, input, identity);
    },
  };
}

export function signingInput(clusterId: string): Input {
  return { Audience: [jwtAudience(clusterId)], SigningAlgorithm: "RS256", DurationSeconds: 900 };
}

export async function signToken(cloud: Cloud, clock: VirtualClock, input: Input, identity: LocalIdentity) {
  const { Audience, SigningAlgorithm, DurationSeconds } = input;
  const [audience = ""] = Audience as string[];
  const [alg, seconds] = [SigningAlgorithm as "ES384" | "RS256", Number(DurationSeconds)];
  const session = cloud.sessions.get(identity.accessKeyId);
  const [, kind = "", name = ""] = /(role|user)\/([^/]+)/.exec(identity.arn) ?? [];
  const isSet = name.startsWith("AWSReservedSSO_");
  const setArn = `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${name}`;
  const sub = isSet ? setArn : kind === "role" ? (cloud.roles.get(name) ?? "") : identity.arn;
  const isAllowed = isSet || allows(cloud, `${kind}/${name}`, { sub, audience, seconds });
  if (!isAllowed || session?.isOfUser) throw new Refused("AccessDenied", "Not authorized");
  if (!cloud.isSigning) throw new Refused("OutboundWebIdentityFederationDisabledException", "it is disabled");
  const iat = Math.floor(clock.now() / 1000);
  const exp = iat + seconds;
  if (identity.expiresAt !== undefined && exp * 1000 > identity.expiresAt) {
    throw new Refused("SessionDurationEscalationException", "it would outlive the session");
  }
  const own = {
    aws_account: ACCOUNT,
    principal_id: sub,
    principal_tags: { ...cloud.roleTags.get(name), ...session?.tags },
    source_identity: session?.sourceIdentity,
    ...(isSet && { identity_store_user_id: "0123456789-0a1b2c3d" }),
  };
  const claims = { iss: ISSUER, aud: audience, sub, iat, exp, "https://sts.amazonaws.com/": own };
  const header = { alg, kid: alg, typ: "JWT" };
  const WebIdentityToken = await new SignJWT(claims).setProtectedHeader(header).sign(PAIRS[alg].privateKey);
  return { WebIdentityToken, Expiration: new Date(exp * 1000).toISOString() };
}

interface Request {
  readonly sub: string;
  readonly audience: string;
  readonly seconds: number;
}

interface Policy {
  readonly Statement: readonly { readonly Effect: string; readonly Condition?: Readonly<Record<string, Input>> }[];
}

function allows(cloud: Cloud, principal: string, request: Request): boolean {
  const statements = [...(cloud.policies.get(principal)?.entries() ?? [])]
    .filter(([policy]) => policy !== "read")
    .flatMap(([, document]) => (JSON.parse(document) as Policy).Statement)
    .filter(({ Condition = {} }) =>
      Object.entries(Condition).every(([operator, keys]) => holds(operator, keys, request)),
    );
  const effects = statements.map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

function holds(operator: string, keys: Input, { sub, audience, seconds }: Request): boolean {
  const [value] = Object.values(keys);
  switch (operator) {
    case "ForAllValues:StringEquals":
    case "ForAnyValue:StringEquals":
      return value === audience;
    case "NumericLessThanEquals":
      return seconds <= Number(value);
    case "Null":
      return value === "false";
    case "ArnNotLike":
      return !(value as string[]).some((pattern) => matchesArnLike(pattern, sub));
    default:
      throw new Error(`the fake does not support the condition ${operator}`);
  }
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
