// AssumeRoleWithWebIdentity through the AWS SDK: accepted tokens, and the error for each other
// token.

import assert from "node:assert/strict";
import { after, beforeEach, type TestContext, test } from "node:test";
import { type AssumeRoleWithWebIdentityCommandInput, STS } from "@aws-sdk/client-sts";
import type { JWTPayload } from "jose";
import type { WebIdentityOptions } from "../../../../local/aws/sts/web-identity.ts";
import { presignUrl } from "../../../../local/identities.ts";
import {
  type LocalRole,
  type OidcProvider,
  providerArn,
  roleArn,
  serviceAccountRole,
} from "../../../../local/service-account.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import {
  createSigningKey,
  type OidcIssuer,
  signIdToken,
  startOidcIssuer,
} from "../../../oidc-issuer.ts";
import { sdkOptions, send } from "../clients.ts";

const NOW = Date.UTC(2026, 10, 24, 16, 0, 0);
const SECONDS = NOW / 1000;
const ACCOUNT = "111122223333";
const NO_KEY = /^Couldn't retrieve verification key from your identity provider/;
const key = await createSigningKey();
const older = await createSigningKey("RS256");
const foreign = await createSigningKey();
const issuer: OidcIssuer = await startOidcIssuer([key, older]);
const provider: OidcProvider = {
  issuer: issuer.url,
  account: ACCOUNT,
  audiences: ["sts.amazonaws.com"],
};
const role = serviceAccountRole(provider, {
  name: "Orders",
  roleId: "AROALOCALORDERSAAAAAA",
  namespace: "shop",
  serviceAccount: "orders",
});

let now = NOW;
const webIdentity = { providers: [provider], roles: [role], ca: issuer.ca };
const sts = await startSts({ now: () => now, webIdentity });
beforeEach(() => {
  now = NOW;
  issuer.answer(() => undefined);
  issuer.keys.splice(0, issuer.keys.length, key.jwk, older.jwk);
});
after(() => Promise.all([sts.close(), issuer.stop()]));

/** As kube-apiserver's TokenRequest issues it. */
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer.url,
  sub: "system:serviceaccount:shop:orders",
  aud: ["sts.amazonaws.com"],
  iat: SECONDS,
  nbf: SECONDS,
  exp: SECONDS + 3_600,
  ...changes,
});

const token = (changes?: JWTPayload, signer = key): Promise<string> =>
  signIdToken(claims(changes), signer);

function assume(
  WebIdentityToken: string,
  changes: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
  at = sts,
) {
  const usual = { RoleArn: roleArn(role), RoleSessionName: "pod-1", WebIdentityToken };
  return new STS(sdkOptions(at.url)).assumeRoleWithWebIdentity({ ...usual, ...changes });
}

const refused = (call: Promise<unknown>, name: string, message: RegExp): Promise<void> =>
  assert.rejects(call, { name: new RegExp(`^${name}(Exception)?$`), message });

async function stsWith(t: TestContext, settings: Partial<WebIdentityOptions>) {
  const other = await startSts({ now: () => now, webIdentity: { ...webIdentity, ...settings } });
  t.after(() => other.close());
  return other;
}

test("a service account token returns the role's credentials, which GetCallerIdentity accepts", async () => {
  for (const signer of [key, older]) {
    const answer = await assume(await token({ aud: ["vault", "sts.amazonaws.com"] }, signer));
    const Arn = `arn:aws:sts::${ACCOUNT}:assumed-role/Orders/pod-1`;
    assert.partialDeepStrictEqual(answer, {
      SubjectFromWebIdentityToken: "system:serviceaccount:shop:orders",
      ...{ Audience: "sts.amazonaws.com", Provider: providerArn(provider) },
      AssumedRoleUser: { Arn, AssumedRoleId: "AROALOCALORDERSAAAAAA:pod-1" },
    });
    const {
      AccessKeyId = "",
      SecretAccessKey = "",
      SessionToken = "",
      Expiration,
    } = answer.Credentials ?? {};
    assert.match(AccessKeyId, /^ASIA[0-9A-F]{16}$/);
    assert.equal(Expiration?.getTime(), NOW + 3_600_000);

    const keys = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    };
    const identity = { ...localIdentity("bob"), ...keys };
    const whoAmI = async (): Promise<string> => {
      const url = await presignUrl({ identity, clusterId: "local", region: "us-west-2", now });
      return (await send(sts.url, url, { "x-k8s-aws-id": "local" })).text;
    };
    assert.match(await whoAmI(), new RegExp(`<Arn>${Arn}</Arn>`));
    now = NOW + 3_600_000;
    assert.match(await whoAmI(), /<Code>ExpiredToken<\/Code>/);
    now = NOW;
  }
});

