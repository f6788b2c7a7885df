// The Kubernetes objects of the table of Pods, and a created Pod in the table's format.

import type { KubernetesObject } from "../kubernetes.ts";
import type { MadePod } from "./issuing-cluster.ts";
import { type Expected, type PodCase, ROLE } from "./pods.ts";

export function accountFor(podCase: PodCase): KubernetesObject {
  const { namespace = "app", serviceAccount = {} } = podCase;
  const annotations = Object.entries({ "role-arn": ROLE, ...serviceAccount })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key.includes("/") ? key : `eks.amazonaws.com/${key}`, value]);
  const metadata = {
    name: podCase.account ?? "",
    namespace,
    annotations: Object.fromEntries(annotations),
  };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata };
}

export function podFor(podCase: PodCase): KubernetesObject {
  const {
    namespace = "app",
    labels = {},
    init = {},
    containers = { main: undefined },
    volumes = [],
  } = podCase;
  const { ports, restartPolicyOfInit, ...spec } = podCase.spec ?? {};
  const annotations = Object.entries(podCase.pod ?? {}).map(([key, value]) => [
    `eks.amazonaws.com/${key}`,
    value,
  ]);
  const mirror = podCase.mirror ? { "kubernetes.io/config.mirror": "checksum" } : {};
  const [name = ""] = volumes;
  const volumeMounts =
    podCase.mountPath === undefined ? [] : [{ name, mountPath: podCase.mountPath }];
  const all = (of: NonNullable<PodCase["containers"]>, more: object) =>
    Object.entries(of).map(([name, env]) => ({
      ...{ name, image: "example.com/image", volumeMounts, ...more },
      ...(env !== undefined && { env: env.map(variable) }),
    }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "pod",
      namespace,
      labels,
      annotations: { ...Object.fromEntries(annotations), ...mirror },
    },
    spec: {
      // https://github.com/kubernetes/kubernetes/blob/v1.37.0/plugin/pkg/admission/serviceaccount/admission.go:
      // none for a mirror Pod
      ...(podCase.mirror ? { nodeName: "node-1" } : { serviceAccountName: podCase.account }),
      initContainers: all(init, { restartPolicy: restartPolicyOfInit }),
      containers: all(containers, { ports }),
      ...(volumes.length > 0 && { volumes: volumes.map((name) => ({ name, emptyDir: {} })) }),
      ...spec,
    },
  };
}

function variable(text: string): object {
  const [name, value] = text.split("=");
  return value === undefined
    ? { name, valueFrom: { secretKeyRef: { name: "s", key: "k" } } }
    : { name, value };
}

/** A created Pod in the table's format, without kube-apiserver's token. */
export function seen(made: unknown): Expected {
  const { volumes = [], initContainers = [], containers } = (made as MadePod).spec;
  return {
    volumes: volumes
      .filter(({ name }) => !name.startsWith("kube-api-access-"))
      .map(({ name, projected }) => {
        const [source, ...others] = projected?.sources ?? [];
        const { audience, expirationSeconds, path } = source?.serviceAccountToken ?? {};
        const isToken = name === "aws-iam-token" && path === "token" && others.length === 0;
        return isToken ? `token:${audience}:${expirationSeconds}` : name;
      }),
    containers: Object.fromEntries(
      [...initContainers, ...containers].map(({ name, env = [], volumeMounts = [] }) => [
        name,
        [
          ...env.map((variable) =>
            variable.value === undefined ? variable.name : `${variable.name}=${variable.value}`,
          ),
          ...volumeMounts.filter((mount) => mount.name === "aws-iam-token").map(mountMark),
        ],
      ]),
    ),
  };
}

function mountMark({
  mountPath,
  readOnly,
}: {
  readonly mountPath: string;
  readonly readOnly?: boolean;
}): string {
  return readOnly === true && mountPath === "/var/run/secrets/eks.amazonaws.com/serviceaccount"
    ? "+"
    : `+${mountPath}`;
}
