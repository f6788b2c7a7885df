// Runs commands of the documents at a cluster: the RBAC examples, the check of the webhook,
// break-glass by IAM, kops' migration, and AWS CLI commands for parameters.

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import type { LocalIdentity } from "../../local/identities.ts";
import { CLUSTER_ID, REGION, TOKEN_ISSUERS } from "../../local/sandbox-files.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { blocksOf, rbacManifests } from "../docs/shell-blocks.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../local-aws.ts";
import { type AwsIssuer, startAwsIssuer } from "./cluster/aws-issuer.ts";
import { type Backend, newCallerToken } from "./cluster/backend.ts";
import { admin, aggregate, kubectl } from "./cluster/kubectl.ts";
import { type Cluster, freshToken, loggedRefusal, login, startCluster } from "./cluster.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";
import { exampleFile, lineOf, typed, typeLine } from "./instructions.ts";

/** One kube-apiserver for each mistake in deploy.md's table, with the reason that it logs. */
const MISTAKES = [
  { webhook: {}, reason: /token_malformed/ },
  { webhook: { user: () => ({ token: newCallerToken() }) }, reason: /caller_refused/ },
  {
    webhook: { url: ({ url }: Pick<Backend, "url">) => url.replace("/authenticate", "/") },
    reason: /path_unknown/,
  },
  { webhook: { url: () => "https://127.0.0.1:9/authenticate" }, reason: /connection refused/ },
] as const;

const HOME = "111122223333";
const breakGlass: LocalIdentity = {
  ...localIdentity("bob"),
  name: "break-glass",
  accessKeyId: "ASIALOCALBREAKGLASSA",
  arn: `arn:aws:sts::${HOME}:assumed-role/BreakGlass/jane@example.com`,
};

const issuer: AwsIssuer = useServer(() => startAwsIssuer(HOME, () => cluster.backend.sts.url));
const cluster: Cluster = useServer(() => {
  const [first, ...others] = MISTAKES.map(({ webhook }) => webhook);
  return startCluster({
    webhooks: [first ?? {}, ...others],
    flags: [
      `--authentication-config=${issuer.configuration(exampleFile("break-glass/authentication-config.yaml"))}`,
    ],
    identities: [...LOCAL_IDENTITIES, breakGlass],
    signedTokens: { issuers: TOKEN_ISSUERS },
  });
});
prepare(() => writeFileSync(join(cluster.folder, "ca.crt"), cluster.credentials.ca));

describe("docs/rbac.md", () => {
  before(async () => {
    await admin(cluster, ["create", "namespace", "team-a"]);
    await aggregate(cluster);
    for (const manifest of rbacManifests()) await admin(cluster, ["apply", "-f", "-"], manifest);
  });

  const EXEC = "create pods --subresource=exec -n";
  // biome-ignore format: a table
  const rows = [
    ["cluster-readers", "list nodes, get namespaces, watch persistentvolumes", "get secrets -n team-a, list pods -n team-a, update nodes"],
    ["on-call", `delete pods -n team-a, ${EXEC} team-a, patch deployments -n team-a`, `create deployments -n team-a, get secrets -n team-a, ${EXEC} kube-system, patch daemonsets -n kube-system`],
    ["ci-team-a", "patch deployments -n team-a, create services -n team-a", "patch deployments -n default, delete pods -n team-a, get secrets -n team-a"],
  ] as const;
  for (const [group, may, not] of rows) {
    test(`${group} may ${may}; may not ${not}`, async () => {
      const token = await freshToken("carol");
      for (const right of `${may}, ${not}`.split(", ")) {
        const args = ["auth", "can-i", ...right.split(" "), "--as", "jane", "--as-group", group];
        const { stdout } = await kubectl(cluster, { token }, args);
        assert.equal(stdout.trim(), may.split(", ").includes(right) ? "yes" : "no", right);
      }
    });
  }

  test('the commands of "Check it" succeed', async () => {
    for (const part of ["auth whoami", "can-i --list", "can-i delete pods"]) {
      assert.notEqual(await typed(cluster, "docs/rbac.md", part), "");
    }
    for (const part of ["create serviceaccount", "annotate serviceaccount"])
      await typed(cluster, "docs/irsa.md", part);
  });
});

