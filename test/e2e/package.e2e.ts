// The packed npm package with npx, and the release built twice. cdk-versions.e2e.ts installs the package in other CDK apps.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { packInto, ROOT, run } from "./packed.ts";

const folder = mkdtempSync(join(tmpdir(), "package-"));
/** The user id that Linux and macOS give to files of unknown owners. */
const NOBODY = 65_534;
const installed = join(folder, "lambda-iam-authenticator");
after(() => rmSync(folder, { recursive: true }));

let tarball: string;
let unpackedSize: number;
before(() => {
  ({ tarball, unpackedSize } = packInto(folder));
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"], folder);
});

test("npx runs the command from the packed file, offline and without an installation", () => {
  const empty = mkdtempSync(join(tmpdir(), "npx-"));
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path, npm_config_cache: join(empty, ".npm"), npm_config_offline: "true" };
  try {
    copyFileSync(tarball, join(empty, basename(tarball)));
    writeFileSync(join(empty, "mappings.yaml"), "mappings:\n  - arn: arn:aws:iam::111122223333:role/Admin\n");
    const args = ["--yes", `./${basename(tarball)}`, "mappings", "lint", "-f", "mappings.yaml"];
    const { status, stdout } = spawnSync("npx", args, { cwd: empty, encoding: "utf8", env });
    assert.match(stdout, /role\/Admin\) {2}username is missing/);
    assert.equal(status, 1);
  } finally {
    rmSync(empty, { recursive: true });
  }
});

test("the package has less than 3 MB unpacked", () => {
  assert.ok(unpackedSize < 3_000_000, `${unpackedSize} bytes`);
});

test("the package is built: it has no dependency beside the CDK, and no TypeScript file that Node would load", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  const command = join(installed, manifest.bin["iam-authenticator"]);
  assert.equal(run(process.execPath, [command, "--version"], folder).trim(), manifest.version);
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    files.filter((name) => /(?<!\.d)\.ts$/.test(name)),
    [],
  );
  assert.deepEqual(readdirSync(installed).sort(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "dist",
    "docs",
    "package.json",
  ]);
});

test("two builds of the release produce the same bytes, also by another user, at another time, in another zone and folder", () => {
  const build = pathToFileURL(join(ROOT, "infra", "release", "build.ts")).href;
  const [first = "", second = ""] = [join(folder, "first"), join(folder, "elsewhere", "second")];
  const home = join(folder, "elsewhere");
  mkdirSync(home);
  const nobody = { uid: NOBODY, gid: NOBODY };
  // Only root can run a program as another user, who must be able to read this folder.
  const reads = ["--eval", `require("fs").readFileSync(${JSON.stringify(join(ROOT, "package.json"))})`];
  const isOther = process.getuid?.() === 0 && spawnSync(process.execPath, reads, nobody).status === 0;
  if (isOther) for (const path of [folder, home]) chownSync(path, NOBODY, NOBODY);
  for (const [outdir, more, user] of [
    [first, {}, {}],
    [second, { TZ: "Pacific/Auckland", LANG: "de_DE.UTF-8", HOME: home, TMPDIR: home }, isOther ? nobody : {}],
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
  for (const file of files) {
    assert.ok(readFileSync(join(first, file)).equals(readFileSync(join(second, file))), file);
  }
});
