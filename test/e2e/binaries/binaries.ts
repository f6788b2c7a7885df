// Provides the programs for end-to-end tests: from KUBEBUILDER_ASSETS if set, else built from Go modules.

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, type Program } from "./build.ts";
import { writeKubernetesModule, writeModule } from "./go-module.ts";
import {
  AWS_IAM_AUTHENTICATOR_VERSION,
  ETCD_VERSION,
  HCL2JSON_VERSION,
  HELM_VERSION,
  KUBERNETES_VERSIONS,
  OPENTOFU_VERSION,
} from "./versions.ts";

export interface Apiserver {
  /** For example `1.37.2`. */
  readonly version: string;
  readonly path: string;
}

/** Paths of programs. */
export interface Binaries {
  readonly etcd: string;
  readonly kubectl: string;
  readonly awsIamAuthenticator: string;
  /** Newest first; one version with KUBEBUILDER_ASSETS, else two. */
  readonly apiservers: readonly [Apiserver, ...Apiserver[]];
}

/** Builds missing programs. */
export function findBinaries(): Binaries {
  const awsIamAuthenticator = findAwsIamAuthenticator();
  // envtest's convention: https://book.kubebuilder.io/reference/envtest
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (assets) {
    const path = join(assets, "kube-apiserver");
    const version = execFileSync(path, ["--version"], { encoding: "utf8" })
      .replace(/^Kubernetes v/, "")
      .trim();
    const apiservers: Binaries["apiservers"] = [{ version, path }];
    return { etcd: join(assets, "etcd"), kubectl: join(assets, "kubectl"), apiservers, awsIamAuthenticator };
  }
  const [newest, ...older] = KUBERNETES_VERSIONS;
  return {
    etcd: build({
      name: "etcd",
      version: ETCD_VERSION,
      main: "go.etcd.io/etcd/server/v3",
      writeModule: (folder) => writeModule(folder, "go.etcd.io/etcd/server/v3", ETCD_VERSION),
      variables: {},
    }),
    kubectl: build(kubernetesProgram("kubectl", newest)),
    apiservers: [buildApiserver(newest), ...older.map(buildApiserver)],
    awsIamAuthenticator,
  };
}

function buildApiserver(version: string): Apiserver {
  return { version, path: build(kubernetesProgram("kube-apiserver", version)) };
}

export function kubernetesProgram(name: string, version: string): Program {
  const [gitMajor = "", gitMinor = ""] = version.split(".");
  // https://github.com/kubernetes/kubernetes/blob/master/hack/lib/version.sh
  const told = { gitVersion: `v${version}`, gitMajor, gitMinor, gitTreeState: "archive" };
  return {
    name,
    version,
    main: `k8s.io/kubernetes/cmd/${name}`,
    writeModule: (folder) => writeKubernetesModule(folder, version),
    variables: Object.fromEntries(
      Object.entries(told).map(([key, value]) => [`k8s.io/component-base/version.${key}`, value]),
    ),
  };
}

/** Not part of envtest's assets, so always built. */
export function findControllerManager(): string {
  return build(kubernetesProgram("kube-controller-manager", KUBERNETES_VERSIONS[0]));
}

export function findAwsIamAuthenticator(): string {
  if (spawnSync("aws-iam-authenticator", ["version"]).status === 0) return "aws-iam-authenticator";
  const path = "sigs.k8s.io/aws-iam-authenticator";
  return build({
    name: "aws-iam-authenticator",
    version: AWS_IAM_AUTHENTICATOR_VERSION,
    main: `${path}/cmd/aws-iam-authenticator`,
    writeModule: (folder) => writeModule(folder, path, AWS_IAM_AUTHENTICATOR_VERSION),
    variables: { [`${path}/pkg.Version`]: AWS_IAM_AUTHENTICATOR_VERSION },
  });
}

/** The program on the PATH, if any. */
export function findTofu(): string {
  if (spawnSync("tofu", ["version"]).status === 0) return "tofu";
  const path = "github.com/opentofu/opentofu";
  return build({
    name: "tofu",
    version: OPENTOFU_VERSION,
    main: `${path}/cmd/tofu`,
    writeModule: (folder) => writeModule(folder, path, OPENTOFU_VERSION),
    variables: { [`${path}/version.dev`]: "no" },
  });
}

export function findHelm(): string {
  const path = "helm.sh/helm/v4";
  return build({
    name: "helm",
    version: HELM_VERSION,
    main: `${path}/cmd/helm`,
    writeModule: (folder) => writeModule(folder, path, HELM_VERSION),
    variables: { [`${path}/internal/version.version`]: `v${HELM_VERSION}` },
  });
}

/** Converts HCL to JSON without evaluation. */
export function findHcl2json(): string {
  const path = "github.com/tmccombs/hcl2json";
  return build({
    name: "hcl2json",
    version: HCL2JSON_VERSION,
    main: path,
    writeModule: (folder) => writeModule(folder, path, HCL2JSON_VERSION),
    variables: {},
  });
}
