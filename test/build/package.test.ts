// What ships: the manifest of the npm package, the SBOM, and licences. test/e2e/package.e2e.ts
// packs and installs the package.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { bundledPackages } from "../../build/assets.ts";
import { packPackage } from "../../build/npm-package.ts";
import { sbom } from "../../build/sbom.ts";
import { pageUrl } from "../../infra/monitoring/alarms.ts";
import manifest from "../../package.json" with { type: "json" };
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { ROOT } from "../infra/cdk-cli.ts";

test("the manifest is ready for publication: name, access, licence and provenance", () => {
  for (const keyword of ["cdk", "awscdk", "kubernetes", "iam"])
    assert.ok(manifest.keywords.includes(keyword), keyword);
  assert.equal(manifest.author, "The lambda-iam-authenticator authors");
  assert.deepEqual(manifest.publishConfig, { access: "public", provenance: true });
  assert.deepEqual(Object.keys(manifest.exports), [".", "./package.json"]);
});

test("no file uses npx with the short name, which npm does not have", () => {
  const { bin, name } = manifest;
  assert.deepEqual(Object.keys(bin), ["iam-authenticator", name]);
  assert.equal(bin["lambda-iam-authenticator"], bin["iam-authenticator"]);
  const words = ["grep", "-nE", "npx (--no -- |-y |--yes )?iam-authenticato[r]"];
  const said = spawnSync("git", words, { cwd: ROOT, encoding: "utf8" });
  assert.equal(said.stdout, "");
});

test("a release's package has all files that npm packs, and no script", ONLY_IN_ALL, () => {
  const { path: folder } = useFolder();
  const { tarball } = packPackage(ROOT, folder);
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, { cwd: ROOT, encoding: "utf8" });
  const { scripts: _, ...others } = manifest;
  assert.deepEqual(JSON.parse(run("tar", "-xzOf", tarball, "package/package.json")), others);
  const [{ files }] = JSON.parse(run("npm", "pack", "--ignore-scripts", "--dry-run", "--json"));
  assert.deepEqual(
    run("tar", "-tzf", tarball).trimEnd().split("\n").toSorted(),
    files.map(({ path }: { path: string }) => `package/${path}`).toSorted(),
  );
});

test("a page is a URL of this version's file, or its path while package.json has no repository", () => {
  const repository = { url: "git+https://github.com/owner/name.git" };
  const url = "https://github.com/owner/name/blob/v1.2.3/docs/troubleshoot.md#faults";
  assert.equal(pageUrl("docs/troubleshoot.md#faults", { version: "1.2.3", repository }), url);
  assert.equal(pageUrl("docs/troubleshoot.md", { version: "1.2.3" }), "docs/troubleshoot.md");
});

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: true;
  /** Part of another package, whose checksum it shares. */
  readonly inBundle?: true;
}

interface Component extends Readonly<Record<"name" | "version" | "purl", string>> {
  readonly licenses: readonly { readonly license: { readonly id?: string } }[];
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

const lock: Readonly<Record<string, Locked>> = JSON.parse(
  readFileSync(`${ROOT}/package-lock.json`, "utf8"),
).packages;
const packages = bundledPackages();
let components: readonly Component[];
before(() => ({ components } = JSON.parse(sbom(ROOT, "lambda-iam-authenticator", packages))));

test("the SBOM has each bundled package once, with the SHA-512 of the lockfile", () => {
  assert.deepEqual(
    components.map(({ name, version }) => `${name} ${version}`).toSorted(),
    [...packages].toSorted(),
  );
  for (const { name, version, purl, hashes } of components) {
    const [, locked] =
      Object.entries(lock).find(
        ([path, one]) => path.endsWith(`node_modules/${name}`) && one.version === version,
      ) ?? assert.fail(`${name} ${version} is not in the lockfile`);
    assert.equal(purl, `pkg:npm/${name.replace("@", "%40")}@${version}`);
    const [hash] = hashes.filter(({ alg }) => alg === "SHA-512");
    assert.equal(
      `sha512-${Buffer.from(hash?.content ?? "", "hex").toString("base64")}`,
      locked.integrity,
      name,
    );
  }
});

test("every licence of what ships permits distribution with its text", () => {
  const licences = new Set(
    components.flatMap(({ licenses }) => licenses.map(({ license }) => license.id)),
  );
  assert.deepEqual([...licences].toSorted(), ["Apache-2.0", "ISC", "MIT"]);
});

/**
 * esbuild copies its binary into place, and `node` installs that of this platform. Neither ships.
 */
test("only esbuild and node run a script at installation, and every package has a checksum", () => {
  const external = Object.entries(lock).filter(([path]) => path.startsWith("node_modules/"));
  const scripted = external
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path);
  assert.deepEqual(scripted, ["node_modules/esbuild", "node_modules/node"]);
  const unchecked = external.filter(
    ([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith("sha512-"),
  );
  assert.deepEqual(unchecked, []);
});
