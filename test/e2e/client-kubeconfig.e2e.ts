// Uses the kubeconfig of `kubeconfig client` with kubectl and with the Kubernetes client for Java, which does not set
// KUBERNETES_EXEC_INFO.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { type ClientOptions, clientKubeconfig, EXEC_PLUGINS } from "../../cli/kubeconfig/kubeconfig.ts";
import { localIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-settings.ts";
import { findAwsCli } from "./aws-cli.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { javaWhoami } from "./java/java-client.ts";

const OWN_COMMAND = join(import.meta.dirname, "../../cli/iam-authenticator.ts");

let cluster: Cluster;
let environment: Record<string, string>;
before(async () => {
  cluster = await startCluster();
  environment = userEnvironment(cluster);
});
after(() => cluster.stop());

/** The environment of alice: the three programs on the PATH, and a profile whose `output` is not JSON. */
function userEnvironment({ folder, binaries }: Cluster): Record<string, string> {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  const shims: Record<(typeof EXEC_PLUGINS)[number], string> = {
    aws: `exec "${findAwsCli()}" "$@"`,
    "iam-authenticator": `exec "${process.execPath}" "${OWN_COMMAND}" "$@"`,
    "aws-iam-authenticator": `exec "${binaries.awsIamAuthenticator}" "$@"`,
  };
  for (const [name, line] of Object.entries(shims)) {
    writeFileSync(join(programs, name), `#!/bin/sh\nPATH=\${PATH#*:}\n${line}\n`);
    chmodSync(join(programs, name), 0o755);
  }
  symlinkSync(binaries.kubectl, join(programs, "kubectl"));
  writeFileSync(join(folder, "aws-config"), "[default]\noutput = text\n");
  const { accessKeyId, secretAccessKey } = localIdentity("alice");
  return {
    PATH: [programs, process.env["PATH"]].join(delimiter),
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, "aws-config"),
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

function write(exec: ClientOptions["exec"], change: (kubeconfig: string) => string = (text) => text): string {
  const [{ url: server, ca }] = cluster.apiservers;
  const file = join(cluster.folder, `${exec}.kubeconfig`);
  writeFileSync(file, change(clientKubeconfig({ cluster: CLUSTER_ID, server, exec, region: REGION }, ca)));
  return file;
}

async function kubectlWhoami(kubeconfig: string): Promise<string> {
  const args = ["--kubeconfig", kubeconfig, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
  return (await promisify(execFile)("kubectl", args, { env: environment })).stdout;
}

for (const exec of EXEC_PLUGINS) {
  describe(`kubeconfig client --exec ${exec}`, () => {
    test("kubectl logs in", async () => assert.equal(await kubectlWhoami(write(exec)), "alice"));

    test("the client for Java logs in", async () => {
      const { code, stdout, stderr } = await javaWhoami(write(exec), environment);
      assert.deepEqual([code, stdout], [0, "alice"], stderr);
    });
  });
}

/** It logs "Mismatched apiVersion" and continues without a token. */
test("with client.authentication.k8s.io/v1, the client for Java ignores the plugin's token", async () => {
  const v1 = write("iam-authenticator", (text) => text.replace("k8s.io/v1beta1", "k8s.io/v1"));
  assert.equal(await kubectlWhoami(v1), "alice");
  const { code, stderr } = await javaWhoami(v1, environment);
  assert.notEqual(code, 0);
  assert.match(stderr, /User \\?"system:anonymous\\?" cannot create/);
});

test("without --output json, kubectl cannot parse the AWS CLI's output if the profile sets text", async () => {
  const file = write("aws", (text) => text.replace(/^\s+- --output\n\s+- json\n/m, ""));
  await assert.rejects(kubectlWhoami(file), /getting credentials/);
});
