// Prints the transcripts of test/e2e/README.md: the view of a user and an operator at a real kube-apiserver.

import { localIdentity } from "../../local/identities.ts";
import { TOKEN_MAKERS } from "./cluster/exec-plugins.ts";
import { type KubectlUser, kubectl } from "./cluster/kubectl.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventually } from "./control-plane/eventually.ts";

const cluster = await startCluster();
try {
  for (const maker of TOKEN_MAKERS) {
    for (const name of ["bob", "node"]) {
      const exec = maker.plugin(cluster.binaries, localIdentity(name));
      await show(cluster, { exec }, `${name}, ${maker.name}`, ["auth", "whoami", "-o", "yaml"]);
    }
  }
  const [maker] = TOKEN_MAKERS;
  if (maker === undefined) throw new Error("no exec plugin found");
  const admin = maker.plugin(cluster.binaries, localIdentity("carol"));
  await show(cluster, { exec: admin }, "carol, in system:masters", ["version"]);
  const refused = maker.plugin(cluster.binaries, localIdentity("contractor"));
  await show(cluster, { exec: refused }, "contractor, who has no mapping", ["get", "pods"]);
  const isReason = (line: string) => line.includes("identity_unmapped");
  const line = await eventually("the reason is logged", 5_000, () =>
    cluster.apiservers[0].log().split("\n").find(isReason),
  );
  console.log(`# kube-apiserver's log\n${line}`);
} finally {
  await cluster.stop();
}

async function show(on: Cluster, user: KubectlUser, title: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await kubectl(on, user, args);
  console.log(`# ${title}\n$ kubectl ${args.join(" ")}\n${stdout}${stderr}# exit ${code}\n`);
}
