// AssumeRoleWithWebIdentity through the AWS SDK: accepted tokens, and the error for each other token.

import assert from "node:assert/strict";
import { after, beforeEach, type TestContext, test } from "node:test";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { JWTPayload } from "jose";
import type { LocalServer } from "../../../local/http-server.ts";
import { localIdentity } from "../../../local/identities.ts";
import { type LocalRole, type OidcProvider, providerArn, roleArn, serviceAccountRole } from "../../../local/roles.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import type { WebIdentityOptions } from "../../../local/sts/web-identity/assume-role.ts";
import { kindOf } from "../../../local/sts/web-identity/issuer-documents.ts";
import { presignUrl } from "../../../local/token.ts";
import { createSigningKey, type OidcIssuer, signIdToken, startOidcIssuer } from "../../oidc-issuer.ts";
import { send } from "./send.ts";

const NOW = Date.UTC(2026, 10, 24, 16, 0, 0);
const SECONDS = NOW / 1000;
const ACCOUNT = "111122223333";
const NO_KEY = /^Couldn't retrieve verification key from your identity provider/;

const key = await createSigningKey();
const older = await createSigningKey("RS256");
const foreign = await createSigningKey();
const issuer: OidcIssuer = await startOidcIssuer([key, older]);
const provider: OidcProvider = { issuer: issuer.url, account: ACCOUNT, audiences: ["sts.amazonaws.com"] };
const role = serviceAccountRole(provider, {
  name: "Orders",
  roleId: "AROALOCALORDERSAAAAAA",
  namespace: "shop",
  serviceAccount: "orders",
});

let now = NOW;
const sts = await startSts({ now: () => now, webIdentity: { providers: [provider], roles: [role], ca: issuer.ca } });
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

const token = (changes?: JWTPayload, signer = key): Promise<string> => signIdToken(claims(changes), signer);

function client(endpoint: string): STSClient {
  const credentials = { accessKeyId: "none", secretAccessKey: "none" };
  return new STSClient({ region: "us-west-2", endpoint, credentials, maxAttempts: 1 });
}

function assume(WebIdentityToken: string, changes: { RoleArn?: string; RoleSessionName?: string } = {}, at = sts) {
  const usual = { RoleArn: roleArn(role), RoleSessionName: "pod-1" };
  const command = new AssumeRoleWithWebIdentityCommand({ ...usual, ...changes, WebIdentityToken });
  return client(at.url).send(command);
}

const refused = (call: Promise<unknown>, name: string, message: RegExp): Promise<void> =>
  assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name.replace(/Exception$/, ""), message.test(error.message)], [name, true], error.message);
    return true;
  });

/** Starts an STS with other settings; stops it after the test. */
async function stsWith(t: TestContext, settings: Partial<WebIdentityOptions>): Promise<LocalServer> {
  const webIdentity = { providers: [provider], roles: [role], ca: issuer.ca, ...settings };
  const other = await startSts({ now: () => now, webIdentity });
  t.after(() => other.close());
  return other;
}

