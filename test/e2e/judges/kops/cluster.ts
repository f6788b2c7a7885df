// Cluster specs as in `kops edit`, with one or three control-plane nodes and a group of API servers.

import { stringify } from "yaml";

export interface KopsSpec {
  readonly kubeAPIServer?: Readonly<Record<string, unknown>>;
  readonly fileAssets?: readonly Readonly<Record<string, unknown>>[];
  readonly authentication?: Readonly<Record<string, unknown>>;
}

const NAME = "e2e.example.com";
const ZONES = ["us-test-1a", "us-test-1b", "us-test-1c"];

/** The manifest of a cluster and its instance groups; merges `spec` into the cluster's. */
export function kopsCluster(controlPlanes: 1 | 3, spec: KopsSpec): string {
  const zones = ZONES.slice(0, controlPlanes);
  const etcdMembers = zones.map((zone) => ({ name: zone, instanceGroup: `control-plane-${zone}` }));
  const cluster = {
    apiVersion: "kops.k8s.io/v1alpha2",
    kind: "Cluster",
    metadata: { name: NAME },
    spec: {
      channel: "stable",
      cloudProvider: "aws",
      configBase: `memfs://state/${NAME}`,
      etcdClusters: ["main", "events"].map((name) => ({ name, etcdMembers })),
      kubernetesVersion: "1.36.0",
      networkCIDR: "172.20.0.0/16",
      networking: { cni: {} },
      nonMasqueradeCIDR: "100.64.0.0/10",
      subnets: zones.map((zone, index) => ({ name: zone, zone, type: "Public", cidr: `172.20.${index * 32}.0/19` })),
      // Prevents kops from looking it up.
      dnsZone: "Z1LOCAL",
      ...spec,
    },
  };
  const groups = [
    ...zones.map((zone) => group(`control-plane-${zone}`, "Master", [zone])),
    group("apiserver", "APIServer", zones),
    group("nodes", "Node", zones),
  ];
  return [cluster, ...groups].map((document) => stringify(document)).join("---\n");
}

function group(name: string, role: string, subnets: readonly string[]): object {
  return {
    apiVersion: "kops.k8s.io/v1alpha2",
    kind: "InstanceGroup",
    metadata: { name, labels: { "kops.k8s.io/cluster": NAME } },
    spec: { image: "ami-12345678", machineType: "m5.large", minSize: 1, maxSize: 1, role, subnets },
  };
}