describe('docs/deploy.md, "Check that it loaded"', () => {
  for (const [index, { reason }] of MISTAKES.entries()) {
    test(`kube-apiserver ${index + 1} logs ${reason}`, async () => {
      const apiserver = cluster.apiservers[index] ?? assert.fail();
      const line = lineOf("docs/deploy.md", "--kubeconfig /dev/null").replace(
        "https://<node>:6443",
        apiserver.url,
      );
      const { code, stderr } = await typeLine(cluster, line, {});
      assert.equal(code, 1);
      assert.match(stderr, /Unauthorized/);
      await loggedRefusal(apiserver, reason);
    });
  }
});

describe("docs/operate.md, break-glass by IAM", () => {
  const PAGE = "docs/operate.md";
  const SIGN = lineOf(PAGE, "get-web-identity-token");
  /** The last one, whose webhook is down. */
  const downApiserver = () => cluster.apiservers.at(-1) ?? assert.fail();

  const typedAs = (identity: LocalIdentity, line: string) =>
    typeLine(cluster, line, {
      ...isolatedVariables(identity),
      AWS_ENDPOINT_URL_STS: cluster.backend.sts.url,
      AWS_DEFAULT_REGION: REGION,
    });

  async function sign(identity = breakGlass, audience = "break-glass/my-cluster"): Promise<string> {
    const line = `${SIGN.replace("break-glass/my-cluster", audience)}; cat token`;
    const { code, stdout, stderr } = await typedAs(identity, line);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  test("with the webhook down, the page's commands log in as administrator", async () => {
    // kube-apiserver reads the issuer's document in the background.
    await eventually("the issuer is known", 60_000, async () =>
      whoIs(downApiserver(), await sign()),
    );
    assert.equal(await login(downApiserver()), undefined);
    const line = lineOf(PAGE, "--kubeconfig /dev/null").replace(
      "https://<kube-apiserver>:6443",
      downApiserver().url,
    );
    const { code, stdout, stderr } = await typedAs(breakGlass, `${SIGN}\n${line}`);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Username +break-glass:arn:aws:iam::111122223333:role\/BreakGlass\n/);
    assert.match(stdout, /system:masters/);
  });

  test("kube-apiserver keeps the keys that it has read", async () => {
    issuer.fail();
    assert.notEqual(await whoIs(downApiserver(), await sign()), undefined);
  });

  test("another role, the function's audience, or a second audience is rejected", async () => {
    for (const token of [
      await sign(localIdentity("bob")),
      await sign(breakGlass, `iam-authenticator/${CLUSTER_ID}`),
      await sign(breakGlass, "break-glass/my-cluster vault"),
    ]) {
      assert.equal(await whoIs(downApiserver(), token), undefined);
    }
  });

  test("the function refuses the audience of break-glass", async () => {
    const [apiserver] = cluster.apiservers;
    const issuers = Array.from(TOKEN_ISSUERS, (pair) => pair.join("=")).join();
    cluster.backend.redeploy({ JWT_ISSUERS: issuers, JWT_KEYS_ENDPOINT: cluster.backend.sts.url });
    assert.equal(await whoIs(apiserver, await sign(localIdentity("bob"))), undefined);
    await loggedRefusal(apiserver, /token_claim_refused: .*aud/);
    cluster.backend.redeploy();
  });
});

test("Cluster API: docs/deploy.md stores the file, and docs/irsa.md the key", async () => {
  const file = "current-context: webhook\n";
  writeFileSync(join(cluster.folder, "webhook.kubeconfig"), file);
  for (const part of ["create secret generic", "label secret"])
    await typed(cluster, "docs/deploy.md", part);
  const stored = await admin(cluster, [
    "get",
    "secret",
    "my-cluster-iam-authenticator",
    "-o",
    "json",
  ]);
  const { data, metadata } = JSON.parse(stored);
  assert.equal(Buffer.from(data["webhook.kubeconfig"], "base64").toString(), file);
  assert.deepEqual(metadata.labels, { "clusterctl.cluster.x-k8s.io/move": "" });

  for (const name of ["sa.pub", "sa.key"])
    writeFileSync(join(cluster.folder, name), `PEM of ${name}\n`);
  const words = ["create secret generic my-cluster-sa", "label secret my-cluster-sa"];
  for (const part of words) await typed(cluster, "docs/irsa.md", part);
  const { data: key } = JSON.parse(
    await admin(cluster, ["get", "secret", "my-cluster-sa", "-o", "json"]),
  );
  assert.equal(Buffer.from(key["tls.key"], "base64").toString(), "PEM of sa.key\n");
  rmSync(join(cluster.folder, "sa.pub"));
  await typed(cluster, "docs/irsa.md", "get secret my-cluster-sa");
  assert.equal(readFileSync(join(cluster.folder, "sa.pub"), "utf8"), "PEM of sa.pub\n");
});

