// Builds the programs that validate our instructions for control planes: kubeadm, and for Talos,
// kops, Cluster API, kind and kubelet small programs (test/e2e/judges/) that use their validation
// packages.

import { hash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KUBERNETES_VERSIONS, kubernetesProgram } from "./binaries.ts";
import { build, copyModule, writeKubernetesModule, writeModule } from "./build.ts";

/** The newest release per minor version whose configuration packages the module proxy serves. */
export const TALOS_VERSIONS = ["1.14.1", "1.13.9", "1.12.0"] as const;
const CLUSTER_API_VERSION = "1.14.2";
const JUDGES = join(import.meta.dirname, "../judges");

/**
 * Modules of Talos 1.14 that the module proxy does not serve, replaced with the versions of 1.13.
 * Only networks and the state of a running machine use them, not patches and validation.
 */
const TALOS_REPLACEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "1.14.1": {
    "github.com/cosi-project/runtime": "github.com/cosi-project/runtime v1.14.1",
    "github.com/jsimonetti/rtnetlink/v2":
      "github.com/jsimonetti/rtnetlink/v2 v2.2.1-0.20260317095713-310581b9c6ac",
    "github.com/mdlayher/ethtool": "github.com/siderolabs/ethtool v0.4.0-sidero",
  },
};

export function findKubeadm(version: (typeof KUBERNETES_VERSIONS)[number]): string {
  return build(kubernetesProgram("kubeadm", version));
}

export function findTalosJudge(version: (typeof TALOS_VERSIONS)[number]): string {
  const replacements = TALOS_REPLACEMENTS[version] ?? {};
  return findJudge("talos", {
    module: "github.com/siderolabs/talos/pkg/machinery",
    version,
    replacements,
  });
}

export function findKopsJudge(): string {
  return findJudge("kops", { module: "k8s.io/kops", version: "1.36.2" });
}

/**
 * See judges/cluster-api/main.go. Its go.mod replaces the module of its API by a folder, which is
 * released with this tag.
 */
export function findClusterApiJudge(): string {
  const api = "sigs.k8s.io/cluster-api/api";
  const CRD =
    "controlplane/kubeadm/config/crd/bases/controlplane.cluster.x-k8s.io_kubeadmcontrolplanes.yaml";
  return findJudge("cluster-api", {
    module: "sigs.k8s.io/cluster-api",
    version: CLUSTER_API_VERSION,
    replacements: { [api]: `${api} v${CLUSTER_API_VERSION}` },
    files: { "crd.yaml": CRD },
  });
}

export const KIND_VERSIONS = ["0.33.0", "0.32.0"] as const;

/** See judges/kind/main.go. */
export function findKindJudge(version: (typeof KIND_VERSIONS)[number]): string {
  const source = join(JUDGES, "kind", "main.go");
  const main = "pkg/cluster/judge";
  return build({
    name: "kind-judge",
    version: `${version}-${digestOf(source)}`,
    main: `./${main}`,
    writeModule: (folder) => {
      copyModule(folder, "sigs.k8s.io/kind", version);
      mkdirSync(join(folder, main));
      copyFileSync(source, join(folder, main, "main.go"));
    },
    variables: {},
  });
}

/** The cache key includes the program's source. */
function digestOf(source: string): string {
  return hash("sha256", readFileSync(source)).slice(0, 12);
}

/** See judges/kubelet/main.go. */
export function findKubeletJudge(): string {
  return buildMain("kubelet-judge", join(JUDGES, "kubelet", "main.go"), {
    module: "k8s.io/kubernetes",
    version: KUBERNETES_VERSIONS[0],
  });
}

interface MainOptions {
  readonly module: string;
  readonly version: string;
  readonly replacements?: Readonly<Record<string, string>>;
  /** Files of the module that the program embeds, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

function findJudge(name: string, options: MainOptions): string {
  return buildMain(`${name}-judge`, join(JUDGES, name, "main.go"), options);
}

export function buildMain(
  name: string,
  source: string,
  { module, version, replacements, files = {} }: MainOptions,
): string {
  return build({
    name,
    version: `${version}-${digestOf(source)}`,
    main: ".",
    writeModule: (folder) => {
      const isKubernetes = module === "k8s.io/kubernetes";
      const unpacked = isKubernetes ? "" : writeModule(folder, module, version, replacements);
      if (isKubernetes) writeKubernetesModule(folder, version);
      copyFileSync(source, join(folder, "main.go"));
      for (const [file, path] of Object.entries(files))
        copyFileSync(join(unpacked, path), join(folder, file));
    },
    variables: {},
  });
}
