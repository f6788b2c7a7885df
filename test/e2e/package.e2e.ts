// The packed npm package in other CDK apps, a CommonJS app, as `cdk init` creates it, and an ES module, and with npx; and the
// release built twice.

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
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { compile, packInto, ROOT, run } from "./packed.ts";

const folder = mkdtempSync(join(tmpdir(), "package-"));
/** The user id that Linux and macOS give to files of unknown owners. */
const NOBODY = 65_534;
const modules = join(folder, "node_modules");
const installed = join(modules, "lambda-iam-authenticator");
after(() => rmSync(folder, { recursive: true }));

let tarball: string;
let unpackedSize: number;
before(() => {
  ({ tarball, unpackedSize } = packInto(folder));
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"], folder);
  for (const name of ["aws-cdk-lib", "constructs", "@types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
});

/** The example of docs/cdk.md for other CDK apps. */
const APP = `
class ClusterStack extends Stack {
  constructor(scope: App) {
    super(scope, "Cluster", { env: { account: "111122223333", region: "eu-west-1" } });
    const teamRole = new Role(this, "Team", { assumedBy: new AccountRootPrincipal() });
${snippet()}
  }
}
const app = new App({ outdir: process.argv[2] as string });
new ClusterStack(app);
app.synth();
`;

function snippet(): string {
  const page = readFileSync(join(ROOT, "docs", "cdk.md"), "utf8");
  const [, code = ""] =
    /^import \{ IamAuthenticator \} from "lambda-iam-authenticator";\n(.*?)^```$/ms.exec(page) ?? [];
  return code.replace("<64 hex digits>", "0".repeat(64));
}

const IMPORTS = `import { App, Stack } from "aws-cdk-lib";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { IamAuthenticator } from "lambda-iam-authenticator";
`;

const KINDS = ["commonjs", "module"];

test("apps that are CommonJS or an ES module compile, and deploy the same bundle", () => {
  const apps = KINDS.map((type) => join(folder, type));
  for (const [at, app] of apps.entries()) {
    mkdirSync(app);
    writeFileSync(join(app, "package.json"), JSON.stringify({ type: KINDS[at] }));
    writeFileSync(join(app, "app.ts"), IMPORTS + APP);
  }
  compile(folder, ...KINDS.map((type) => join(type, "app.ts")));
  for (const app of apps) {
    run(process.execPath, ["app.js", "cdk.out"], app);
    const template = JSON.parse(readFileSync(join(app, "cdk.out", "Cluster.template.json"), "utf8"));
    const resources: { Type: string; Properties: { Name?: string } }[] = Object.values(template.Resources);
    const names = resources
      .filter(({ Type }) => Type === "AWS::SSM::Parameter")
      .map(({ Properties }) => Properties.Name);
    assert.ok(names.includes("/iam-authenticator/prod/sso/111122223333/clusteradmin"), names.join());
    assert.equal(names.length, 6);
    const assets = readdirSync(join(app, "cdk.out")).filter((name) => name.startsWith("asset."));
    const bundles = assets.map((asset) => readFileSync(join(app, "cdk.out", asset, "index.mjs")));
    for (const name of ["authenticator", "deployment-check"]) {
      const built = readFileSync(join(ROOT, "dist", name, "index.mjs"));
      assert.ok(
        bundles.some((bundle) => bundle.equals(built)),
        name,
      );
    }
  }
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
