// Package managers install the command with the manifests of a release. A local server has the files that npm and GitHub
// would have. Homebrew has no Go module: Ruby parses its formula, if installed.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { manifest } from "../../infra/release/manifests.ts";
import packageJson from "../../package.json" with { type: "json" };
import { findAqua, findKrew, KUBERNETES_VERSIONS, kubernetesProgram } from "./binaries/binaries.ts";
import { build } from "./binaries/build.ts";

const { version } = packageJson;
const folder = mkdtempSync(join(tmpdir(), "manifests-"));
const tarball = `lambda-iam-authenticator-${version}.tgz`;
const served = new Map<string, string | Buffer>();
const server = createServer(({ url = "" }, response) => {
  const file = served.get(url.replace(/^.*\//, ""));
  response.writeHead(file === undefined ? 404 : 200).end(file);
});
const run = promisify(execFile);
/** Nothing else is on the PATH: as on a machine that has only Node.js. */
const bin = join(folder, "bin");
let sha256: string;

before(async () => {
  const root = join(import.meta.dirname, "..", "..");
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
  const bytes = readFileSync(join(folder, tarball));
  sha256 = hash("sha256", bytes);
  served.set(tarball, bytes);
  served.set("SHA256SUMS", `${hash("sha256", "")}  http.template.yaml\n${sha256}  ${tarball}\n`);
  await once(server.listen(0, "127.0.0.1"), "listening");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Writes the manifest, with addresses of the local server. */
function written(file: string, checksum = sha256): string {
  const { port } = server.address() as AddressInfo;
  const text = manifest(file, "owner/name", checksum);
  assert.doesNotMatch(text, /@\w+@/);
  const path = join(folder, file);
  writeFileSync(
    path,
    text.replaceAll(/https:\/\/(?:registry\.npmjs\.org|github\.com\/.*(?=\/SHA256SUMS))/g, `http://127.0.0.1:${port}`),
  );
  return path;
}

test("Krew: the index's validation passes, and kubectl iam is the command", async () => {
  symlinkSync(build(kubernetesProgram("kubectl", KUBERNETES_VERSIONS[0])), join(bin, "kubectl"));
  symlinkSync(findKrew("krew"), join(bin, "kubectl-krew"));
  const KREW_ROOT = join(folder, "krew");
  const env = { PATH: [join(KREW_ROOT, "bin"), bin, "/usr/bin", "/bin"].join(delimiter), KREW_ROOT, HOME: folder };
  const path = written("iam.yaml");
  const validated = await run(findKrew("validate-krew-manifest"), ["-manifest", path], { env });
  assert.match(validated.stderr, /all 1 spec\.platforms installed fine/);
  const { stderr } = await run("kubectl", ["krew", "install", "--manifest", path], { env });
  assert.match(stderr, /Requires Node\.js \^22\.21\.0 \|\| >=24\.5\.0 on the PATH\./);
  assert.equal((await run("kubectl", ["iam", "--version"], { env })).stdout.trim(), version);
  const { stdout: help } = await run("kubectl", ["iam", "mappings", "set", "--help"], { env });
  assert.match(help, /^Usage: kubectl iam mappings set /);
  const changed = run("kubectl", ["krew", "install", "--manifest", written("iam.yaml", "0".repeat(64))], {
    env: { ...env, KREW_ROOT: join(folder, "other") },
  });
  await assert.rejects(changed, /checksum does not match/);
});

test("aqua: the command is installed, and its checksum is that of the release", async () => {
  writeFileSync(
    join(folder, "aqua.yaml"),
    `checksum: { enabled: true }
registries: [{ name: local, type: local, path: ${written("aqua-registry.yaml")} }]
packages: [{ name: owner/name@v${version}, registry: local }]
`,
  );
  const env = { PATH: bin, HOME: folder, AQUA_ROOT_DIR: join(folder, "aqua"), AQUA_DISABLE_POLICY: "true" };
  const exec = (more = {}) =>
    run(findAqua(), ["exec", "--", "iam-authenticator", "--version"], { cwd: folder, env: { ...env, ...more } });
  // The first line is the file in which aqua keeps the checksum.
  assert.equal((await exec()).stdout.trim().split("\n").at(-1), version);
  rmSync(join(folder, "aqua-checksums.json"));
  served.set("SHA256SUMS", `${"0".repeat(64)}  ${tarball}\n`);
  await assert.rejects(exec({ AQUA_ROOT_DIR: join(folder, "other") }), /checksum is invalid/);
});

test("Homebrew: Ruby parses the formula", { skip: spawnSync("ruby", ["-v"]).status !== 0 && "no Ruby" }, async () => {
  const { stdout } = await run("ruby", ["-wc", written("lambda-iam-authenticator.rb")]);
  assert.equal(stdout, "Syntax OK\n");
});
