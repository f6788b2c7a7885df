// Builds dist/release/ for installation without CDK: zips, CloudFormation templates, the npm
// package, checksums and SBOM. The build is reproducible. It requires dist/.

import { hash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Document, visit } from "yaml";
import packageJson from "../package.json" with { type: "json" };
import { licensedPackages } from "./licences.ts";
import { INDEXES, manifest, projectOf } from "./manifests.ts";
import { packPackage } from "./npm-package.ts";
import { readFile, releaseNotes } from "./publishable.ts";
import { sbom } from "./sbom.ts";
import { deployingPolicy } from "./templates/deploying-role.ts";
import { releaseApp } from "./templates/templates.ts";
import { type ReleasedCodes, type Zip, zipFolder } from "./zip.ts";

const ROOT = join(import.meta.dirname, "..");

const DIST = join(ROOT, "dist");

const { name, version } = packageJson;

// CDK's validation of templates warns about each parameter with an empty default, even with a
// condition. cfn-lint checks the templates instead (test/e2e/cfn-lint.e2e.ts).
process.env["CDK_VALIDATION"] = "false";

/**
 * Empties `outdir` and writes the release there, with manifests of package managers for `project`
 * (`<owner>/<name>`).
 */
export function buildRelease(outdir: string, project = projectOf(packageJson)): void {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const write = (file: string, content: string | Uint8Array) =>
    writeFileSync(join(outdir, file), content);

  const zips: Record<string, Zip> = {};
  for (const part of ["authenticator", "issuer", "deployment-check"]) {
    const zip = zipFolder(join(DIST, part), part, version);
    write(zip.fileName, zip.bytes);
    zips[part] = zip;
  }
  const stacks = synthesize(zips);
  for (const { stackName, template } of stacks)
    write(`${stackName}.template.yaml`, yamlOf(template));
  const types = stacks.flatMap(({ template }) =>
    Object.values(template.Resources).map(({ Type }) => Type),
  );
  write("deploying-role.json", `${JSON.stringify(deployingPolicy(types), null, 2)}\n`);
  const { tarball } = packPackage(ROOT, outdir);
  const packed = hash("sha256", readFileSync(tarball));
  if (project !== undefined) {
    for (const file of Object.keys(INDEXES)) write(file, manifest(file, project, packed));
  }
  const schema = "mapping-file.schema.json";
  copyFileSync(join(ROOT, "cli", "model", schema), join(outdir, schema));
  write("sbom.cdx.json", sbom(ROOT, name, bundledPackages()));
  write("RELEASE-NOTES.md", releaseNotes(readFile("CHANGELOG.md"), version));
  // The format of `sha256sum --check`.
  const sums = readdirSync(outdir)
    .sort()
    .map((file) => `${hash("sha256", readFileSync(join(outdir, file)))}  ${file}\n`);
  write("SHA256SUMS", sums.join(""));
}

interface SynthesizedStack {
  readonly stackName: string;
  readonly template: { readonly Resources: Readonly<Record<string, { readonly Type: string }>> };
}

/** Returns the stacks of a release, each with its template. */
function synthesize(codes: ReleasedCodes): readonly SynthesizedStack[] {
  const synthesized = mkdtempSync(join(tmpdir(), "release-"));
  try {
    // Reads the templates before the folder is deleted.
    return releaseApp(codes, synthesized)
      .synth()
      .stacks.map(({ stackName, template }): SynthesizedStack => ({ stackName, template }));
  } finally {
    rmSync(synthesized, { recursive: true });
  }
}

/**
 * Returns readable YAML. Short maps are on one line: `aws cloudformation deploy` accepts 51,200
 * bytes without a bucket.
 */
function yamlOf(template: unknown): string {
  // CloudFormation reads YAML 1.1, in which an unquoted 2012-10-17 is a date.
  const document = new Document(template, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Map: (_, node) => {
      if (JSON.stringify(node).length <= 120) node.flow = true;
    },
    // PyYAML, which cfn-lint and the AWS CLI use, rejects an unquoted `:live` inside brackets.
    Scalar: (_, node) => {
      if (typeof node.value === "string" && /^[:?-]/.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}

/** Returns the packages that the bundles in dist/ contain, each as `name version`. */
export function bundledPackages(): Set<string> {
  const folders = ["authenticator", "issuer", "deployment-check", "cli"];
  const texts = folders.map((folder) =>
    readFileSync(join(DIST, folder, "THIRD-PARTY-LICENSES.txt"), "utf8"),
  );
  return new Set(texts.flatMap(licensedPackages));
}
