// Runs commands of the documents at a cluster: the RBAC examples, the check of the webhook, and AWS CLI commands for
// parameters.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { REGION } from "../../local/sandbox-settings.ts";
import { blocksOf, rbacManifests } from "../docs/shell-blocks.ts";
import { aggregate } from "./cluster/aggregated-roles.ts";
import { newCallerToken } from "./cluster/backend.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { adminKubeconfig, lineOf, typeLine } from "./cluster/typed-line.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { eventually } from "./control-plane/eventually.ts";

/** One kube-apiserver for each mistake in deploy.md's table. */
const WEBHOOKS = [
  {},
  { user: () => ({ token: newCallerToken() }) },
  { url: ({ url }: { url: string }) => url.replace("/authenticate", "/") },
  { url: () => "https://127.0.0.1:9/authenticate" },
] as const;

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ webhooks: WEBHOOKS });
  writeFileSync(join(cluster.folder, "ca.crt"), cluster.credentials.ca);
});
after(() => cluster.stop());

async function admin(args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await kubectl(cluster, { token: await freshToken("carol") }, args, { input });
  assert.equal(code, 0, stderr);
  return stdout;
}

describe("docs/rbac.md", () => {
  before(async () => {
    await admin(["create", "namespace", "team-a"]);
    await aggregate(admin);
    for (const manifest of rbacManifests()) await admin(["apply", "-f", "-"], manifest);
  });

  const RIGHTS = [
    { group: "cluster-readers", may: ["list nodes", "get namespaces", "watch persistentvolumes"] },
    { group: "cluster-readers", not: ["get secrets -n team-a", "list pods -n team-a", "update nodes"] },
    {
      group: "on-call",
      may: ["delete pods -n team-a", "create pods --subresource=exec -n team-a", "patch deployments -n team-a"],
    },
    { group: "on-call", not: ["create deployments -n team-a", "get secrets -n team-a"] },
    { group: "on-call", not: ["create pods --subresource=exec -n kube-system", "patch daemonsets -n kube-system"] },
    { group: "ci-team-a", may: ["patch deployments -n team-a", "create services -n team-a"] },
    { group: "ci-team-a", not: ["patch deployments -n default", "delete pods -n team-a", "get secrets -n team-a"] },
  ];

  async function canI(right: string, group: string): Promise<string> {
    const args = ["auth", "can-i", ...right.split(" "), "--as", "jane", "--as-group", group];
    return (await kubectl(cluster, { token: await freshToken("carol") }, args)).stdout.trim();
  }

  for (const { group, may = [], not = [] } of RIGHTS) {
    for (const right of may) test(`${group} may ${right}`, async () => assert.equal(await canI(right, group), "yes"));
    for (const right of not)
      test(`${group} may not ${right}`, async () => assert.equal(await canI(right, group), "no"));
  }

  test('the commands of "Check it" succeed', async () => {
    const environment = { KUBECONFIG: await adminKubeconfig(cluster) };
    for (const part of ["auth whoami", "can-i --list", "can-i delete pods"]) {
      const { code, stdout, stderr } = await typeLine(cluster, lineOf("docs/rbac.md", part), environment);
      assert.deepEqual([code, stdout === ""], [0, false], stderr);
    }
    for (const part of ["create serviceaccount", "annotate serviceaccount"]) {
      assert.equal((await typeLine(cluster, lineOf("docs/irsa.md", part), environment)).code, 0);
    }
  });
});

describe('docs/deploy.md, "Check that it loaded"', () => {
  const EXPECTED = [/token_malformed/, /caller_refused/, /path_unknown/, /connection refused/];
  for (const [index, reason] of EXPECTED.entries()) {
    test(`kube-apiserver ${index + 1} logs ${reason}`, async () => {
      const line = lineOf("docs/deploy.md", "--kubeconfig /dev/null").replace(
        "https://<node>:6443",
        cluster.apiservers[index]?.url ?? "",
      );
      const { code, stderr } = await typeLine(cluster, line);
      assert.equal(code, 1);
      assert.match(stderr, /Unauthorized/);
      const logged = await eventually("the reason is logged", 40_000, () =>
        cluster.apiservers[index]
          ?.log()
          .split("\n")
          .findLast((text) => text.includes("Unable to authenticate the request")),
      );
      assert.match(logged, reason);
    });
  }
});

describe("the AWS CLI's commands for parameters", () => {
  const PREFIX = "/iam-authenticator/my-cluster";
  const aws = (line: string) =>
    typeLine(cluster, line.replace("<name>", `${PREFIX}/deny/any`), {
      AWS_ENDPOINT_URL_SSM: cluster.backend.store.url,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });

  test("docs/operate.md and docs/move.md: correct a deny list, copy the callers, list and delete", async () => {
    const { store } = cluster.backend;
    store.put(`${PREFIX}/deny/any`, "[{]");
    store.put(`${PREFIX}/callers`, "[]");
    const lines = ["docs/operate.md", "docs/move.md"]
      .flatMap((page) => blocksOf(page, "sh"))
      .join("")
      .split("\n")
      .filter((line) => line.includes("aws ssm "));
    assert.equal(lines.length, 6);
    const copy = lines.filter((line) => line.includes("callers")).join("\n");
    const rest = lines.filter((line) => !line.includes("callers"));
    for (const line of [copy, ...rest]) {
      const { code, stderr } = await aws(line);
      assert.equal(code, 0, `${line}: ${stderr}`);
    }
    const { stdout } = await aws(`aws ssm get-parameters --names /kube/auth/callers ${PREFIX}/deny/any`);
    const { Parameters, InvalidParameters } = JSON.parse(stdout);
    assert.deepEqual([Parameters[0].Value, InvalidParameters], ["[]", [`${PREFIX}/deny/any`]]);
  });
});
