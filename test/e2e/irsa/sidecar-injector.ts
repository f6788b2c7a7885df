// A webhook that adds a container to each Pod, and which containers get the role.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type LocalService, startService } from "../../cli/irsa/services.ts";
import { eventually } from "../control-plane/process.ts";
import type { Kubernetes, KubernetesObject } from "../kubernetes.ts";
import { replacePodPolicies } from "./install-policies.ts";
import { isMutated, type MadePod, pod, serviceAccount } from "./issuing-cluster.ts";

/** For a cluster with the policies and the namespace `app`. */
export function describeInjected(running: () => Kubernetes): void {
  describe("containers that a webhook injects later", () => {
    let webhook: LocalService;
    before(async () => {
      webhook = await startService();
      webhook.answers.set("POST /mutate", inject);
      await running().create(serviceAccount("app", "injected"));
      await running().create(configuration(webhook));
    });
    after(() => webhook.close());

    for (const [reinvocationPolicy, expected] of [
      ["Never", ["main"]],
      ["IfNeeded", ["main", "sidecar"]],
    ] as const) {
      test(`${reinvocationPolicy}: ${expected.join(" and ")} get the role`, async () => {
        const options = { reinvocationPolicy, tokenExpiration: reinvocationPolicy === "Never" ? 3_600 : 7_200 };
        await replacePodPolicies(running(), options);
        const made = await eventually("policy and webhook apply", 30_000, async () => {
          const one = (await running().create(pod("any", "injected", "app"), "?dryRun=All")) as MadePod;
          const isNew = JSON.stringify(one.spec.volumes).includes(`"expirationSeconds":${options.tokenExpiration}`);
          return isMutated(one) && isNew && one.spec.containers.length === 2 ? one : undefined;
        });
        const withRole = made.spec.containers.filter(({ env = [] }) => env.some(({ name }) => name === "AWS_ROLE_ARN"));
        assert.deepEqual(
          withRole.map(({ name }) => name),
          expected,
        );
      });
    }
  });
}

function inject(body: string): [number, unknown] {
  const { request } = JSON.parse(body);
  const hasSidecar = request.object.spec.containers.some(({ name }: { name: string }) => name === "sidecar");
  const patch = [{ op: "add", path: "/spec/containers/-", value: { name: "sidecar", image: "example.com/sidecar" } }];
  const response = {
    uid: request.uid,
    allowed: true,
    ...(!hasSidecar && { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }),
  };
  return [200, { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }];
}

function configuration({ url, ca }: LocalService): KubernetesObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "sidecar-injector" },
    webhooks: [
      {
        name: "inject.example.com",
        clientConfig: { url: `${url}/mutate`, caBundle: Buffer.from(ca).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  };
}
