// One wrong response for each row of the checks of AWS-signed tokens, which must make the row fail.

import type { Wrong } from "./fake/world.ts";
import { always, changed, DEPLOY, failing, REVIEW } from "./fault-makers.ts";
import { ROLE_TEAM } from "./signed-tokens.ts";

/** Not the runner's look at what the AWS CLI can do. */
const SIGNS = /^aws sts get-web-identity-token (?!--generate-cli-skeleton)/;
const SIGNED = '{"WebIdentityToken":"e30.e30.e30","Expiration":"2026-11-26T12:15:00Z"}';
const AWS_CLAIMS = "https://sts.amazonaws.com/";
type Part = Record<string, unknown>;
/** New values by name, from all values of the part; an undefined one is removed. */
type Changes = (part: Part) => Part;

interface TokenChanges {
  readonly header?: Changes;
  readonly claims?: Changes;
  /** The claims below `AWS_CLAIMS`. */
  readonly own?: Changes;
}

/** Changes tokens that STS signs. */
function token({ header = none, claims = none, own = none }: TokenChanges, calls = SIGNS): () => Wrong {
  return () => (call, answer) => {
    if (!calls.test(call) || answer === "") return undefined;
    const { WebIdentityToken, ...others } = JSON.parse(answer) as { WebIdentityToken: string };
    const [rawHeader = "", rawClaims = "", signature] = WebIdentityToken.split(".");
    const parse = (part: string): Part => JSON.parse(Buffer.from(part, "base64url").toString());
    const [first, second] = [parse(rawHeader), parse(rawClaims)];
    const third = second[AWS_CLAIMS] as Part;
    const parts = [
      { ...first, ...header(first) },
      { ...second, ...claims(second), [AWS_CLAIMS]: { ...third, ...own(third) } },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return JSON.stringify({ WebIdentityToken: [...parts, signature].join("."), ...others });
  };
}

function none(): Part {
  return {};
}

/** The session's tag of the same key as the role's is missing. */
export const TAG_OF_ROLE = token({
  own: ({ principal_tags: tags }) => ({ principal_tags: { ...(tags as Part), team: ROLE_TEAM } }),
});

export const SIGNED_TOKEN_FAULTS: Readonly<Record<string, () => Wrong>> = {
  "12 while signing is off": failing(SIGNS, "An error occurred (AccessDenied) when calling it: wrong"),
  "12 issuer": changed(/get-outbound-web-identity-federation-info/, "tokens.sts.global.api.aws", "example.com"),
  "12 algorithm and lifetime": token({ claims: ({ iat }) => ({ exp: Number(iat) + 300 }) }),
  "12 keys": changed(/^GET .*jwks/, '"kid":"RS256"', '"kid":"another"'),
  "12 discovery": changed(/^GET .*openid-configuration/, "jwks.json", "keys.json"),
  "12 header parameters": token({ header: () => ({ x5c: ["wrong"] }) }),
  "12 iss and aud": token({ claims: ({ aud }) => ({ aud: [aud] }) }),
  "12 sub of a role with a path": token({ claims: ({ sub }) => ({ sub: String(sub).replace("/acceptance/", "/") }) }),
  "12 aws_account": token({ own: ({ aws_account: id }) => ({ aws_account: Number(id) }) }),
  "12 principal_id": token({ own: () => ({ principal_id: "arn:aws:sts::111122223333:assumed-role/any/probe" }) }),
  "12 iat and exp": token({ claims: ({ iat }) => ({ iat: String(iat) }) }),
  "12 subject_mode": token({ claims: () => ({ subject_mode: "OriginIdentity" }) }),
  "12 principal_tags": token({ own: () => ({ principal_tags: {} }) }),
  "12 source_identity": token({ own: () => ({ source_identity: undefined }) }),
  "12 deploy with the issuer": failing(DEPLOY, "awsSignedTokens is wrong", 2),
  "12 token --jwt, role": changed(REVIEW, "acceptance:acceptance-source", "another"),
  "12 ES384": token({ header: () => ({ alg: "RS256" }) }, /get-web-identity-token .*"ES384"/),
  "12 user": changed(REVIEW, "acceptance-user", "another"),
  "12 keys through the endpoint sts-oidc": failing(DEPLOY, "sts-oidc is wrong", 3),
  "12 permission set": token(
    { claims: ({ sub }) => ({ sub: String(sub).replace("aws-reserved/sso.amazonaws.com/eu-west-1/", "") }) },
    /get-web-identity-token .*--profile/,
  ),

  "13 jwt policy": failing(SIGNS, "An error occurred (AccessDenied) when calling it: wrong"),
  "13 another audience": always(SIGNS, SIGNED),
  "13 901 s": always(SIGNS, SIGNED),
  "13 longer than the session": always(SIGNS, SIGNED),
  "13 jwt policy, user": failing(SIGNS, "An error occurred (AccessDenied) when calling it: wrong", 5),
  "13 session of GetSessionToken": always(SIGNS, SIGNED),
  "13 jwt policy --scp for another role": always(SIGNS, SIGNED),
  "13 jwt policy --scp for this role": changed(
    /^iam-authenticator jwt policy .*--scp/,
    /"arn:[^"]+-jwt"/,
    '"arn:aws:iam::111122223333:role/another"',
  ),
  "13 session tags without sts:TagSession": changed(/^aws sts assume-role /, /^$/, "{}"),
  "13 source identity without sts:SetSourceIdentity": changed(/^aws sts assume-role /, /^$/, "{}"),
};
