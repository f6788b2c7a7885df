// A KubeadmControlPlane of an existing cluster.

import { basename } from "node:path";

export type Version = "v1beta1" | "v1beta2";

type Args = readonly { readonly name: string; readonly value: string }[] | Readonly<Record<string, string>>;

/** What a reader adds: a file of examples/cluster-api. */
export interface Fields {
  readonly apiVersion: string;
  readonly spec: {
    readonly kubeadmConfigSpec: {
      readonly files?: readonly object[];
      readonly initConfiguration?: object;
      readonly joinConfiguration?: object;
      readonly clusterConfiguration?: {
        readonly apiServer: { readonly extraArgs: Args; readonly extraVolumes?: readonly object[] };
      };
    };
  };
}

/** A list where the other one is a map replaces it, as in an example of the other version. */
function merged(first: Args, second: Args | undefined): Args {
  if (second === undefined) return first;
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
  return Array.isArray(first) || Array.isArray(second) ? second : { ...first, ...second };
}

/** With a flag, a volume and a file of its own. `added`: the fields of an example, or none, in this version. */
export function controlPlane(kubernetes: string, added: Fields | Version) {
  const version = typeof added === "string" ? added : basename(added.apiVersion);
  const ours = typeof added === "string" ? {} : added.spec.kubeadmConfigSpec;
  const { extraArgs, extraVolumes = [] } = ours.clusterConfiguration?.apiServer ?? {};
  const infrastructure = { kind: "AWSMachineTemplate", name: "my-cluster-control-plane" };
  const group = "infrastructure.cluster.x-k8s.io";
  const audit = { name: "audit-log-maxage", value: "7" };
  return {
    apiVersion: `controlplane.cluster.x-k8s.io/${version}`,
    kind: "KubeadmControlPlane",
    metadata: { name: "my-cluster-control-plane", namespace: "default" },
    spec: {
      replicas: 3,
      version: `v${kubernetes}`,
      machineTemplate:
        version === "v1beta1"
          ? { infrastructureRef: { apiVersion: `${group}/v1beta2`, ...infrastructure } }
          : { spec: { infrastructureRef: { apiGroup: group, ...infrastructure } } },
      kubeadmConfigSpec: {
        files: [{ path: "/etc/kubernetes/audit.yaml", content: "rules: []\n" }, ...(ours.files ?? [])],
        initConfiguration: {
          nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}" },
          ...ours.initConfiguration,
        },
        joinConfiguration: {
          nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}" },
          ...ours.joinConfiguration,
        },
        clusterConfiguration: {
          apiServer: {
            extraArgs: merged(version === "v1beta1" ? { [audit.name]: audit.value } : [audit], extraArgs),
            extraVolumes: [{ name: "audit", hostPath: "/var/log/audit", mountPath: "/var/log/audit" }, ...extraVolumes],
          },
        },
      },
    },
  };
}

export type KubeadmControlPlane = ReturnType<typeof controlPlane>;
