// The packed npm package: with npx, and with package managers that install it by the manifests of a
// release, from a local server with the files that npm and GitHub would have. And the release built
// twice. Homebrew has no Go module: Ruby parses its formula, if installed. cdk-versions.e2e.ts
// installs the package in other CDK apps.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import {
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { manifest } from "../../build/manifests.ts";
import packageJson from "../../package.json" with { type: "json" };
import { useFolder } from "../cli/fixtures.ts";
import { findAqua, findKrew, KUBERNETES_VERSIONS, kubernetesProgram } from "./binaries/binaries.ts";
import { build } from "./binaries/build.ts";
import { packInto, ROOT, run } from "./packed.ts";

const { version } = packageJson;
const { path: folder, write } = useFolder();
/** The user id that Linux and macOS give to files of unknown owners. */
const NOBODY = 65_534;
const installed = join(folder, "lambda-iam-authenticator");
const served = new Map<string, string | Buffer>();
const server = createServer(({ url = "" }, response) => {
  const file = served.get(url.replace(/^.*\//, ""));
  response.writeHead(file === undefined ? 404 : 200).end(file);
});
const execute = promisify(execFile);
/** Nothing else is on the PATH: as on a machine that has only Node.js. */
const bin = join(folder, "bin");

let tarball: string;
let unpackedSize: number;
let sha256: string;
before(async () => {
  ({ tarball, unpackedSize } = packInto(folder));
  for (const name of [installed, bin]) mkdirSync(name);
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"], folder);
  const bytes = readFileSync(tarball);
  sha256 = hash("sha256", bytes);
  served.set(basename(tarball), bytes);
  served.set(
    "SHA256SUMS",
    `${hash("sha256", "")}  http.template.yaml\n${sha256}  ${basename(tarball)}\n`,
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  symlinkSync(process.execPath, join(bin, "node"));
});
after(() => server.close());

test("npx runs the command from the packed file, offline and without an installation", () => {
  const { path: empty, write } = useFolder();
  const path = [bin, process.env["PATH"]].join(delimiter);
  const env = {
    ...process.env,
    PATH: path,
    npm_config_cache: join(empty, ".npm"),
    npm_config_offline: "true",
  };
  copyFileSync(tarball, join(empty, basename(tarball)));
  write("mappings.yaml", "mappings:\n  - arn: arn:aws:iam::111122223333:role/Admin\n");
  const args = ["--yes", `./${basename(tarball)}`, "mappings", "lint", "-f", "mappings.yaml"];
  const { status, stdout } = spawnSync("npx", args, { cwd: empty, encoding: "utf8", env });
  assert.match(stdout, /role\/Admin\) {2}username is missing/);
  assert.equal(status, 1);
});

test("the package has less than 3.2 MB unpacked", () =>
  assert.ok(unpackedSize < 3_200_000, `${unpackedSize} bytes`));

test("the package has no dependency beside the CDK, and no TypeScript for Node", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  const command = join(installed, manifest.bin["iam-authenticator"]);
  assert.equal(run(process.execPath, [command, "--version"], folder).trim(), manifest.version);
  const sources = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(?<!\.d)\.ts$/.test(name),
  );
  assert.deepEqual(sources, []);
  const documents =
    "CHANGELOG.md CONTRIBUTING.md LICENSE README.md RELEASING.md SECURITY-CHECKLIST.md SECURITY.md";
  assert.equal(
    readdirSync(installed).sort().join(" "),
    `${documents} dist docs examples package.json test`,
  );
});

