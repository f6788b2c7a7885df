// docs/migrate.md at a real kube-apiserver: from aws-iam-authenticator's server to the function and
// back, with the same cluster id and the same user kubeconfigs. `mappings import` converts its
// ConfigMap.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse, stringify } from "yaml";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { useServer } from "../cli/fixtures.ts";
import { localIdentity, startSts } from "../local-aws.ts";
import { TOKEN_MAKERS } from "./cluster/exec-plugins.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { startCluster } from "./cluster.ts";
import { typed } from "./instructions.ts";
import { startPeer } from "./peer/server.ts";

// As in peer.e2e.ts: only on Linux can the peer trust the local STS.
const skip = platform() !== "linux" && "the peer can trust the local STS only on Linux";

/** One identity of each kind that both servers handle equally. */
const PEOPLE = ["alice", "bob", "carol", "federated", "root"];

const HOME = "arn:aws:iam::111122223333";
const OLD_MAPPINGS = {
  mapRoles: [
    { rolearn: `${HOME}:role/Developers`, username: "dev:{{SessionName}}", groups: ["developers"] },
    {
      rolearn: `${HOME}:role/AWSReservedSSO_ClusterAdmin_0123456789abcdef`,
      username: "admin:{{SessionName}}",
      groups: ["system:masters"],
    },
  ],
  mapUsers: [
    {
      userarn: `${HOME}:user/engineering/alice`,
      username: "alice",
      groups: ["developers", "on-call"],
    },
    { userarn: "arn:aws:sts::111122223333:federated-user/dave", username: "dave" },
    { userarn: `${HOME}:root`, username: "root", groups: ["roots"] },
  ],
  mapAccounts: ["444455556666"],
};

const OURS = { version: "v1" } as const;

describe("from aws-iam-authenticator and back", { skip }, () => {
  const sts = useServer(() => startSts());
  const peer = useServer(() => startPeer(sts.url, OLD_MAPPINGS));
  const theirs = () => ({ configFile: peer.kubeconfig, version: "v1beta1" }) as const;
  const cluster = useServer(() => startCluster({ parameters: {}, webhooks: [theirs(), theirs()] }));
  const who = new Map<string, unknown>();

  /**
   * Runs `kubectl auth whoami` with this user's unchanged kubeconfig; removes what only we send
   * (`accountId`) and what only the old server sends (an empty `sessionName`).
   */
  async function whoami(name: string, apiserver: number): Promise<object | undefined> {
    const [, client] = TOKEN_MAKERS;
    const exec = client?.plugin(cluster.binaries, localIdentity(name)) ?? assert.fail();
    const { code, stdout } = await kubectl(cluster, { exec }, ["auth", "whoami", "-o", "yaml"], {
      apiserver,
    });
    if (code !== 0) return undefined;
    const { extra, ...user } = parse(stdout).status.userInfo;
    const shared = Object.entries<string[]>(extra).filter(
      ([key, [value]]) => key !== "accountId" && value !== "",
    );
    return { ...user, extra: Object.fromEntries(shared) };
  }

  async function assertTheSame(apiserver: number): Promise<void> {
    for (const [name, was] of who) assert.deepEqual(await whoami(name, apiserver), was, name);
  }
  const askedOurs = () => cluster.backend.gateway.events.length;

  test("1. before: both nodes use aws-iam-authenticator", async () => {
    for (const name of PEOPLE)
      who.set(name, (await whoami(name, 0)) ?? assert.fail(`${name} is refused`));
    assert.equal(await whoami("contractor", 0), undefined);
    assert.equal(askedOurs(), 0);
  });

  test("2. read the cluster id and the mappings from the ConfigMap", async () => {
    const config = stringify({ clusterID: CLUSTER_ID, server: OLD_MAPPINGS });
    const metadata = { name: "aws-iam-authenticator", namespace: "kube-system" };
    await cluster.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { "config.yaml": config },
    });
    assert.equal(
      (await typed(cluster, "docs/migrate.md", "grep clusterID")).trim(),
      `clusterID: ${CLUSTER_ID}`,
    );
    await typed(cluster, "docs/migrate.md", "# MountedFile");

    useLocalAws({ AWS_ENDPOINT_URL_SSM: cluster.backend.store.url, AWS_REGION: REGION });
    const imported = await cli([
      "mappings",
      "import",
      "-f",
      join(cluster.folder, "old.yaml"),
      "--sso",
    ]);
    const file = join(cluster.folder, "mappings.yaml");
    writeFileSync(file, imported.out);
    const words = [
      "mappings",
      "apply",
      "-c",
      CLUSTER_ID,
      "-f",
      file,
      "--yes",
      "--allow-weakening",
      "--rate",
      "1000",
    ];
    const applied = await cli(words);
    assert.equal(applied.code, 0, imported.err + applied.err);
  });

  test("3. after one node is switched, users are the same at both nodes with the same kubeconfig", async () => {
    await cluster.restart(0, OURS);
    await assertTheSame(0);
    const asked = askedOurs();
    assert.ok(asked >= PEOPLE.length);
    await assertTheSame(1);
    assert.equal(askedOurs(), asked);
    assert.equal(await whoami("contractor", 0), undefined);
  });

  test("4. the second node is switched, and the first one back", async () => {
    await cluster.restart(1, OURS);
    await assertTheSame(1);
    await cluster.restart(0, theirs());
    const asked = askedOurs();
    await assertTheSame(0);
    assert.equal(askedOurs(), asked);
  });

  test("5. the ConfigMap is removed", async () => {
    await typed(cluster, "docs/migrate.md", "delete configmap");
  });
});
