// The check of the built authenticator with local AWS: a good version passes, and bad ones fail.

import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock } from "../../system/clock.ts";
import { BUNDLE } from "../../system/system.ts";
import { OPTIONS, world } from "./check-world.ts";

const REGION = "us-west-2";
const CALLERS = { "/iam-authenticator/local/callers": JSON.stringify([{ name: "c", sha256: "0".repeat(64) }]) };
type Invoke = (functionArn: string, event: object) => Promise<unknown>;

const clock = sharedClock();
const sts = await startSts({ now: clock.now });
const [withCallers, withoutCallers] = [
  await startParameterStore({ region: REGION, now: clock.now, parameters: CALLERS }),
  await startParameterStore({ region: REGION, now: clock.now }),
];
after(() => Promise.all([sts, withCallers, withoutCallers].map((server) => server.close())));

/** The built bundle, invoked as a version. */
async function version(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  store = withCallers,
): Promise<Invoke> {
  const environment = {
    CLUSTER_ID: "local",
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
    AWS_SECRET_ACCESS_KEY: "local/only",
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_SSM: store.url,
    ...settings,
  };
  const { handler, close } = await startFunction({ entry: BUNDLE, environment, clock });
  t.after(close);
  return (_arn, event) => handler(event, { awsRequestId: "1" } as never);
}

async function check(invoke: Invoke, callerAuth: string, callerSubject?: string, tokens: "any" | "jwt" = "any") {
  const { run, line, reported, calls } = world({
    readOptions: () => ({ ...OPTIONS, callerAuth, callerSubject, stsRegion: REGION, tokens }),
    invoke,
    readPage: async () => ({ parameters: [], next: undefined }),
    clock: Date.now,
  });
  await run();
  const { status, problems } = line();
  assert.deepEqual(reported, [status]);
  return { status, problems, invoked: calls.invoke.length };
}

for (const [callerAuth, subject, invoked] of [
  ["none", undefined, 6],
  ["mtls", "CN=kube-apiserver,O=Example", 8],
  ["mtls", "*", 8],
  ["bearer", undefined, 4],
] as const) {
  test(`a good version passes with ${callerAuth} ${subject ?? ""}: each event in both payload formats`, async (t) => {
    const invoke = await version(t, { CALLER_AUTH: callerAuth, ...(subject && { CALLER_SUBJECTS: subject }) });
    assert.deepEqual(await check(invoke, callerAuth, subject), { status: "Succeeded", problems: [], invoked });
  });
}

test("a good version that accepts only AWS-signed tokens passes, and one that accepts others fails", async (t) => {
  const issuer = "https://0a1b2c3d.tokens.sts.global.api.aws";
  // No server listens there: keys that cannot be read do not keep a version from starting.
  const signed = { JWT_ISSUERS: `111122223333=${issuer}`, JWT_KEYS_ENDPOINT: "http://127.0.0.1:9" };
  const strict = await check(
    await version(t, { CALLER_AUTH: "none", TOKENS: "jwt", ...signed }),
    "none",
    undefined,
    "jwt",
  );
  assert.deepEqual(strict, { status: "Succeeded", problems: [], invoked: 4 });
  const open = await check(await version(t, { CALLER_AUTH: "none", ...signed }), "none", undefined, "jwt");
  assert.equal(open.status, "Failed");
  assert.match(open.problems.join("\n"), /^a malformed token .*: answered 200 token_malformed/);
});

test("the built version answers the check about stored parameters, with every CALLER_AUTH", async (t) => {
  const invoke = await version(t, { CALLER_AUTH: "bearer" });
  const parameter = { kind: "account", account: "111122223333", secure: false };
  const storedParameters = [
    { ...parameter, value: "{}" },
    { ...parameter, value: '{"username":"a","username":"b"}' },
  ];
  const { body } = (await invoke("live", { storedParameters })) as { body: string };
  assert.deepEqual(JSON.parse(body), { validity: [[true], [false]] });
});

test("a version that cannot reach STS or Parameter Store fails", async (t) => {
  const nowhere = "http://127.0.0.1:9";
  const noSts = await check(await version(t, { CALLER_AUTH: "none", AWS_ENDPOINT_URL_STS: nowhere }), "none");
  assert.equal(noSts.status, "Failed");
  assert.match(
    noSts.problems.join("\n"),
    /^a token of an unknown key \(payload 1\.0\): answered 500 sts_unreachable, expected 200/,
  );
  const noStore = await check(await version(t, { CALLER_AUTH: "bearer", AWS_ENDPOINT_URL_SSM: nowhere }), "bearer");
  assert.equal(noStore.status, "Failed");
  assert.match(noStore.problems.join("\n"), /^an unknown caller .*: answered 500 parameters_unavailable, expected 401/);
});

test("a version that accepts any caller fails", async (t) => {
  const open = await version(t, { CALLER_AUTH: "none" });
  for (const callerAuth of ["bearer", "mtls"]) {
    const { status, problems } = await check(open, callerAuth);
    assert.equal(status, "Failed");
    assert.match(problems.join("\n"), /^(an unknown|no) caller \(payload 1\.0\): answered \d+ /);
  }
});

test("a missing list of callers is accepted if the live version also reports it", async (t) => {
  const empty = await version(t, { CALLER_AUTH: "bearer" }, withoutCallers);
  assert.equal((await check(empty, "bearer")).status, "Succeeded");
  const good = await version(t, { CALLER_AUTH: "bearer" });
  const { status, problems } = await check((arn, event) => (arn === "live" ? good : empty)(arn, event), "bearer");
  assert.equal(status, "Failed");
  assert.match(problems[0] ?? "", /^an unknown caller \(payload 1\.0\): answered 500 callers_invalid, expected 401$/);
});

const answer = (statusCode: number, body: unknown) => async () => ({ statusCode, body: JSON.stringify(body) });
const review = (status: object) => answer(200, { kind: "TokenReview", status });
const BAD: Readonly<Record<string, Invoke>> = {
  "that throws": () => Promise.reject(new Error("the version failed (Unhandled)")),
  "that answers nothing": async () => undefined,
  "whose body is not JSON": async () => ({ statusCode: 200, body: "<html>" }),
  "that grants every request": review({ authenticated: true, user: { username: "admin" } }),
  "that denies every request with one reason": review({ authenticated: false, error: "identity_unmapped: no mapping" }),
  "that treats every token as one of another kind": review({ authenticated: false }),
  "that always answers 500": answer(500, { kind: "Status", message: "internal_fault: unexpected failure" }),
  "that is always throttled": answer(429, { kind: "Status", message: "sts_throttled: STS throttles" }),
};
for (const [name, invoke] of Object.entries(BAD)) {
  test(`a version ${name} fails, with every CALLER_AUTH`, async () => {
    for (const callerAuth of ["bearer", "mtls", "none"]) {
      const { status, problems } = await check(invoke, callerAuth);
      assert.equal(status, "Failed", callerAuth);
      assert.notDeepEqual(problems, []);
    }
  });
}
