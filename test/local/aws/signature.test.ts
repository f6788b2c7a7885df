// The presigned requests that the local STS accepts: by identity, time and host, and not with any
// part changed. And the signed headers that the other services accept.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import {
  localIdentity as localIdentityOf,
  presignUrl,
  type TokenOptions,
} from "../../../local/identities.ts";
import {
  localIdentity,
  startLogs,
  startParameterStore,
  startQueryServices,
  startSts,
} from "../../local-aws.ts";
import { post } from "../../post.ts";
import { outcome, send, signedHeaders } from "./clients.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const MINUTE = 60_000;
const bob = localIdentity("bob");
let now = NOW;
const sts = await startSts({ now: () => now, extraHosts: ["sts.internal.example.com"] });
after(() => sts.close());
beforeEach(() => {
  now = NOW;
});

const presign = (options: Partial<TokenOptions> = {}): Promise<string> =>
  presignUrl({ identity: bob, clusterId: "local", region: "us-west-2", now: NOW, ...options });

const MISMATCH = /^403 SignatureDoesNotMatch: The request signature we calculated/;

test("a session token expires at expiresAt", async () => {
  const expired = localIdentity("expired");
  const url = await presign({ identity: expired, now: Date.UTC(2020, 0, 1) });
  now = Date.UTC(2020, 0, 1) - 1;
  assert.equal(await outcome(sts.url, url), "granted");
  now = Date.UTC(2020, 0, 1);
  assert.match(
    await outcome(sts.url, url),
    /^403 ExpiredToken: The security token included in the request is expired/,
  );
});

test("a signature is valid within 15 minutes of its date, whatever X-Amz-Expires is", async () => {
  for (const expiresIn of [0, 60, 900, 86_400]) {
    const at = (minutes: number, ms = 0): Promise<string> =>
      presign({ expiresIn, now: NOW + minutes * MINUTE + ms });
    assert.equal(await outcome(sts.url, await at(-15)), "granted");
    assert.equal(await outcome(sts.url, await at(15)), "granted");
    const expired =
      /^403 SignatureDoesNotMatch: Signature expired: 20260102T024904Z is now earlier than 20260102T024905Z \(20260102T030405Z - 15 min\.\)$/;
    assert.match(await outcome(sts.url, await at(-15, -1000)), expired);
    assert.match(
      await outcome(sts.url, await at(15, 1000)),
      /^403 SignatureDoesNotMatch: Signature not yet current/,
    );
  }
});

