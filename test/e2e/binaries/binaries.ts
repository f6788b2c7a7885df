// Provides the programs for end-to-end tests: built from Go modules, which the module proxy serves.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  build,
  builtPath,
  type Place,
  type Program,
  writeKubernetesModule,
  writeModule,
} from "./build.ts";
import { findEnvtest } from "./envtest.ts";

/** Newest first; the last one is no longer supported upstream, but still in use. */
const ETCD_VERSION = "3.6.16";

export const KUBERNETES_VERSIONS = ["1.37.2", "1.32.13"] as const;

export type Binaries = ReturnType<typeof findBinaries>;

/** Builds missing programs, and returns their paths. */
export function findBinaries() {
  return {
    etcd: findEtcd(),
    kubectl: findKubectl(),
    apiservers: KUBERNETES_VERSIONS.map((version) => {
      return { version, path: build(kubernetesProgram("kube-apiserver", version)) };
    }),
    awsIamAuthenticator: findAwsIamAuthenticator(),
  };
}

function findEtcd(place?: Place): string {
  return build(moduleProgram("etcd", "go.etcd.io/etcd/server/v3", ETCD_VERSION), place);
}

export function findKubectl(place?: Place): string {
  return build(kubernetesProgram("kubectl", KUBERNETES_VERSIONS[0]), place);
}

/**
 * Programs of a user who tries a cluster: from KUBEBUILDER_ASSETS, a folder that setup-envtest
 * names, else from the PATH, else built before, else downloaded with `download`, else built. Throws
 * if KUBEBUILDER_ASSETS has no kube-apiserver, and for an archive with a wrong hash.
 * https://book.kubebuilder.io/reference/envtest
 */
export function findControlPlane({ download = false } = {}) {
  const { KUBEBUILDER_ASSETS = "", PATH = "" } = process.env;
  // A wrong folder would otherwise start a build of minutes.
  if (KUBEBUILDER_ASSETS !== "" && !existsSync(join(KUBEBUILDER_ASSETS, "kube-apiserver"))) {
    throw new Error(`${KUBEBUILDER_ASSETS} has no kube-apiserver.`);
  }
  const folders = [KUBEBUILDER_ASSETS, ...PATH.split(delimiter)].filter((folder) => folder !== "");
  const [version] = KUBERNETES_VERSIONS;
  const VERSIONS = { etcd: ETCD_VERSION, kubectl: version, "kube-apiserver": version };
  type Name = keyof typeof VERSIONS;
  const existing = (name: Name): string | undefined =>
    [
      ...folders.map((folder) => join(folder, name)),
      builtPath({ name, version: VERSIONS[name] }),
    ].find((file) => existsSync(file));
  const missing = (Object.keys(VERSIONS) as Name[]).filter((name) => existing(name) === undefined);
  let archive: string | undefined;
  const find = (name: Name, buildIt: (place: Place) => string): string => {
    const found = existing(name);
    if (found !== undefined) return found;
    if (download) archive ??= findEnvtest() ?? "";
    if (archive) return join(archive, name);
    return buildIt({ index: missing.indexOf(name) + 1, count: missing.length });
  };
  return {
    etcd: find("etcd", findEtcd),
    kubectl: find("kubectl", findKubectl),
    apiserver: find("kube-apiserver", (place) =>
      build(kubernetesProgram("kube-apiserver", version), place),
    ),
  };
}

/** As `findControlPlane`, but builds nothing: `undefined` if a program is missing. */
export function findExistingControlPlane(): ReturnType<typeof findControlPlane> | undefined {
  const { KUBEBUILDER_ASSETS = "", PATH = "" } = process.env;
  const folders = [KUBEBUILDER_ASSETS, ...PATH.split(delimiter)].filter((folder) => folder !== "");
  const isFound = (name: string) => folders.some((folder) => existsSync(join(folder, name)));
  const [version] = KUBERNETES_VERSIONS;
  const built = { etcd: ETCD_VERSION, kubectl: version, "kube-apiserver": version };
  const exists = ([name, version]: [string, string]) =>
    isFound(name) || existsSync(builtPath({ name, version }));
  return Object.entries(built).every(exists) ? findControlPlane() : undefined;
}

export function kubernetesProgram(name: string, version: string): Program {
  const [gitMajor = "", gitMinor = ""] = version.split(".");
  // https://github.com/kubernetes/kubernetes/blob/master/hack/lib/version.sh
  const told = Object.entries({
    gitVersion: `v${version}`,
    gitMajor,
    gitMinor,
    gitTreeState: "archive",
  });
  return {
    name,
    version,
    main: `k8s.io/kubernetes/cmd/${name}`,
    writeModule: (folder) => writeKubernetesModule(folder, version),
    variables: Object.fromEntries(
      told.map(([key, value]) => [`k8s.io/component-base/version.${key}`, value]),
    ),
  };
}

/** Not part of envtest's assets, so always built. */
export function findControllerManager(): string {
  return build(kubernetesProgram("kube-controller-manager", KUBERNETES_VERSIONS[0]));
}

/**
 * Builds the program of a module's root, or of its command `main`. `variables`: Go variables, below
 * the module's path.
 */
function buildModule(...program: Parameters<typeof moduleProgram>): string {
  return build(moduleProgram(...program));
}

function moduleProgram(
  name: string,
  path: string,
  version: string,
  main = "",
  variables = {},
): Program {
  return {
    name,
    version,
    main: `${path}${main}`,
    writeModule: (folder) => writeModule(folder, path, version),
    variables: Object.fromEntries(
      Object.entries<string>(variables).map(([key, value]) => [`${path}/${key}`, value]),
    ),
  };
}

export const AWS_IAM_AUTHENTICATOR_VERSION = "0.7.8";

/** The peer, whose client also creates tokens in these tests. The program on the PATH, if any. */
export function findAwsIamAuthenticator(): string {
  const name = "aws-iam-authenticator";
  if (spawnSync(name, ["version"]).status === 0) return name;
  const version = AWS_IAM_AUTHENTICATOR_VERSION;
  return buildModule(name, `sigs.k8s.io/${name}`, version, `/cmd/${name}`, {
    "pkg.Version": version,
  });
}

/**
 * Compatible with Terraform, under a license that allows this use (MPL 2.0). The program on the
 * PATH, if any.
 */
export function findTofu(): string {
  if (spawnSync("tofu", ["version"]).status === 0) return "tofu";
  return buildModule("tofu", "github.com/opentofu/opentofu", "1.12.6", "/cmd/tofu", {
    "version.dev": "no",
  });
}

export function findHcl2json(): string {
  return buildModule("hcl2json", "github.com/tmccombs/hcl2json", "0.6.9");
}

/**
 * With which kubelet gets credentials of private registries in ECR. Its module's versions are those
 * of Kubernetes.
 */
export function findEcrCredentialProvider(): string {
  const name = "ecr-credential-provider";
  return buildModule(name, "k8s.io/cloud-provider-aws", "1.37.1", `/cmd/${name}`);
}

/** Krew, or the program with which Krew's index validates manifests. */
export function findKrew(command: "krew" | "validate-krew-manifest"): string {
  return buildModule(command, "sigs.k8s.io/krew", "0.4.4", `/cmd/${command}`);
}

export function findAqua(): string {
  return buildModule("aqua", "github.com/aquaproj/aqua/v2", "2.10.0", "/cmd/aqua");
}

export function findActionlint(): string {
  return buildModule("actionlint", "github.com/rhysd/actionlint", "1.7.12", "/cmd/actionlint");
}