const UNKNOWN = /^No OpenIDConnect provider found in your account for https:\/\/127\.0\.0\.1/;
const FORBIDDEN = /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/;
const posing = { ...foreign, jwk: { ...foreign.jwk, kid: key.jwk.kid } };
type Refused = readonly [
  what: string,
  changes: JWTPayload,
  name: string,
  message: RegExp,
  signer?: typeof key,
];
const CLAIMS: readonly Refused[] = [
  ...[["https://kubernetes.default.svc"], "vault", []].map((aud): Refused => {
    return [`the audience ${aud}`, { aud }, "InvalidIdentityToken", /^Incorrect token audience$/];
  }),
  ...["shop:invoices", "other:orders", "shop:orders2"].map((account): Refused => {
    return [
      `the account ${account}`,
      { sub: `system:serviceaccount:${account}` },
      "AccessDenied",
      FORBIDDEN,
    ];
  }),
  ["an upper-case sub", { sub: "SYSTEM:serviceaccount:shop:orders" }, "AccessDenied", FORBIDDEN],
  ["a sub that is no service account", { sub: "orders" }, "AccessDenied", FORBIDDEN],
  ["an issuer with a slash at its end", { iss: `${issuer.url}/` }, "InvalidIdentityToken", UNKNOWN],
  ["an unknown kid", {}, "InvalidIdentityToken", NO_KEY, foreign],
  [
    "a known kid with another key",
    {},
    "InvalidIdentityToken",
    /signature verification failed/,
    posing,
  ],
  ["a token before its nbf", { nbf: SECONDS + 1 }, "InvalidIdentityToken", /"nbf"/],
  ["a token before its iat", { iat: SECONDS + 1 }, "InvalidIdentityToken", /issued in the future/],
  ...["sub", "exp", "iat", "aud"].map((claim): Refused => {
    return [
      `a token without ${claim}`,
      { [claim]: undefined },
      "InvalidIdentityToken",
      new RegExp(`"${claim}"`),
    ];
  }),
];
for (const [what, changes, name, message, signer] of CLAIMS) {
  test(`refused: ${what}`, async () =>
    refused(assume(await token(changes, signer)), name, message));
}

test("another role, a role with a path and a provider of another account are refused", async () => {
  for (const RoleArn of [
    `arn:aws:iam::${ACCOUNT}:role/Nobody`,
    `arn:aws:iam::${ACCOUNT}:role/path/Orders`,
  ]) {
    await refused(assume(await token(), { RoleArn }), "AccessDenied", FORBIDDEN);
  }
  const RoleArn = "arn:aws:iam::444455556666:role/Orders";
  await refused(assume(await token(), { RoleArn }), "InvalidIdentityToken", UNKNOWN);
});

test("alg none, a shared secret and a changed claim fail", async () => {
  const [header = "", payload = "", signature = ""] = (await token()).split(".");
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const [changed, message] of [
    [`${encode({ alg: "none" })}.${payload}.`, /"alg"/],
    [`${encode({ alg: "HS256", kid: key.jwk.kid })}.${payload}.${signature}`, /"alg"/],
    [
      `${header}.${encode(claims({ exp: SECONDS + 9_999 }))}.${signature}`,
      /signature verification failed/,
    ],
    [`${header}.${payload}.`, /./],
    [`${header}.${payload}`, /not a valid JWT/],
  ] as const) {
    await refused(assume(changed), "InvalidIdentityToken", message);
  }
});

test("a token fails from its exp", async () => {
  const usual = await token({ exp: SECONDS + 60 });
  now = NOW + 59_999;
  await assume(usual);
  now = NOW + 60_000;
  const message = `^Token expired: current date/time ${SECONDS + 60} must be before the expiration date/time ${SECONDS + 60}$`;
  await refused(assume(usual), "ExpiredToken", new RegExp(message));
});

test("tokens of a retired key fail, others still work, and a published key applies immediately", async () => {
  const byOld = await token({}, older);
  const byNew = await token({}, foreign);
  issuer.keys.splice(0, issuer.keys.length, key.jwk, foreign.jwk);
  await refused(assume(byOld), "InvalidIdentityToken", NO_KEY);
  await assume(await token());
  await assume(byNew);
});

