// No log line and no response contains a token, a signature or a session token. Every system of
// this folder is searched when its test ends; these tests try hardest to cause a leak, and prove
// that the search finds one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mintToken } from "../../local/identities.ts";
import { type FaultRule, ssmError, stsError } from "../local/aws/service-faults.ts";
import { localIdentity } from "../local-aws.ts";
import { editToken, queryValue, tokenOf, urlOf } from "../token.ts";
import { reviewBody, V1, VERSIONS } from "./answers.ts";
import { sharedClock } from "./clock.ts";
import { CALLER_TOKEN, type System, startSystem } from "./system.ts";
import { traceOf } from "./trace.ts";

const BEARER = { CALLER_AUTH: "bearer", LOG_LEVEL: "debug" };
const GOOD_CALLER = { Authorization: `Bearer ${CALLER_TOKEN}` };
const WRONG_CALLER = "d3JvbmcgY2FsbGVyLCBub3QgYSByZWFsIG9uZSBlaXRoZXI";

/** Tokens with signature and session token at wrong places, and truncated tokens. */
function brokenTokens(token: string): string[] {
  const url = urlOf(token);
  const secretsOf = [
    queryValue(token, "X-Amz-Signature"),
    queryValue(token, "X-Amz-Security-Token"),
    token,
  ];
  const misplaced = secretsOf.flatMap((secret) => [
    ...[...url.matchAll(/([?&][^=]*=)[^&]*/g)].map(([all, name]) =>
      url.replace(all, `${name}${secret}`),
    ),
    url.replace(/^https:\/\/[^/]*/, `https://${secret}`),
    url.replace("/?", `/${secret}?`),
    ...[
      `${secret}${url}`,
      `${url}#${secret}`,
      `${url}&${secret}`,
      `${url}&${secret}=x`,
      `${url}\n${secret}`,
      secret,
    ],
    ...[`${url}&X-Amz-Signature=${secret}`, `https://${secret}@sts.us-west-2.amazonaws.com/?`],
  ]);
  const cut = Array.from({ length: 20 }, (_, part) => token.slice(0, (token.length * part) / 20));
  return [
    ...[...misplaced.map(tokenOf), ...cut, ...cut.map((text) => `${text}\u0000${token}`)],
    ...[editToken(token, (text) => text.toUpperCase()), editToken(token, decodeURIComponent)],
    ...[
      token.slice("k8s-aws-v1.".length),
      `k8s-aws-v1.${url}`,
      `Bearer ${token}`,
      `${token}${token}`,
    ],
  ].filter((broken) => broken !== "" && broken !== token);
}

test("broken tokens, with their secrets at wrong places", async (t) => {
  const system = await startSystem(t, { settings: BEARER });
  for (const token of brokenTokens(await system.token("bob"))) await system.review(token);
  assert.ok(system.logs().length > 70);
  assert.ok(system.logs().every(({ outcome }) => outcome === "denied" || outcome === "not_ours"));
});

test("requests that contain a token, and are not reviews", async (t) => {
  const system = await startSystem(t, { settings: BEARER });
  const token = await system.token("bob");
  const body = reviewBody(V1, token);
  const headers = GOOD_CALLER;
  for (let part = 1; part < 10; part += 1) {
    await system.send("/authenticate", { headers, body: body.slice(0, (body.length * part) / 10) });
  }
  for (const broken of [
    token,
    `"${token}"`,
    `${body}${body}`,
    body.replace("spec", token),
    body.replace(V1, token),
  ]) {
    await system.send("/authenticate", { headers, body: broken });
    await system.send("/authenticate", { headers, body: Buffer.from(broken).toString("base64") });
  }
  for (const review of [
    reviewBody(token, token),
    reviewBody(V1, [token]),
    reviewBody(V1, token, token),
  ]) {
    await system.send("/authenticate", { headers, body: review });
  }
  await system.review(token, { audiences: [token] });
  for (const path of [`/${token}`, `/authenticate/${token}`])
    await system.send(path, { headers, body });
  await system.send("/authenticate", { method: "PUT", headers, body });
  await system.send("/authenticate", { headers, body: body.padEnd(64 * 1024 + 1) });
  await system.send(`/authenticate?token=${token}`, { headers, body });
  for (const authorization of [
    WRONG_CALLER,
    `Bearer ${WRONG_CALLER}`,
    `Basic ${WRONG_CALLER}`,
    `Bearer ${token}`,
  ]) {
    await system.review(token, { authorization });
  }
  const outcomes = new Set(system.logs().map(({ outcome }) => outcome));
  assert.deepEqual(outcomes, new Set(["bad_request", "granted", "caller_refused"]));
});

