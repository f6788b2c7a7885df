// For a Kubernetes without the policy: what a Pod's template must have, as a Kustomize component that adds it.

import { TOKEN_FILE, TOKEN_FOLDER, VOLUME } from "../names.ts";
import type { PodDefaults } from "./variables.ts";

interface HandWritten extends PodDefaults {
  readonly role: string;
  /** Of the Pod, by their names; a merge patch finds them by it. */
  readonly containers: readonly string[];
}

/** Kinds whose Pods stand at `spec.template`. */
const KINDS = "Deployment|StatefulSet|DaemonSet|ReplicaSet|Job";

/** https://kubectl.docs.kubernetes.io/guides/config_management/components/ */
export function component(options: HandWritten, stringify: (data: unknown) => string): object {
  const patch = {
    // Kustomize looks at the target alone; a patch must have these all the same.
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "any" },
    spec: { template: { spec: podSpec(options) } },
  };
  return {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    patches: [{ target: { kind: KINDS }, patch: stringify(patch) }],
  };
}

function podSpec(options: HandWritten) {
  const { role, containers, audience, tokenExpiration, stsRegionalEndpoints, region } = options;
  const env = [
    ...(stsRegionalEndpoints ? [{ name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" }] : []),
    ...(region === undefined ? [] : ["AWS_DEFAULT_REGION", "AWS_REGION"].map((name) => ({ name, value: region }))),
    { name: "AWS_ROLE_ARN", value: role },
    { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: TOKEN_FILE },
  ];
  const volumeMounts = [{ name: VOLUME, mountPath: TOKEN_FOLDER, readOnly: true }];
  const serviceAccountToken = { audience, expirationSeconds: tokenExpiration, path: "token" };
  return {
    containers: containers.map((name) => ({ name, env, volumeMounts })),
    volumes: [{ name: VOLUME, projected: { sources: [{ serviceAccountToken }] } }],
  };
}