test("a silent issuer, a redirect, an error, another issuer's document and invalid JSON fail", async (t) => {
  const discovery = "/.well-known/openid-configuration";
  const jwks = "/openid/v1/jwks";
  const hasty = await stsWith(t, { timeoutMs: 200 });
  for (const slow of [discovery, jwks]) {
    issuer.answer((path) => (path === slow ? Promise.withResolvers<never>().promise : undefined));
    await refused(assume(await token(), {}, hasty), "InvalidIdentityToken", NO_KEY);
  }
  const location = issuer.url + jwks;
  for (const [path, status, content] of [
    [discovery, 302, ""],
    [jwks, 301, ""],
    [jwks, 404, {}],
    [discovery, 200, { issuer: "https://example.com", jwks_uri: location }],
    [discovery, 200, { issuer: issuer.url, jwks_uri: location.replace("https", "http") }],
    [jwks, 200, "<html>"],
    [jwks, 200, { keys: [] }],
    [jwks, 200, { keys: [key.jwk], filler: "x".repeat(64 * 1024) }],
  ] as const) {
    const body = typeof content === "string" ? content : JSON.stringify(content);
    issuer.answer((asked) =>
      asked === path ? { status, body, headers: { location } } : undefined,
    );
    await refused(assume(await token()), "InvalidIdentityToken", NO_KEY);
  }
});

test("an issuer that is not on this machine is refused", async (t) => {
  const stranger = await startOidcIssuer([key]);
  const gone = await startOidcIssuer([key]);
  await gone.stop();
  t.after(() => stranger.stop());
  const internal = ["https://169.254.169.254", "https://203.0.113.7:8443"];
  const providers = [stranger.url, gone.url, ...internal].map((url) => ({
    ...provider,
    issuer: url,
  }));
  const other = await stsWith(t, { providers });
  for (const { url } of [stranger, gone]) {
    await refused(
      assume(await token({ iss: url }), {}, other),
      "IDPCommunicationError",
      /could not be reached/,
    );
  }
  for (const iss of internal)
    await refused(assume(await token({ iss }), {}, other), "InvalidIdentityToken", NO_KEY);
});

test("a trust policy supports patterns, several values and actions, and a denial has precedence", async (t) => {
  const name = issuer.url.replace("https://", "");
  const allow = role.trustPolicy.Statement[0] ?? assert.fail("no statement");
  const like = (sub: string) => ({ ...allow, Condition: { StringLike: { [`${name}:sub`]: sub } } });
  const several = {
    ...allow,
    Condition: { StringEquals: { [`${name}:SUB`]: ["x", claims().sub ?? ""] } },
  };
  const elsewhere = {
    ...allow,
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com` },
  };
  const otherAction = { ...allow, Action: "sts:AssumeRole" };
  const withPolicy = (...Statement: LocalRole["trustPolicy"]["Statement"]) =>
    stsWith(t, { roles: [{ ...role, trustPolicy: { Version: "2012-10-17", Statement } }] });
  const likes = ["shop:*", "shop:order?"].map((end) => [like(`system:serviceaccount:${end}`)]);
  for (const statements of [
    ...likes,
    [several],
    [otherAction, allow],
    [{ ...allow, Action: "sts:*" }],
  ]) {
    await assume(await token(), {}, await withPolicy(...statements));
  }
  const denied = [allow, { ...allow, Effect: "Deny" as const }];
  for (const statements of [
    [],
    denied,
    [elsewhere],
    [otherAction],
    [like("system:serviceaccount:shop.*")],
  ]) {
    await refused(
      assume(await token(), {}, await withPolicy(...statements)),
      "AccessDenied",
      FORBIDDEN,
    );
  }
  const unknown = { ...allow, Condition: { ArnLike: { [`${name}:sub`]: "*" } } };
  await assert.rejects(withPolicy(unknown), /does not support the condition operator ArnLike/);
});

test("parameters must follow STS's rules, and errors never repeat the token", async () => {
  for (const [input, message] of [
    [{ RoleArn: "arn" }, /'arn' at 'roleArn'/],
    [{ RoleArn: `arn:aws:iam::${ACCOUNT}:user/alice` }, /Request ARN is invalid/],
    [{ RoleArn: undefined }, /Value null at 'roleArn'.*must not be null/],
    [{ RoleSessionName: "a b" }, /'a b' at 'roleSessionName'/],
    [{ WebIdentityToken: "abc" }, /Value '\*\*\*' at 'webIdentityToken'/],
    [{ DurationSeconds: 899 }, /greater than or equal to 900/],
    [{ DurationSeconds: 3_601 }, /exceeds the MaxSessionDuration set for this role/],
    [{ Policy: "{}" }, /does not support Policy/],
  ] as const) {
    await refused(assume(await token(), input), "ValidationError", message);
  }
  await assume(await token(), { DurationSeconds: 900 });
});