/** One request of each kind: granted, and each kind of denial. */
async function reviewAll(system: System): Promise<void> {
  const { now } = system.clock;
  for (const apiVersion of VERSIONS) {
    for (const name of [
      "alice",
      "bob",
      "carol",
      "contractor",
      "expired",
      "federated",
      "bob-elsewhere",
    ]) {
      await system.review(await system.token(name), { apiVersion });
    }
    const extraSignedHeaders = { "x-secret": WRONG_CALLER };
    for (const wrong of [
      { clusterId: "another" },
      { now: now() - 16 * 60_000 },
      { extraSignedHeaders },
    ]) {
      await system.review(await system.token("bob", wrong), { apiVersion });
    }
    await system.review(
      `eyJhbGciOiJSUzI1NiJ9.${Buffer.from("of another kind").toString("base64url")}.c2ln`,
    );
  }
}

const echo: FaultRule = ({ target }) => stsError(403, `SignatureDoesNotMatch ${target}`);
const echoWithCode: FaultRule = ({ target }) => {
  const error = { Code: "AccessDenied", Message: `cannot ${target}`, Type: target };
  return { ...stsError(403, "AccessDenied"), body: JSON.stringify({ Error: error }) };
};

const FAULTS: readonly (readonly [sts?: FaultRule | undefined, store?: FaultRule])[] = [
  [],
  [echo],
  [echoWithCode],
  [{ kind: "reset" }],
  [stsError(400, "Throttling")],
  [undefined, { kind: "reset" }],
  [undefined, ssmError(400, "ThrottlingException")],
];

test("one request of each kind, while STS echoes requests, or a service fails", async (t) => {
  const system = await startSystem(t, { settings: BEARER, clock: sharedClock() });
  await system.review("opaque");
  for (const [index, [sts, store]] of FAULTS.entries()) {
    system.sts.fail(sts);
    system.store.fail(store);
    await reviewAll(system);
    assert.equal(system.logs().length, 1 + 22 * (index + 1));
    // Later tokens are new, and the callers' list stays usable.
    await system.clock.advance(31_000);
  }
});

test("a secret in any spelling fails the test", async () => {
  const { arn, accessKeyId, sessionToken = "" } = localIdentity("bob");
  const token = await mintToken({
    identity: localIdentity("bob"),
    clusterId: "local",
    region: "us-west-2",
  });
  const check = (message: string, text = "{}", headers = {}) => {
    const printed = `${JSON.stringify({ outcome: "denied", message, _aws: {} })}\n`;
    const trace = traceOf({ output: (stream) => (stream === "stdout" ? printed : "") });
    trace.sent({
      headers: { Authorization: `Bearer ${CALLER_TOKEN}` },
      body: reviewBody(V1, token),
    });
    trace.received({ headers, text });
    trace.check();
  };
  const parts = ["X-Amz-Signature", "X-Amz-Security-Token"].map((name) => queryValue(token, name));
  const secrets = [token, urlOf(token), CALLER_TOKEN, sessionToken, ...parts];
  const pieces = secrets.flatMap((secret) => [secret, secret.slice(3, 33), secret.slice(-30)]);
  for (const leak of [...pieces, encodeURIComponent(urlOf(token))]) {
    const outputs: Parameters<typeof check>[] = [
      [leak],
      ["", JSON.stringify({ leak })],
      ["", "{}", { leak }],
    ];
    for (const output of outputs) assert.throws(() => check(...output), /a secret came out/, leak);
  }
  check(`${arn} ${accessKeyId} ${"f".repeat(64)} X-Amz-Security-Token`);
});
