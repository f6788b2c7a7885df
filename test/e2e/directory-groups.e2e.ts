// Groups of a directory at a real kube-apiserver: two people of one permission set and two teams,
// with one mapping. The tokens have tags as AWS documents them: none of AWS was available.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { type LocalIdentity, mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION, TOKEN_ISSUERS } from "../../local/sandbox-files.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { blocksOf } from "../docs/shell-blocks.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../local-aws.ts";
import { MAPPING_PREFIX } from "./cluster/backend.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { admin, aggregate, kubectl } from "./cluster/kubectl.ts";
import { type Cluster, loggedRefusal, startCluster } from "./cluster.ts";

const HOME = "111122223333";
const ROLE = "AWSReservedSSO_Staff_0123456789abcdef";

function person(name: string): LocalIdentity {
  return {
    ...localIdentity("bob"),
    name,
    accessKeyId: `ASIALOCAL${name.toUpperCase()}AAAAAAA`.padEnd(20, "A").slice(0, 20),
    arn: `arn:aws:sts::${HOME}:assumed-role/${ROLE}/${name}@example.com`,
    userId: `AROALOCALSTAFFAAAAAAA:${name}@example.com`,
  };
}
const [jane, sam, guest] = ["jane", "sam", "guest"].map(person) as [
  LocalIdentity,
  LocalIdentity,
  LocalIdentity,
];
const tagged = (email: string, tags: Readonly<Record<string, unknown>> = {}) => ({
  identity_store_user_id: `90670000-${email}`,
  principal_tags: { email, ...tags },
});

const cluster: Cluster = useServer(() =>
  startCluster({
    identities: [...LOCAL_IDENTITIES, jane, sam, guest],
    signedTokens: {
      issuers: TOKEN_ISSUERS,
      claims: {
        jane: tagged("jane@example.com", { team: "payments" }),
        sam: tagged("sam@example.com", { team: "search" }),
        guest: tagged("guest@example.com"),
      },
    },
    parameters: {
      [`${MAPPING_PREFIX}/sso/${HOME}/staff`]: JSON.stringify({
        username: "sso:{PrincipalTag:email}",
        groups: ["team:{PrincipalTag:team}"],
      }),
    },
    settings: {
      JWT_ISSUERS: Array.from(TOKEN_ISSUERS, ([account, url]) => `${account}=${url}`).join(),
    },
  }),
);

prepare(async () => {
  cluster.backend.redeploy({ JWT_KEYS_ENDPOINT: cluster.backend.sts.url });
  await admin(cluster, ["create", "namespace", "payments"]);
  await aggregate(cluster);
  const [binding = assert.fail()] = blocksOf("docs/aws-signed-tokens.md", "yaml");
  await admin(cluster, ["apply", "-f", "-"], binding);
});

/** kubectl with the command as exec plugin. */
function as(identity: LocalIdentity, args: readonly string[]) {
  const env = Object.entries({
    ...isolatedVariables(identity),
    AWS_ENDPOINT_URL_STS: cluster.backend.sts.url,
  }).map(([name, value]) => ({ name, value }));
  const words = [OWN_COMMAND, "token", "--cluster", CLUSTER_ID, "--jwt", "--region", REGION];
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "Never",
    command: process.execPath,
    args: words,
    env,
  } as const;
  return kubectl(cluster, { exec }, args);
}

for (const [identity, groups] of [
  [jane, ["team:payments"]],
  [sam, ["team:search"]],
  [guest, []],
] as const) {
  test(`kubectl auth whoami: ${identity.name} is in ${groups.join() || "no team"}`, async () => {
    const { code, stdout, stderr } = await as(identity, ["auth", "whoami", "-o", "yaml"]);
    assert.equal(code, 0, stderr);
    assert.partialDeepStrictEqual(parse(stdout).status.userInfo, {
      username: `sso:${identity.name}@example.com`,
    });
    assert.deepEqual(parse(stdout).status.userInfo.groups, [...groups, "system:authenticated"]);
  });
}

test("RBAC for one team lets its member in, and refuses the other's", async () => {
  const create = (name: string) => ["create", "configmap", name, "-n", "payments"];
  const own = await as(jane, create("of-jane"));
  assert.equal(own.code, 0, own.stderr);
  for (const other of [sam, guest]) {
    const { code, stderr } = await as(other, create(`of-${other.name}`));
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(
        `^error: failed to create configmap: configmaps is forbidden: User "sso:${other.name}@example.com" cannot create`,
      ),
    );
  }
});

test("the same person's k8s-aws-v1. token is refused", async () => {
  const token = await mintToken({ identity: jane, clusterId: CLUSTER_ID, region: REGION });
  const { code, stderr } = await kubectl(cluster, { token }, ["auth", "whoami"]);
  assert.equal(code, 1);
  assert.match(stderr, /Unauthorized/);
  await loggedRefusal(cluster.apiservers[0], /token_lacks_claims/);
});
