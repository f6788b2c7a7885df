// The budget for waiting: which STS hosts it limits, for how long, and what a login changes.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskSts } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { readSettings } from "../../../../functions/authenticator/settings.ts";
import { fault } from "../../../../functions/errors.ts";
import type { FetchParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { type LocalIdentity, mintToken } from "../../../../local/identities.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../../local-aws.ts";
import {
  errorBody,
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  MAPPED,
  reviewBody,
} from "../fixtures.ts";

const OWN = "us-east-1";
const HOUR = 3_600_000;
const FAR = "ap-southeast-5";
const FURTHER = "eu-west-1";
const STRANGER: LocalIdentity = {
  ...localIdentity("bob-elsewhere"),
  ...{
    accessKeyId: "ASIASTRANGER00000000",
    account: "999988887777",
    userId: "AROASTRANGER00000000:s",
  },
  arn: "arn:aws:sts::999988887777:assumed-role/Theirs/s",
};
const SIGNERS = {
  bob: localIdentity("bob"),
  /** Of an accepted account, without a mapping. */
  unmapped: localIdentity("carol"),
  node: localIdentity("node"),
  /** Has an AWS account, and no mapping. */
  stranger: STRANGER,
  /** With a key that STS does not know. */
  keyless: { ...STRANGER, accessKeyId: "ASIANOBODY0000000000" },
  /** With the access key id of a user. */
  imitator: { ...localIdentity("bob"), secretAccessKey: "junk" },
};

const NODE = {
  arn: `arn:aws:iam::${HOME}:role/ClusterNode`,
  username: "system:node:{EC2PrivateDNSName}",
};

/** A function whose EC2 fails and whose STS takes 700 ms for each call. A test can change its parts. */
function environment(variables: Readonly<Record<string, string>> = {}) {
  const services = fakeServices({ ...MAPPED, [`role/${HOME}/clusternode`]: NODE });
  const { clock, lines } = services;
  const sts = { ms: 700, fails: false, calls: 0, refuses: false, times: [] as unknown[] };
  const store = { isDown: false };
  const askSts: AskSts = async ({ accessKeyId }, _, time = "all") => {
    sts.calls += 1;
    sts.times.push(time);
    clock.advance(sts.ms);
    if (sts.fails) throw fault("sts_unreachable", "down");
    const known = [...LOCAL_IDENTITIES, STRANGER].find(
      (identity) => identity.accessKeyId === accessKeyId,
    );
    return known === undefined || sts.refuses
      ? { status: 403, body: errorBody("SignatureDoesNotMatch"), requestId: "r" }
      : { status: 200, body: identityBody(known), requestId: "r" };
  };
  const fetchParameters: FetchParameters = async (...asked) => {
    if (store.isDown) throw fault("parameters_unavailable", "down");
    return services.fetchParameters(...asked);
  };
  const settings = readSettings({
    AWS_REGION: OWN,
    CLUSTER_ID: "test",
    CALLER_AUTH: "none",
    ...variables,
  });
  const findNodeName = () => Promise.reject(fault("instances_unavailable", "down"));
  const handler = handlerOf({ ...services, askSts, fetchParameters, findNodeName }, settings);
  let count = 0;
  let last = "";
  /** `granted`, `redirected`, or the code. */
  async function review(token: string): Promise<string> {
    const { json, statusCode } = await handler(gatewayEvent(reviewBody(token)));
    if (statusCode === 307) return "redirected";
    const { user, error = json.message } = json.status as Partial<typeof json.status>;
    return user === undefined ? (error?.split(":")[0] ?? "") : "granted";
  }
  /** The same for a new token. */
  async function send(name: keyof typeof SIGNERS, region: string, host?: string): Promise<string> {
    count += 1;
    const identity = { ...SIGNERS[name], sessionToken: `session ${count}` };
    const signing = {
      clusterId: "test",
      region,
      now: clock(),
      ...(host !== undefined && { host }),
    };
    sts.refuses = name === "imitator";
    last = await mintToken({ identity, ...signing });
    return review(last);
  }
  return { clock, lines, sts, store, send, review, token: () => last };
}

for (const [name, code] of [
  ["keyless", "sts_refused"],
  ["stranger", "identity_unmapped"],
  ["imitator", "sts_refused"],
] as const) {
  test(`after a token of ${name} for another Region, other Regions pause for four times the call`, async () => {
    const { clock, sts, send } = environment();
    assert.equal(await send(name, FAR), code);
    for (const [ms, region] of [
      [0, FAR],
      [1_000, FURTHER],
      [1_799, FAR],
    ] as const) {
      clock.advance(ms);
      assert.deepEqual([await send("bob", region), sts.calls], ["host_busy", 1]);
    }
    clock.advance(1);
    assert.deepEqual([await send("bob", FURTHER), sts.calls], ["granted", 2]);
  });
}

test("a failed call to another Region starts a pause, which the own never has", async () => {
  const { clock, sts, send } = environment();
  sts.fails = true;
  assert.equal(await send("bob", FAR), "sts_unreachable");
  sts.fails = false;
  assert.equal(await send("bob", FAR), "host_busy");
  for (const host of [
    undefined,
    "sts.amazonaws.com",
    "sts-fips.us-east-1.amazonaws.com",
    "sts.us-east-1.api.aws",
  ])
    assert.equal(await send("bob", OWN, host), "granted");
  clock.advance(2_800);
  assert.equal(await send("keyless", OWN), "sts_refused");
  assert.equal(await send("bob", FAR), "granted");
});

test("hosts with a login in the last hour have a pause of their own, together", async () => {
  const { clock, send } = environment();
  for (const region of [FAR, FURTHER]) assert.equal(await send("bob", region), "granted");
  assert.equal(await send("keyless", "eu-north-1"), "sts_refused");
  assert.equal(await send("bob", FAR), "granted", "strangers elsewhere do not delay it");
  assert.equal(await send("keyless", FURTHER), "sts_refused");
  clock.advance(699);
  assert.equal(await send("bob", FAR), "host_busy");
  clock.advance(1);
  assert.equal(await send("bob", FAR), "granted");
  clock.advance(3_600_000);
  await send("keyless", FURTHER);
  clock.advance(2_799);
  assert.equal(
    await send("bob", FAR),
    "host_busy",
    "an hour after its last login, a host is unknown",
  );
});

test("a login ends the pause that its own call started", async () => {
  const { clock, sts, store, send, token, review } = environment();
  store.isDown = true;
  assert.equal(await send("bob", FAR), "parameters_unavailable");
  const first = token();
  assert.equal(await send("bob", FURTHER), "host_busy");
  store.isDown = false;
  clock.advance(1_000);
  assert.equal(await review(first), "granted");
  assert.deepEqual([await send("bob", FURTHER), sts.calls], ["granted", 2]);
});

test("a call to a host without a login has the time of one try", async () => {
  const { clock, sts, send } = environment();
  await send("bob", OWN);
  await send("keyless", FAR);
  clock.advance(2_800);
  await send("bob", FAR);
  await send("bob", FAR);
  clock.advance(HOUR);
  await send("bob", FAR);
  assert.deepEqual(sts.times, ["all", "try", "try", "all", "try"]);
});

const OURS = { ACCOUNTS: HOME };
const FAULT = "parameters_unavailable";

test("with ACCOUNTS, a fault after the proof of an accepted identity ends the pause", async () => {
  const { store, send } = environment(OURS);
  store.isDown = true;
  assert.deepEqual([await send("bob", FAR), await send("unmapped", FURTHER)], [FAULT, FAULT]);
  assert.equal(await send("stranger", FAR), "account_foreign");
  assert.equal(await send("bob", FAR), "host_busy", "a denial is not a fault");
});

test("with ACCOUNTS, a fault of EC2 ends the pause, and a denial after the proof does not", async () => {
  const { send } = environment(OURS);
  assert.equal(await send("node", FAR), "instances_unavailable");
  assert.equal(await send("unmapped", FAR), "identity_unmapped");
  assert.equal(await send("bob", FURTHER), "host_busy");
});

test("the end of a fault's pause does not end the pause of a later call", async () => {
  const { clock, store, send, token, review } = environment(OURS);
  store.isDown = true;
  await send("bob", FAR);
  const first = token();
  await send("keyless", FAR);
  assert.equal(await review(first), FAULT);
  clock.advance(2_799);
  assert.equal(await send("bob", FAR), "host_busy");
  clock.advance(1);
  assert.equal(await send("bob", FAR), FAULT);
});

test("with ACCOUNTS of any, a fault ends the pause only for a recent login's identity", async () => {
  const { clock, store, send } = environment();
  assert.equal(await send("bob", OWN), "granted");
  assert.equal(await send("stranger", OWN), "identity_unmapped");
  clock.advance(HOUR - 1_401);
  store.isDown = true;
  assert.deepEqual([await send("bob", FAR), await send("stranger", FAR)], [FAULT, FAULT]);
  assert.equal(await send("bob", FURTHER), "host_busy", "strangers prove identities, too");
  clock.advance(2_800);
  await send("bob", FURTHER);
  assert.equal(await send("bob", FURTHER), "host_busy", "no login in the last hour");
});

test("a fault keeps a known host known, and makes no host known", async () => {
  const { clock, store, send } = environment(OURS);
  assert.equal(await send("bob", FAR), "granted");
  clock.advance(HOUR - 1_000);
  store.isDown = true;
  for (const region of [FAR, FURTHER]) assert.equal(await send("bob", region), FAULT);
  clock.advance(HOUR - 3_000);
  assert.equal(await send("keyless", FURTHER), "sts_refused");
  assert.equal(await send("bob", FURTHER), "host_busy");
  assert.equal(await send("bob", FAR), FAULT, "it has a pause of its own");
});

test("after a step of the clock back, no host and no identity has a login in the last hour", async () => {
  const { clock, store, send } = environment();
  assert.equal(await send("bob", FAR), "granted");
  clock.advance(-HOUR);
  store.isDown = true;
  assert.equal(await send("unmapped", FURTHER), FAULT);
  assert.equal(await send("bob", FAR), "host_busy");
});

const FAILOVER = { ...OURS, FAILOVER_URL: "https://standby.example.com/authenticate" };

test("host_busy is redirected while Parameter Store is known to fail", async () => {
  const { clock, store, send } = environment(FAILOVER);
  await send("keyless", FAR);
  assert.equal(await send("bob", FAR), "host_busy", "Parameter Store has not failed");
  clock.advance(2_800);
  store.isDown = true;
  assert.equal(await send("bob", OWN), "redirected");
  await send("keyless", FAR);
  clock.advance(2_799);
  assert.equal(await send("bob", FAR), "redirected");
  store.isDown = false;
  assert.equal(await send("bob", OWN), "granted");
  await send("keyless", FAR);
  assert.equal(await send("bob", FAR), "host_busy");
});

test("host_busy is not redirected without a standby, nor a minute after the failure", async () => {
  for (const [variables, ms] of [
    [OURS, 0],
    [FAILOVER, 60_000],
  ] as const) {
    const { clock, store, send } = environment(variables);
    store.isDown = true;
    await send("bob", OWN);
    clock.advance(ms);
    await send("keyless", FAR);
    assert.equal(await send("bob", FAR), "host_busy");
  }
});

for (const [what, variables, region, host] of [
  ["a Region of STS_REGIONS", { STS_REGIONS: `${OWN},${FAR}` }, FAR, undefined],
  ["NODE_REGION", { NODE_REGION: FAR }, FAR, undefined],
  [
    "STS_EXTRA_HOSTS beside STS_REGIONS",
    { STS_EXTRA_HOSTS: "sts.example.com", STS_REGIONS: `${OWN},${FAR}` },
    FAR,
    "sts.example.com",
  ],
] as const) {
  test(`hosts of ${what} have no pause`, async () => {
    const { sts, send } = environment(variables);
    for (let n = 0; n < 3; n += 1) assert.equal(await send("keyless", region, host), "sts_refused");
    assert.deepEqual([await send("bob", region, host), sts.calls], ["granted", 4]);
  });
}

test("NODE_REGION leaves the pause unchanged, and STS_EXTRA_HOSTS share it", async () => {
  const { send } = environment({ NODE_REGION: FURTHER, STS_EXTRA_HOSTS: "sts.example.com" });
  await send("keyless", FAR);
  assert.equal(await send("bob", "eu-north-1"), "host_busy");
  assert.equal(await send("bob", OWN, "sts.example.com"), "host_busy");
  assert.equal(await send("bob", OWN), "granted");
});

test("host_busy is a 429 that kube-apiserver tries again", async () => {
  const { lines, send } = environment();
  await send("keyless", FAR);
  await send("bob", FAR);
  const line = JSON.parse(lines.at(-1) ?? "");
  assert.partialDeepStrictEqual(line, { outcome: "throttled", reason: "host_busy", Refused: 1 });
  assert.equal("StsThrottled" in line, false);
});
