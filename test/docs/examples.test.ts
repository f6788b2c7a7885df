// Other examples in the documents: YAML and JSON parse, and RBAC bindings give no access to all
// namespaces. A page quotes messages of AWS, so that a search finds it.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { webhookKubeconfig } from "../../cli/kube/kubeconfig.ts";
import { blocksOf, PAGES, ROOT, rbacManifests } from "./shell-blocks.ts";

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly roleRef?: { readonly name: string };
  readonly rules?: readonly Readonly<Record<"resources" | "verbs", readonly string[]>>[];
}

function documentsIn(block: string): unknown[] {
  return parseAllDocuments(block).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS();
  });
}

test("each example in YAML or JSON parses", () => {
  const folders =
    "caller-token,rbac,other-tools,cluster-api,eks-anywhere,kops,kubeadm,kubespray,talos,break-glass";
  const files = globSync(join(ROOT, `examples/{${folders}}/*.{yaml,yml}`));
  const yaml = [
    ...PAGES.flatMap((page) => blocksOf(page, "yaml")),
    ...files.map((file) => readFileSync(file, "utf8")),
  ];
  const json = PAGES.flatMap((page) => blocksOf(page, "json"));
  assert.ok(yaml.length > 10 && json.length > 2);
  for (const block of yaml) assert.ok(documentsIn(block).length > 0);
  for (const block of json) assert.equal(typeof JSON.parse(block), "object");
});

test("examples/aws-cli: the manual webhook kubeconfig equals the command's", () => {
  const blocks = blocksOf("examples/aws-cli/README.md", "yaml");
  const block = blocks.find((block) => block.includes("current-context: webhook")) ?? assert.fail();
  const server = "https://a.example/authenticate";
  const filled = block.replace("<Endpoint>", server).replace("<host of Endpoint>", "a.example");
  assert.deepEqual(
    documentsIn(filled),
    documentsIn(webhookKubeconfig({ server, token: "<token>" })),
  );
});

/** https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks */
const RUNS_PODS =
  /^(\*|pods|pods\/(exec|attach|ephemeralcontainers)|deployments|daemonsets|statefulsets|replicasets|jobs|cronjobs)$/;

test("docs/rbac.md: no group runs Pods or commands in all namespaces", () => {
  const objects = rbacManifests().flatMap(documentsIn) as RbacObject[];
  const bound = objects
    .filter(({ kind }) => kind === "ClusterRoleBinding")
    .map(({ roleRef }) => roleRef?.name ?? "");
  for (const role of bound) assert.doesNotMatch(role, /^(edit|admin|cluster-admin)$/);
  for (const { metadata, rules = [] } of objects.filter(({ kind }) => kind === "ClusterRole")) {
    const wide = rules.filter(
      ({ resources, verbs }) =>
        resources.some((resource) => RUNS_PODS.test(resource)) &&
        verbs.some((verb) => /^(\*|create|update|patch)$/.test(verb)),
    );
    if (bound.includes(metadata.name)) assert.deepEqual(wide, [], metadata.name);
  }
});

const read = (page: string) => readFileSync(join(ROOT, "docs", page), "utf8");

/**
 * CloudFormation's events of accounts with 10, 50 and 1,000 concurrent executions:
 * awslabs/amazon-neptune-tools 324, aws-samples/one-observability-demo 278,
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const reserved = (least: number) =>
  `Resource handler returned message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${least}]. (Service: Lambda, Status Code: 400, Request ID: b26c3792)" (RequestToken: 0800020a, HandlerErrorCode: InvalidRequest)`;

test("an account that cannot reserve 8 environments finds its message, and the step that decides", () => {
  const row =
    read("troubleshoot.md")
      .split("\n")
      .find((line) => line.includes("ReservedConcurrentExecutions")) ?? assert.fail();
  const quoted = [...row.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
  assert.ok(reserved(100).includes(quoted[0] ?? ""), quoted[0]);
  for (const least of [10, 50, 100]) assert.ok(quoted.some((text) => text.endsWith(`[${least}]`)));
  assert.match(row, /\(deploy\.md#reserve-environments-for-logins\)/);
  const [, step = ""] =
    /### Reserve environments for logins\n(.*?)\n## /s.exec(read("deploy.md")) ?? [];
  assert.match(
    step,
    /By default, the stack reserves none .* request that .* AWS keeps 100 unreserved/s,
  );
});
