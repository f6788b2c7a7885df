// The CycloneDX SBOM of a release: that of npm, without packages that only builds and tests use.

import { execFileSync } from "node:child_process";

/** The fields that this file reads or changes: https://cyclonedx.org/docs/1.5/json/ */
interface Sbom {
  serialNumber?: string;
  readonly metadata: {
    timestamp?: string;
    tools?: unknown;
    readonly component: { name: string; readonly "bom-ref": string };
  };
  components: Component[];
  dependencies: { readonly ref: string; dependsOn: string[] }[];
}

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  scope?: string;
  properties?: { readonly name: string; readonly value: string }[];
}

/**
 * Returns the SBOM, which is reproducible. `packages`: the bundled packages, as `name version`.
 * Throws if npm does not list one of them.
 */
export function sbom(root: string, name: string, packages: ReadonlySet<string>): string {
  const printed = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const document: Sbom = JSON.parse(printed);
  delete document.serialNumber;
  delete document.metadata.timestamp;
  // The version of npm and the name of the folder depend on the machine.
  delete document.metadata.tools;
  document.metadata.component.name = name;
  document.components = document.components.filter(({ name, version }) =>
    packages.has(`${name} ${version}`),
  );
  const found = new Set(document.components.map(({ name, version }) => `${name} ${version}`));
  const missing = [...packages].filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(", ")}`);
  for (const component of document.components) {
    // npm lists them as development packages in node_modules, but they are in the bundles.
    component.scope = "required";
    delete component.properties;
  }
  const refs = new Set([
    document.metadata.component["bom-ref"],
    ...document.components.map((part) => part["bom-ref"]),
  ]);
  document.dependencies = document.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: dependsOn.filter((other) => refs.has(other)),
    }));
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