describe("docs/migrate.md for kops", () => {
  /** From kops: authentication.aws/k8s-1.12.yaml.template. */
  const labels = { "k8s-app": "aws-iam-authenticator" };
  const metadata = { name: "aws-iam-authenticator", namespace: "kube-system" };
  const container = { name: metadata.name, image: "example.com/aws-iam-authenticator" };
  const nodeSelector = { "node-role.kubernetes.io/control-plane": "" };
  const template = { metadata: { labels }, spec: { nodeSelector, containers: [container] } };
  const spec = { selector: { matchLabels: labels }, template };

  const createNode = (name: string, role: string) =>
    cluster.create({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { [`node-role.kubernetes.io/${role}`]: "" } },
    });
  const nodesWith = async (label: string) =>
    (await admin(cluster, ["get", "nodes", "-l", label, "-o", "name"])).trim().split("\n");

  async function selected(): Promise<string[]> {
    const path = "-o=jsonpath={.spec.template.spec.nodeSelector}";
    const selector = await admin(cluster, [
      "-n",
      metadata.namespace,
      "get",
      "daemonset",
      metadata.name,
      path,
    ]);
    return nodesWith(
      Object.entries(JSON.parse(selector))
        .map((pair) => pair.join("="))
        .join(),
    );
  }

  test("the DaemonSet of the page does not select a new control-plane machine", async () => {
    const type = (part: string) => typed(cluster, "docs/migrate.md", part);
    for (const [name, role] of Object.entries({
      "cp-1": "control-plane",
      "api-1": "api-server",
      "worker-1": "node",
    })) {
      await createNode(name, role);
    }
    await cluster.create({ apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec });
    for (const role of ["control-plane", "api-server"])
      await type(`kubectl label nodes -l node-role.kubernetes.io/${role}`);
    await type('{"iam-authenticator-migration": "before"}');
    await createNode("cp-2", "control-plane");
    assert.deepEqual(await selected(), ["node/cp-1"]);
    assert.deepEqual(await nodesWith("iam-authenticator-migration=before"), [
      "node/api-1",
      "node/cp-1",
    ]);

    await type('{"iam-authenticator-migration": null}');
    assert.deepEqual(await selected(), ["node/cp-1", "node/cp-2"]);
    await type("delete daemonset");
  });
});

test("the AWS CLI's commands of docs/operate.md work", async () => {
  const PREFIX = "/iam-authenticator/my-cluster";
  const { store } = cluster.backend;
  const aws = (line: string) =>
    typeLine(cluster, line.replace("<name>", `${PREFIX}/deny/any`), {
      ...isolatedVariables({ accessKeyId: "AKIALOCALOPERATORAAA", secretAccessKey: "local/only" }),
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_DEFAULT_REGION: REGION,
    });
  store.put(`${PREFIX}/deny/any`, "[{]");
  store.put(`${PREFIX}/callers`, "[]");
  const lines = blocksOf("docs/operate.md", "sh")
    .join("")
    .split("\n")
    .filter((line) => line.includes("aws ssm "));
  assert.equal(lines.length, 6);
  const copy = lines.filter((line) => line.includes("callers")).join("\n");
  for (const line of [copy, ...lines.filter((line) => !line.includes("callers"))]) {
    const { code, stderr } = await aws(line);
    assert.equal(code, 0, `${line}: ${stderr}`);
  }
  const { stdout } = await aws(
    `aws ssm get-parameters --names /kube/auth/callers ${PREFIX}/deny/any`,
  );
  const { Parameters, InvalidParameters } = JSON.parse(stdout);
  assert.deepEqual([Parameters[0].Value, InvalidParameters], ["[]", [`${PREFIX}/deny/any`]]);
});