test("two builds of the release produce the same bytes", () => {
  const build = pathToFileURL(join(ROOT, "build", "assets.ts")).href;
  const [first = "", second = ""] = [join(folder, "first"), join(folder, "elsewhere", "second")];
  const home = join(folder, "elsewhere");
  mkdirSync(home);
  const nobody = { uid: NOBODY, gid: NOBODY };
  // Only root can run a program as another user, who must be able to read this folder.
  const reads = [
    "--eval",
    `require("fs").readFileSync(${JSON.stringify(join(ROOT, "package.json"))})`,
  ];
  const isOther =
    process.getuid?.() === 0 && spawnSync(process.execPath, reads, nobody).status === 0;
  if (isOther) for (const path of [folder, home]) chownSync(path, NOBODY, NOBODY);
  for (const [outdir, more, user] of [
    [first, {}, {}],
    [
      second,
      { TZ: "Pacific/Auckland", LANG: "de_DE.UTF-8", HOME: home, TMPDIR: home },
      isOther ? nobody : {},
    ],
  ] as const) {
    const code = `(await import(${JSON.stringify(build)})).buildRelease(${JSON.stringify(outdir)})`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", code], {
      ...user,
      cwd: folder,
      // Without npm's variables, which name folders of the first user.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...more },
    });
  }
  const files = readdirSync(first);
  assert.ok(files.length > 10);
  assert.deepEqual(readdirSync(second), files);
  for (const file of files)
    assert.ok(readFileSync(join(first, file)).equals(readFileSync(join(second, file))), file);
});

function written(file: string, checksum = sha256): string {
  const { port } = server.address() as AddressInfo;
  const text = manifest(file, "owner/name", checksum);
  assert.doesNotMatch(text, /@\w+@/);
  const remote = /https:\/\/(?:registry\.npmjs\.org|github\.com\/.*(?=\/SHA256SUMS))/g;
  return write(file, text.replaceAll(remote, `http://127.0.0.1:${port}`));
}

test("Krew: the index's validation passes, and kubectl iam is the command", async () => {
  symlinkSync(build(kubernetesProgram("kubectl", KUBERNETES_VERSIONS[0])), join(bin, "kubectl"));
  symlinkSync(findKrew("krew"), join(bin, "kubectl-krew"));
  const KREW_ROOT = join(folder, "krew");
  const env = {
    PATH: [join(KREW_ROOT, "bin"), bin, "/usr/bin", "/bin"].join(delimiter),
    KREW_ROOT,
    HOME: folder,
  };
  const path = written("iam.yaml");
  const validated = await execute(findKrew("validate-krew-manifest"), ["-manifest", path], { env });
  assert.match(validated.stderr, /all 1 spec\.platforms installed fine/);
  const { stderr } = await execute("kubectl", ["krew", "install", "--manifest", path], { env });
  assert.match(stderr, /Requires Node\.js \^22\.21\.0 \|\| >=24\.5\.0 on the PATH\./);
  assert.equal((await execute("kubectl", ["iam", "--version"], { env })).stdout.trim(), version);
  const { stdout: help } = await execute("kubectl", ["iam", "mappings", "set", "--help"], { env });
  assert.match(help, /^Usage: kubectl iam mappings set /);
  const changed = execute(
    "kubectl",
    ["krew", "install", "--manifest", written("iam.yaml", "0".repeat(64))],
    {
      env: { ...env, KREW_ROOT: join(folder, "other") },
    },
  );
  await assert.rejects(changed, /checksum does not match/);
});

test("aqua: the command is installed, and its checksum is that of the release", async () => {
  write(
    "aqua.yaml",
    `checksum: { enabled: true }
registries: [{ name: local, type: local, path: ${written("aqua-registry.yaml")} }]
packages: [{ name: owner/name@v${version}, registry: local }]
`,
  );
  const env = {
    PATH: bin,
    HOME: folder,
    AQUA_ROOT_DIR: join(folder, "aqua"),
    AQUA_DISABLE_POLICY: "true",
  };
  const exec = (more = {}) =>
    execute(findAqua(), ["exec", "--", "iam-authenticator", "--version"], {
      cwd: folder,
      env: { ...env, ...more },
    });
  // The first line is the file in which aqua keeps the checksum.
  assert.equal((await exec()).stdout.trim().split("\n").at(-1), version);
  rmSync(join(folder, "aqua-checksums.json"));
  served.set("SHA256SUMS", `${"0".repeat(64)}  ${basename(tarball)}\n`);
  await assert.rejects(exec({ AQUA_ROOT_DIR: join(folder, "other") }), /checksum is invalid/);
});

test("Homebrew: Ruby parses the formula", {
  skip: spawnSync("ruby", ["-v"]).status !== 0 && "no Ruby",
}, async () => {
  const { stdout } = await execute("ruby", ["-wc", written("lambda-iam-authenticator.rb")]);
  assert.equal(stdout, "Syntax OK\n");
});
