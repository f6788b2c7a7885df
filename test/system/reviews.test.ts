// Reviews of the built bundle: granted users in every version and with every CALLER_AUTH, the calls
// of Parameter Store (one of at most ten names for a new identity, none for a cached one), and the
// time limit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeName } from "../../local/aws/ec2.ts";
import { startHttpServer } from "../../local/aws/http-server.ts";
import { callerIdentity } from "../../local/aws/sts/protocol.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { localIdentity, startNodeInstance } from "../local-aws.ts";
import { passEach } from "../time.ts";
import { grantedUser, VERSIONS } from "./answers.ts";
import { MAPPINGS, NODE_MAPPING, PREFIX } from "./mappings.ts";
import {
  CALLERS,
  REGION,
  SOURCES,
  type System,
  type SystemOptions,
  startSystem,
} from "./system.ts";

const authority = createCertificateAuthority();
const tls = { ca: authority.ca, ...authority.client({ CN: "kube-apiserver", O: "Example" }) };
const BY_CALLER_AUTH: Readonly<Record<string, SystemOptions>> = {
  none: {},
  bearer: { settings: { CALLER_AUTH: "bearer" } },
  mtls: {
    settings: {
      CALLER_AUTH: "mtls",
      CALLER_SUBJECTS: "CN=someone else; CN=kube-apiserver,O=Example",
    },
    tls: { ...authority.server(), ca: authority.ca, requireClientCertificate: true },
  },
};

const BOB = {
  username: "dev:bob-example.com",
  uid: "aws-iam-authenticator:111122223333:AROALOCALDEVELOPERSAA",
  groups: ["developers"],
  extra: {
    arn: ["arn:aws:sts::111122223333:assumed-role/Developers/bob@example.com"],
    canonicalArn: ["arn:aws:iam::111122223333:role/Developers"],
    accountId: ["111122223333"],
    principalId: ["AROALOCALDEVELOPERSAA"],
    sessionName: ["bob@example.com"],
    accessKeyId: ["ASIALOCALBOBAAAAAAAA"],
    "sigs.k8s.io/aws-iam-authenticator/principalId": ["AROALOCALDEVELOPERSAA"],
  },
};

for (const [caller, options] of Object.entries(BY_CALLER_AUTH)) {
  test(`a role's session is granted, caller ${caller}, v1 and v1beta1`, async (t) => {
    const system = await startSystem(t, options);
    const token = await system.token("bob");
    for (const apiVersion of VERSIONS) {
      const { status, body } = await system.review(token, { apiVersion, tls });
      assert.equal(status, 200);
      assert.deepEqual(body, {
        apiVersion,
        kind: "TokenReview",
        status: { authenticated: true, user: BOB },
      });
    }
    const sources = await startSystem(t, { ...options, entry: SOURCES });
    assert.deepEqual(grantedUser(await sources.review(token, { tls })), BOB);
  });
}

test("a node is granted with its private DNS name, by the bundle's second file", async (t) => {
  const { url, close } = await startNodeInstance({ region: REGION });
  t.after(close);
  const system = await startSystem(t, {
    settings: { AWS_ENDPOINT_URL_EC2: url, AWS_ENDPOINT_URL_IAM: url },
    parameters: { ...MAPPINGS, "role/111122223333/clusternode": NODE_MAPPING },
  });
  const { username, groups, extra } = grantedUser(await system.review(await system.token("node")));
  assert.deepEqual([username, groups], [`system:node:${nodeName(REGION)}`, NODE_MAPPING.groups]);
  assert.deepEqual(extra?.["sessionName"], ["i-0123456789abcdef0"]);
});

const HOME = "111122223333";

function calls({ store }: System): string[][] {
  return store.requests.map(({ headers, body }) => {
    assert.equal(headers["x-amz-target"], "AmazonSSM.GetParameters");
    return JSON.parse(body.toString()).Names;
  });
}

/** The maximum of Parameter Store's standard tier. */
const TEN_THOUSAND = Object.fromEntries(
  Array.from({ length: 9_996 }, (_, index) => {
    const username = `team-${index}`;
    return [`role/${HOME}/${username}`, { arn: `arn:aws:iam::${HOME}:role/${username}`, username }];
  }),
);

/** Another user of the same account reads only the names that are not cached for the account. */
const EXPECTED = {
  bob: ["deny/1", "deny/any", "role/1/developers", "pattern/1", "pattern/any", "account/1"],
  alice: ["user/1/alice"],
  carol: [
    "role/1/awsreservedsso_clusteradmin_0123456789abcdef",
    "sso-session/1/clusteradmin",
    "sso/1/clusteradmin",
  ],
};

test("with 10,000 parameters, a new identity costs one call, and a cached one none", async (t) => {
  const parameters = { ...MAPPINGS, callers: CALLERS, ...TEN_THOUSAND };
  const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" }, parameters });
  const expected = [[`${PREFIX}/callers`]];
  assert.deepEqual(calls(system), expected, "prefetched while the function initialised");
  const isGranted = async (name: string, expiresIn = 60) =>
    grantedUser(await system.review(await system.token(name, { expiresIn })));
  const full = (names: readonly string[]) =>
    names.map((name) => `${PREFIX}/${name.replace("/1", `/${HOME}`)}`);

  for (const [name, names] of Object.entries(EXPECTED)) {
    expected.push(full(names));
    for (const expiresIn of [60, 60, 61]) {
      await isGranted(name, expiresIn);
      assert.deepEqual(calls(system), expected);
    }
  }
  await system.clock.advance(30_001);
  await isGranted("bob");
  assert.deepEqual(
    calls(system),
    [...expected, full(EXPECTED.bob)],
    "one call brings all of it up to date",
  );
});

test("the first review uses the early connection to each service", async (t) => {
  const system = await startSystem(t);
  assert.deepEqual([system.sts.requests.length, system.store.requests.length], [0, 0]);
  for (const name of ["bob", "alice", "carol"])
    grantedUser(await system.review(await system.token(name)));
  assert.deepEqual([system.sts.connections(), system.store.connections()], [1, 1]);
});

test("STS answers late and Parameter Store not at all: 500 after 5 s", async (t) => {
  const held = Promise.withResolvers<void>();
  const { promise: never } = Promise.withResolvers<never>();
  const sts = await startHttpServer(async (request) => {
    await (sts.requests.length === 1 ? never : held.promise);
    return callerIdentity(request, localIdentity("bob"));
  });
  t.after(() => sts.close());
  const system = await startSystem(t, { settings: { AWS_ENDPOINT_URL_STS: sts.url } });
  system.store.fail({ kind: "silent" });
  const answer = system.review(await system.token("bob"));
  await passEach(() => sts.requests.length, system.clock.advance, 2_000, 1_700);
  held.resolve();
  await passEach(() => system.store.requests.length, system.clock.advance, 1_000, 300);
  const { status, text } = await answer;
  assert.deepEqual([status, /parameters_unavailable: /.test(text)], [500, true], text);
  const { ms } = system.logs().at(-1) as { ms: { total: number } };
  assert.deepEqual([ms.total, system.store.requests.length], [5_000, 2]);
});
