// Granted tokens: user, uid and extra, in every version and with every CALLER_AUTH.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { nodeName, startNodeInstance } from "../../local/ec2/node-instance.ts";
import { grantedUser } from "./answers.ts";
import { MAPPINGS, NODE_MAPPING } from "./mappings.ts";
import { REGION, type SystemOptions, startSystem } from "./system.ts";
import { VERSIONS } from "./token-review.ts";

const SOURCES = fileURLToPath(new URL("../../functions/authenticator/index.ts", import.meta.url));
const authority = createCertificateAuthority();
const tls = { ca: authority.ca, ...authority.client({ CN: "kube-apiserver", O: "Example" }) };
const CALLERS: Readonly<Record<string, SystemOptions>> = {
  none: {},
  bearer: { settings: { CALLER_AUTH: "bearer" } },
  mtls: {
    settings: { CALLER_AUTH: "mtls", CALLER_SUBJECTS: "CN=someone else; CN=kube-apiserver,O=Example" },
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

for (const [caller, options] of Object.entries(CALLERS)) {
  test(`a role's session is granted, caller ${caller}, v1 and v1beta1, by the bundle as by its sources`, async (t) => {
    const system = await startSystem(t, options);
    const token = await system.token("bob");
    for (const apiVersion of VERSIONS) {
      const { status, body } = await system.review(token, { apiVersion, tls });
      assert.equal(status, 200);
      assert.deepEqual(body, { apiVersion, kind: "TokenReview", status: { authenticated: true, user: BOB } });
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
