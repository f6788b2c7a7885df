// Uses the kubeconfig of `kubeconfig client` with kubectl and the Kubernetes clients for Python,
// JavaScript and Java. The latter does not set KUBERNETES_EXEC_INFO.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { type ClientOptions, clientKubeconfig } from "../../cli/commands/kubeconfig/client.ts";
import { EXEC_PLUGINS } from "../../cli/commands/kubeconfig/definitions.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { localIdentity } from "../local-aws.ts";
import { findAwsCli } from "./aws-cli.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { mavenClassPath, npmTool, pythonTool } from "./tools.ts";

const cluster = useServer(() => startCluster());
let environment: Record<string, string>;
prepare(() => {
  environment = userEnvironment(cluster);
});

/**
 * The environment of alice: the three programs on the PATH, and a profile whose `output` is not
 * JSON.
 */
function userEnvironment({ folder, binaries }: Cluster): Record<string, string> {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  const shims: Record<ClientOptions["exec"], string> = {
    aws: `exec "${findAwsCli()}" "$@"`,
    "iam-authenticator": `exec "${process.execPath}" "${OWN_COMMAND}" "$@"`,
    "aws-iam-authenticator": `exec "${binaries.awsIamAuthenticator}" "$@"`,
  };
  for (const [name, line] of Object.entries(shims)) {
    writeFileSync(join(programs, name), `#!/bin/sh\nPATH=\${PATH#*:}\n${line}\n`, { mode: 0o755 });
  }
  symlinkSync(binaries.kubectl, join(programs, "kubectl"));
  writeFileSync(join(folder, "aws-config"), "[default]\noutput = text\n");
  return {
    PATH: [programs, process.env["PATH"]].join(delimiter),
    HOME: folder,
    ...isolatedVariables(localIdentity("alice")),
    AWS_CONFIG_FILE: join(folder, "aws-config"),
  };
}

function write(
  exec: ClientOptions["exec"],
  change: (kubeconfig: string) => string = (text) => text,
): string {
  const [{ url: server, ca }] = cluster.apiservers;
  const file = join(cluster.folder, `${exec}.kubeconfig`);
  writeFileSync(
    file,
    change(stringify(clientKubeconfig({ cluster: CLUSTER_ID, server, exec, region: REGION }, ca))),
  );
  return file;
}

/** Returns what the program prints: the username. */
async function run(program: string, args: readonly string[], more = {}): Promise<string> {
  return (
    await promisify(execFile)(program, args, { env: { ...environment, ...more } })
  ).stdout.trim();
}

function kubectlWhoami(kubeconfig: string, more = {}): Promise<string> {
  const args = [
    "--kubeconfig",
    kubeconfig,
    "auth",
    "whoami",
    "-o",
    "jsonpath={.status.userInfo.username}",
  ];
  return run("kubectl", args, more);
}

for (const exec of EXEC_PLUGINS) {
  describe(`kubeconfig client --exec ${exec}`, () => {
    test("kubectl logs in", async () => assert.equal(await kubectlWhoami(write(exec)), "alice"));

    test("the client for Java logs in", async () =>
      assert.equal(await javaWhoami(write(exec)), "alice"));
  });
}

test("with examples/other-tools/kuberc.yaml, kubectl runs aws and no other program", async () => {
  const KUBERC = join(import.meta.dirname, "../../examples/other-tools/kuberc.yaml");
  assert.equal(await kubectlWhoami(write("aws"), { KUBERC }), "alice");
  const refused = kubectlWhoami(write("iam-authenticator"), { KUBERC });
  await assert.rejects(refused, /is not permitted by the credential plugin allowlist/);
});

function javaWhoami(kubeconfig: string) {
  const jars = mavenClassPath("io.kubernetes:client-java:27.0.0");
  return run("java", ["-cp", jars, join(import.meta.dirname, "java/Whoami.java"), kubeconfig]);
}

test("after --merge, kubectl logs in with the user's own kubeconfig", async () => {
  const [{ url, ca }] = cluster.apiservers;
  const KUBECONFIG = join(cluster.folder, "own.kubeconfig");
  writeFileSync(join(cluster.folder, "ca.crt"), ca);
  const words = [
    "kubeconfig",
    "client",
    "--merge",
    "-c",
    CLUSTER_ID,
    "--region",
    REGION,
    "--server",
    url,
  ];
  await run("iam-authenticator", [...words, "--ca", join(cluster.folder, "ca.crt")], {
    KUBECONFIG,
  });
  const args = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
  assert.equal(await run("kubectl", args, { KUBECONFIG }), "alice");
});

const FOR_PYTHON = `
import sys
from kubernetes import client, config
config.load_kube_config(sys.argv[1])
review = client.AuthenticationV1Api().create_self_subject_review(client.V1SelfSubjectReview())
print(review.status.user_info.username, end="")
`;

test("the client for Python logs in", async () => {
  const python = join(pythonTool("kubernetes==37.0.1"), "python");
  assert.equal(await run(python, ["-c", FOR_PYTHON, write("aws")]), "alice");
});

const FOR_JAVASCRIPT = `
import { AuthenticationV1Api, KubeConfig } from "@kubernetes/client-node";
const config = new KubeConfig();
config.loadFromFile(process.argv[2]);
const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
const review = await config.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body });
process.stdout.write(review.status.userInfo.username);
`;

test("the client for JavaScript logs in", async () => {
  const script = join(npmTool("@kubernetes/client-node@2.0.1"), "whoami.mjs");
  writeFileSync(script, FOR_JAVASCRIPT);
  assert.equal(await run(process.execPath, [script, write("iam-authenticator")]), "alice");
});

/** It logs "Mismatched apiVersion" and continues without a token. */
test("with client.authentication.k8s.io/v1, the client for Java ignores the plugin's token", async () => {
  const v1 = write("iam-authenticator", (text) => text.replace("k8s.io/v1beta1", "k8s.io/v1"));
  assert.equal(await kubectlWhoami(v1), "alice");
  await assert.rejects(javaWhoami(v1), /User \\?"system:anonymous\\?" cannot create/);
});

test("without --output json, kubectl cannot parse the AWS CLI's output if the profile sets text", async () => {
  const file = write("aws", (text) => text.replace(/^\s+- --output\n\s+- json\n/m, ""));
  await assert.rejects(kubectlWhoami(file), /getting credentials/);
});
