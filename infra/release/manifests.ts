// The manifests of package managers, which install the npm package of a release.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

interface Index {
  readonly name: string;
  /** On GitHub. */
  readonly repository: string;
  readonly path: string;
}

/** The indexes that list the project `<owner>/<name>`, by file in infra/release/manifests. */
export function indexes(project: string): Readonly<Record<string, Index>> {
  const [owner = ""] = project.split("/");
  const formula = `${packageJson.name}.rb`;
  return {
    [formula]: { name: "Homebrew tap", repository: `${owner}/homebrew-tap`, path: `Formula/${formula}` },
    "iam.yaml": { name: "Krew index", repository: "kubernetes-sigs/krew-index", path: "plugins/iam.yaml" },
    "aqua-registry.yaml": {
      name: "aqua registry",
      repository: "aquaproj/aqua-registry",
      path: `pkgs/${project}/registry.yaml`,
    },
  };
}

/** The text of `file` in infra/release/manifests, without placeholders. `sha256`: of the npm package. */
export function manifest(file: string, project: string, sha256: string): string {
  const [owner, repository] = project.split("/");
  const { version, engines } = packageJson;
  const values = { project, owner, repository, version, sha256, node: engines.node };
  return Object.entries(values).reduce(
    (text, [name, value = ""]) => text.replaceAll(`@${name}@`, value),
    readFileSync(join(import.meta.dirname, "manifests", file), "utf8"),
  );
}
