// The manifests of package managers for a release, and the repositories that list them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../infra/monitoring/alarms.ts";
import packageJson from "../package.json" with { type: "json" };

/** Returns `<owner>/<name>`; `undefined` if package.json has no repository on GitHub. */
export function projectOf({ repository }: Manifest): string | undefined {
  return /^git\+https:\/\/github\.com\/([\w-]+\/[\w.-]+)\.git$/.exec(repository?.url ?? "")?.[1];
}

/**
 * By file in build/manifests: the repository on GitHub that lists the manifest, and its path there.
 */
export const INDEXES: Readonly<
  Record<string, (project: string) => readonly [repository: string, path: string]>
> = {
  "lambda-iam-authenticator.rb": (project) => [
    `${project.split("/")[0]}/homebrew-tap`,
    "Formula/lambda-iam-authenticator.rb",
  ],
  "iam.yaml": () => ["kubernetes-sigs/krew-index", "plugins/iam.yaml"],
  "aqua-registry.yaml": (project) => ["aquaproj/aqua-registry", `pkgs/${project}/registry.yaml`],
};

/** Returns the manifest of a package manager. `sha256`: of the npm package, in hex. */
export function manifest(file: string, project: string, sha256: string): string {
  const [owner = "", repository = ""] = project.split("/");
  const values = {
    project,
    owner,
    repository,
    version: packageJson.version,
    sha256,
    node: packageJson.engines.node,
  };
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`@${name}@`, value),
    readFileSync(join(import.meta.dirname, "manifests", file), "utf8"),
  );
}