test("the host determines the region", async () => {
  for (const [host, region] of [
    ["sts.amazonaws.com", "us-east-1"],
    ["sts-fips.us-west-2.amazonaws.com", "us-west-2"],
    ["sts.us-west-2.api.aws", "us-west-2"],
    ["vpce-0123abcd-xyz.sts.us-west-2.vpce.amazonaws.com", "us-west-2"],
    ["sts.internal.example.com", "eu-north-1"],
    ["localhost:8080", "eu-north-1"],
  ] as const) {
    assert.equal(await outcome(sts.url, await presign({ host, region })), "granted", host);
  }
  for (const [host, region] of [
    ["sts.amazonaws.com", "us-west-2"],
    ["sts.us-east-1.amazonaws.com", "us-west-2"],
    ["sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["sts.us-west-2.amazonaws.com.example.com", "us-west-2"],
  ] as const) {
    assert.match(
      await outcome(sts.url, await presign({ host, region })),
      /scoped to a valid region/,
      host,
    );
  }
  assert.match(
    await outcome(sts.url, await presign(), { host: "sts-fips.us-west-2.amazonaws.com" }),
    MISMATCH,
  );
});

test("the order of parameters and the case of escapes do not matter", async () => {
  const url = await presign();
  const [start = "", query = ""] = url.split("?");
  assert.equal(
    await outcome(sts.url, `${start}?${query.split("&").reverse().join("&")}`),
    "granted",
  );
  assert.equal(
    await outcome(sts.url, url.replaceAll("%2F", "%2f").replaceAll("%3B", ";")),
    "granted",
  );
});

test("the signature covers the cluster id", async () => {
  const url = await presign();
  assert.match(await outcome(sts.url, url, { "x-k8s-aws-id": "other" }), MISMATCH);
  assert.match(await outcome(sts.url, url, { "x-k8s-aws-id": "local, local" }), MISMATCH);
  assert.equal((await send(sts.url, url)).status, 403);
});

test("changed, missing and added parameters fail", async () => {
  const url = await presign();
  const tampered: readonly (readonly [from: string | RegExp, to: string, expected: RegExp])[] = [
    ["Action=GetCallerIdentity", "Action=GetSessionToken", MISMATCH],
    [bob.accessKeyId, "AKIANOTKNOWNAAAAAAAA", /^403 InvalidClientTokenId/],
    ["%2F20260102%2F", "%2F20260103%2F", /^403 SignatureDoesNotMatch: Date in Credential scope/],
    [
      "%2Fus-west-2%2F",
      "%2Fus-east-1%2F",
      /^403 SignatureDoesNotMatch: Credential should be scoped to a valid region/,
    ],
    [
      "%2Fsts%2F",
      "%2Fs3%2F",
      /^403 SignatureDoesNotMatch: Credential should be scoped to correct service/,
    ],
    ["T030405Z", "T030406Z", MISMATCH],
    ["Expires=60", "Expires=61", MISMATCH],
    ["host%3Bx-k8s-aws-id", "host", MISMATCH],
    ["host%3Bx-k8s-aws-id", "host%3Bx-k8s-aws-id%3Bx-not-sent", MISMATCH],
    [/Signature=[0-9a-f]{64}/, `Signature=${"0".repeat(64)}`, MISMATCH],
    [/$/, "&extra=1", MISMATCH],
    ["Security-Token=Local", "Security-Token=local", /^403 InvalidClientTokenId/],
    [/X-Amz-Security-Token=[^&]*&/, "", /^403 InvalidClientTokenId/],
    [/X-Amz-Signature=[^&]*&/, "", /^400 IncompleteSignature: .*'X-Amz-Signature'/],
    [/\?.*/, "?Action=GetCallerIdentity&Version=2011-06-15", /^403 MissingAuthenticationToken/],
  ];
  for (const [from, to, expected] of tampered) {
    const changed = url.replace(from, to);
    assert.notEqual(changed, url);
    assert.match(await outcome(sts.url, changed), expected, `${from} -> ${to}`);
  }
});

test("parameter names are case-sensitive, and the last of equal names applies", async () => {
  // A verifier that ignores case reads other values than STS (CVE-2022-2385)
  const sign = (query: Record<string, string>): Promise<string> => presign({ extraQuery: query });
  assert.equal(
    await outcome(sts.url, await sign({ action: "AssumeRole", "x-amz-credential": "AKIA" })),
    "granted",
  );
  const url = await presign();
  assert.match(
    await outcome(sts.url, `${url}&X-Amz-Credential=AKIANOTKNOWN%2Fa%2Fb%2Fc%2Fd`),
    /InvalidClientTokenId/,
  );
  assert.match(
    await outcome(sts.url, url.replace("X-Amz-Signature", "x-amz-signature")),
    /'X-Amz-Signature'/,
  );
});

const store = await startParameterStore({
  region: "us-west-2",
  parameters: { "/p/a": "1" },
  clock: () => now,
});
const logs = await startLogs({ region: "us-west-2", groups: { a: () => [] }, clock: () => now });
const ec2 = await startQueryServices({ region: "us-west-2", clock: () => now });
after(() => Promise.all([store, logs, ec2].map((server) => server.close())));

const JSON_1_1 = "application/x-amz-json-1.1";
const FORM = "application/x-www-form-urlencoded";
/** By service: its server, and a request that it grants. */
const SERVICES = {
  ssm: [
    store,
    { "content-type": JSON_1_1, "x-amz-target": "AmazonSSM.GetParameter" },
    '{"Name":"/p/a"}',
  ],
  logs: [
    logs,
    { "content-type": JSON_1_1, "x-amz-target": "Logs_20140328.FilterLogEvents" },
    '{"logGroupName":"a"}',
  ],
  ec2: [ec2, { "content-type": FORM }, "Action=DescribeInstances&Version=2016-11-15"],
  iam: [
    ec2,
    { "content-type": FORM },
    "Action=GetInstanceProfile&Version=2010-05-08&InstanceProfileName=a",
  ],
} as const;

const { sessionToken: _, ...withoutToken } = bob;
const UNKNOWN = [
  "400 UnrecognizedClientException",
  "401 AuthFailure",
  "403 InvalidClientTokenId",
] as const;
const MISMATCHED = [
  "400 InvalidSignatureException",
  "401 AuthFailure",
  "403 SignatureDoesNotMatch",
] as const;
const ENDED = ["400 ExpiredTokenException", "400 RequestExpired", "403 ExpiredToken"] as const;
const UNSIGNED = [
  "400 MissingAuthenticationTokenException",
  "400 MissingParameter",
  "403 MissingAuthenticationToken",
] as const;
const INCOMPLETE = [
  "400 IncompleteSignatureException",
  "400 IncompleteSignature",
  "400 IncompleteSignature",
] as const;
const GRANTED = ["200 granted", "200 granted", "404 NoSuchEntity"] as const;

for (const [what, { body: changed, authorization, ...signing }, [json, ofEc2, iam]] of [
  ["a user", { identity: localIdentity("alice") }, GRANTED],
  ["a session, 15 minutes late", { identity: bob, now: NOW - 15 * MINUTE }, GRANTED],
  [
    "a user of another sandbox",
    { identity: localIdentityOf("alice", "another secret") },
    MISMATCHED,
  ],
  ["a session of another sandbox", { identity: localIdentityOf("bob", "another secret") }, UNKNOWN],
  ["an unknown access key", { identity: { ...bob, accessKeyId: "ASIANOTKNOWNAAAAAAAA" } }, UNKNOWN],
  ["a session without its token", { identity: withoutToken }, UNKNOWN],
  ["a wrong secret", { identity: { ...bob, secretAccessKey: "wrong" } }, MISMATCHED],
  ["an ended session", { identity: localIdentity("expired") }, ENDED],
  ["a signature of 15 minutes and 1 s ago", { now: NOW - 15 * MINUTE - 1000 }, MISMATCHED],
  ["a signature in 15 minutes and 1 s", { now: NOW + 15 * MINUTE + 1000 }, MISMATCHED],
  ["another region", { region: "eu-west-1" }, MISMATCHED],
  ["another service", { service: "sts" }, MISMATCHED],
  ["a changed body", { body: " " }, MISMATCHED],
  ["no signature", { authorization: "" }, UNSIGNED],
  ["another scheme", { authorization: "Bearer x" }, INCOMPLETE],
] as readonly (readonly [string, Signing, readonly [json: string, ec2: string, iam: string]])[]) {
  test(`${what}: the response of Parameter Store, the log service, EC2 and IAM`, async () => {
    const outcomes = Object.entries(SERVICES).map(async ([service, [{ url }, headers, body]]) => {
      const signed = await signedHeaders(url, body, {
        service,
        region: "us-west-2",
        now: NOW,
        headers,
        ...signing,
      });
      const sent = Object.entries({
        ...signed,
        authorization: authorization ?? signed["authorization"] ?? "",
      });
      const { status, text } = await post(url, {
        headers: Object.fromEntries(sent.filter(([, value]) => value !== "")),
        body: body + (changed ?? ""),
      });
      return `${status} ${/<Code>(\w+)|"__type":"(\w+)"/.exec(text)?.slice(1).join("") ?? "granted"}`;
    });
    assert.deepEqual(await Promise.all(outcomes), [json, json, ofEc2, iam]);
  });
}

test("an operation that is not signed fails", async () => {
  for (const service of ["ssm", "logs"] as const) {
    const [{ url }, { "x-amz-target": target, ...headers }, body] = SERVICES[service];
    const signed = await signedHeaders(url, body, {
      service,
      region: "us-west-2",
      now: NOW,
      headers,
    });
    const { status, text } = await post(url, {
      headers: { ...signed, "x-amz-target": target },
      body,
    });
    assert.equal(status, 400);
    assert.match(text, /InvalidSignatureException.*'X-Amz-Target' must be a 'SignedHeader'/);
  }
});

interface Signing extends Partial<Parameters<typeof signedHeaders>[2]> {
  /** Appended after signing. */
  readonly body?: string;
  /** Instead of the signature. */
  readonly authorization?: string;
}