test("a service account token returns the role's credentials, which GetCallerIdentity accepts", async () => {
  for (const signer of [key, older]) {
    const answer = await assume(await token({}, signer));
    assert.equal(answer.SubjectFromWebIdentityToken, "system:serviceaccount:shop:orders");
    assert.equal(answer.Audience, "sts.amazonaws.com");
    assert.equal(answer.Provider, providerArn(provider));
    assert.deepEqual(answer.AssumedRoleUser, {
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Orders/pod-1`,
      AssumedRoleId: "AROALOCALORDERSAAAAAA:pod-1",
    });
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = answer.Credentials ?? {};
    assert.match(AccessKeyId, /^ASIA[0-9A-F]{16}$/);
    assert.equal(Expiration?.getTime(), NOW + 3_600_000);

    const session = { ...localIdentity("bob"), accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
    const identity = { ...session, sessionToken: SessionToken };
    const whoAmI = async (): Promise<string> => {
      const url = await presignUrl({ identity, clusterId: "local", region: "us-west-2", now });
      return (await send(sts.url, url, { "x-k8s-aws-id": "local" })).text;
    };
    assert.match(await whoAmI(), new RegExp(`<Arn>${answer.AssumedRoleUser?.Arn}</Arn>`));
    now = NOW + 3_600_000;
    assert.match(await whoAmI(), /<Code>ExpiredToken<\/Code>/);
    now = NOW;
  }
});

const UNKNOWN = /^No OpenIDConnect provider found in your account for https:\/\/127\.0\.0\.1/;
const FORBIDDEN = /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/;
const posing = { ...foreign, jwk: { ...foreign.jwk, kid: key.jwk.kid } };
type Refused = readonly [what: string, changes: JWTPayload, name: string, message: RegExp, signer?: typeof key];
const CLAIMS: readonly Refused[] = [
  ...[["https://kubernetes.default.svc"], "vault", []].map((aud): Refused => {
    return [`the audience ${aud}`, { aud }, "InvalidIdentityToken", /^Incorrect token audience$/];
  }),
  ...["shop:invoices", "other:orders", "shop:orders2"].map((account): Refused => {
    return [`the account ${account}`, { sub: `system:serviceaccount:${account}` }, "AccessDenied", FORBIDDEN];
  }),
  ["an upper-case sub", { sub: "SYSTEM:serviceaccount:shop:orders" }, "AccessDenied", FORBIDDEN],
  ["a sub that is no service account", { sub: "orders" }, "AccessDenied", FORBIDDEN],
  ["an issuer with a slash at its end", { iss: `${issuer.url}/` }, "InvalidIdentityToken", UNKNOWN],
  ["an unknown kid", {}, "InvalidIdentityToken", NO_KEY, foreign],
  ["a known kid with another key", {}, "InvalidIdentityToken", /signature verification failed/, posing],
  ["a token before its nbf", { nbf: SECONDS + 1 }, "InvalidIdentityToken", /"nbf"/],
  ["a token before its iat", { iat: SECONDS + 1 }, "InvalidIdentityToken", /issued in the future/],
  ...["sub", "exp", "iat", "aud"].map((claim): Refused => {
    return [`a token without ${claim}`, { [claim]: undefined }, "InvalidIdentityToken", new RegExp(`"${claim}"`)];
  }),
];
for (const [what, changes, name, message, signer] of CLAIMS) {
  test(`refused: ${what}`, async () => refused(assume(await token(changes, signer)), name, message));
}

test("the role's audience is accepted alone and in a list", async () => {
  for (const aud of ["sts.amazonaws.com", ["vault", "sts.amazonaws.com"]]) await assume(await token({ aud }));
});

test("another role, a role with a path and a provider of another account are refused", async () => {
  for (const RoleArn of [`arn:aws:iam::${ACCOUNT}:role/Nobody`, `arn:aws:iam::${ACCOUNT}:role/path/Orders`]) {
    await refused(assume(await token(), { RoleArn }), "AccessDenied", FORBIDDEN);
  }
  const RoleArn = "arn:aws:iam::444455556666:role/Orders";
  await refused(assume(await token(), { RoleArn }), "InvalidIdentityToken", UNKNOWN);
});

test("alg none, a shared secret and a changed claim fail", async () => {
  const [header = "", payload = "", signature = ""] = (await token()).split(".");
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const [changed, message] of [
    [`${encode({ alg: "none" })}.${payload}.`, /"alg"/],
    [`${encode({ alg: "HS256", kid: key.jwk.kid })}.${payload}.${signature}`, /"alg"/],
    [`${header}.${encode(claims({ exp: SECONDS + 9_999 }))}.${signature}`, /signature verification failed/],
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
  const [byOld, byNew] = [await token({}, older), await token({}, foreign)];
  issuer.keys.splice(0, issuer.keys.length, key.jwk, foreign.jwk);
  await refused(assume(byOld), "InvalidIdentityToken", NO_KEY);
  await assume(await token());
  await assume(byNew);
});

test("a slow issuer times out", async (t) => {
  const hasty = await stsWith(t, { timeoutMs: 200 });
  for (const slow of ["/.well-known/openid-configuration", "/openid/v1/jwks"]) {
    const { promise: never } = Promise.withResolvers<never>();
    issuer.answer((path) => (path === slow ? never : undefined));
    await refused(assume(await token(), {}, hasty), "InvalidIdentityToken", NO_KEY);
  }
});

test("a redirect, an error, another issuer's document and invalid JSON fail", async () => {
  const location = `${issuer.url}/openid/v1/jwks`;
  const [discovery, jwks] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];
  for (const [path, status, content] of [
    [discovery, 302, ""],
    [jwks, 301, ""],
    [jwks, 404, {}],
    [discovery, 500, {}],
    [discovery, 200, { issuer: "https://example.com", jwks_uri: location }],
    [discovery, 200, { issuer: issuer.url, jwks_uri: 1 }],
    [discovery, 200, { issuer: issuer.url, jwks_uri: location.replace("https", "http") }],
    [jwks, 200, "<html>"],
    [jwks, 200, []],
    [jwks, 200, { keys: {} }],
    [jwks, 200, { keys: [] }],
    [jwks, 200, { keys: [key.jwk], filler: "x".repeat(64 * 1024) }],
  ] as const) {
    const body = typeof content === "string" ? content : JSON.stringify(content);
    issuer.answer((asked) => (asked === path ? { status, body, headers: { location } } : undefined));
    await refused(assume(await token()), "InvalidIdentityToken", NO_KEY);
  }
});

test("an issuer that does not exist or has another authority's certificate is unreachable", async (t) => {
  const stranger = await startOidcIssuer([key]);
  const gone = await startOidcIssuer([key]);
  await gone.stop();
  t.after(() => stranger.stop());
  const providers = [stranger, gone].map(({ url }) => ({ ...provider, issuer: url }));
  const other = await stsWith(t, { providers });
  for (const { url } of [stranger, gone]) {
    await refused(assume(await token({ iss: url }), {}, other), "IDPCommunicationError", /could not be reached/);
  }
});

test("STS connects only to public addresses and to this machine", async (t) => {
  for (const [kind, addresses] of [
    ["loopback", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]],
    ["private", ["10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"]],
    ["private", ["fd00:ec2::254", "fe80::1", "::", "::ffff:10.0.0.1", "ff02::1"]],
    ["public", ["203.0.113.7", "8.8.8.8", "172.32.0.1", "2600:1f18::1"]],
  ] as const) {
    for (const address of addresses) assert.equal(kindOf(address), kind, address);
  }
  const internal = { ...provider, issuer: "https://169.254.169.254" };
  const withPort = { ...provider, issuer: "https://203.0.113.7:8443" };
  const other = await stsWith(t, { providers: [internal, withPort] });
  for (const { issuer: iss } of [internal, withPort]) {
    await refused(assume(await token({ iss }), {}, other), "InvalidIdentityToken", NO_KEY);
  }
});

test("a trust policy supports patterns, several values, denials and conditions", async (t) => {
  const name = issuer.url.replace("https://", "");
  const allow = role.trustPolicy.Statement[0];
  assert.ok(allow);
  const withPolicy = (...Statement: LocalRole["trustPolicy"]["Statement"]): LocalRole => ({
    ...role,
    trustPolicy: { Version: "2012-10-17", Statement },
  });
  const like = { ...allow, Condition: { StringLike: { [`${name}:sub`]: "system:serviceaccount:shop:*" } } };
  const several = { ...allow, Condition: { StringEquals: { [`${name}:SUB`]: ["x", claims().sub ?? ""] } } };
  const unmet = { ...allow, Condition: { StringEquals: { [`${name}:email`]: "a@example.com" } } };
  const deny = { ...allow, Effect: "Deny" as const };
  const elsewhere = { ...allow, Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com` } };
  const otherAction = { ...allow, Action: "sts:AssumeRole" };
  const question = { ...allow, Condition: { StringLike: { [`${name}:sub`]: "system:serviceaccount:shop:order?" } } };
  const dotted = { ...allow, Condition: { StringLike: { [`${name}:sub`]: "system:serviceaccount:shop.*" } } };
  for (const statements of [[like], [several], [question], [otherAction, allow], [{ ...allow, Action: "sts:*" }]]) {
    await assume(await token(), {}, await stsWith(t, { roles: [withPolicy(...statements)] }));
  }
  for (const statements of [[], [unmet], [allow, deny], [elsewhere], [otherAction], [dotted]]) {
    await refused(
      assume(await token(), {}, await stsWith(t, { roles: [withPolicy(...statements)] })),
      "AccessDenied",
      /./,
    );
  }
  const unknown = { ...allow, Condition: { ArnLike: { [`${name}:sub`]: "*" } } };
  await assert.rejects(stsWith(t, { roles: [withPolicy(unknown)] }), /does not support the condition operator ArnLike/);
});

test("parameters must follow STS's rules, and errors never repeat the token", async () => {
  const call = async (input: Record<string, unknown>): Promise<unknown> => {
    const usual = { RoleArn: roleArn(role), RoleSessionName: "pod-1", WebIdentityToken: await token() };
    return client(sts.url).send(new AssumeRoleWithWebIdentityCommand({ ...usual, ...input }));
  };
  for (const [input, message] of [
    [{ RoleArn: "arn" }, /'arn' at 'roleArn'/],
    [{ RoleArn: `arn:aws:iam::${ACCOUNT}:user/alice` }, /Request ARN is invalid/],
    [{ RoleArn: undefined }, /Value null at 'roleArn'.*must not be null/],
    [{ RoleSessionName: "a" }, /'a' at 'roleSessionName'/],
    [{ RoleSessionName: "a b" }, /'a b' at 'roleSessionName'/],
    [{ RoleSessionName: "x".repeat(65) }, /roleSessionName/],
    [{ WebIdentityToken: "abc" }, /Value '\*\*\*' at 'webIdentityToken'/],
    [{ DurationSeconds: 899 }, /greater than or equal to 900/],
    [{ DurationSeconds: 43_201 }, /less than or equal to 43200/],
    [{ DurationSeconds: 3_601 }, /exceeds the MaxSessionDuration set for this role/],
    [{ Policy: "{}" }, /does not support Policy/],
    [{ ProviderId: "www.amazon.com" }, /does not support ProviderId/],
  ] as const) {
    await refused(call(input), "ValidationError", message);
  }
  await call({ DurationSeconds: 900 });
});
