// examples/caller-token: the script replaces the token file in one step or not at all, and systemd
// accepts the units.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeEach, test } from "node:test";
import { useFolder } from "../cli/fixtures.ts";

const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "caller-token");
const SCRIPT = join(EXAMPLE, "renew-caller-token");
const TOKEN = `k8s-aws-v1.${"Ab0_-".repeat(400)}`;

const { path: folder, write } = useFolder();
const file = join(folder, "mounted", "caller-token");
const recorded = join(folder, "arguments");
beforeEach(() => {
  rmSync(join(folder, "mounted"), { recursive: true, force: true });
  mkdirSync(join(folder, "mounted"));
});

/** The output of `aws eks get-token` (AWS CLI 1.45). */
function printed(token: string): string {
  const status = { expirationTimestamp: "2026-11-26T12:00:00Z", token };
  const apiVersion = "client.authentication.k8s.io/v1beta1";
  return JSON.stringify({ kind: "ExecCredential", apiVersion, spec: {}, status }, undefined, 4);
}

const environment = { PATH: `${folder}${delimiter}${process.env["PATH"]}` };

/**
 * Runs the script with an `aws` that records its arguments, prints `output` and exits with `code`.
 */
function renew({
  output = printed(TOKEN),
  code = 0,
  words = ["my-cluster", "eu-west-1", file],
} = {}) {
  write("output", output);
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > '${recorded}'\ncat '${folder}/output'\nexit ${code}\n`;
  write("aws", script, 0o755);
  return spawnSync(SCRIPT, words, { env: environment, encoding: "utf8" });
}

test("the file has only the token, for its owner only", () => {
  const { status, stdout, stderr } = renew();
  assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  assert.equal(readFileSync(file, "utf8"), `${TOKEN}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const asked = "eks get-token --cluster-name my-cluster:caller --region eu-west-1 --output json";
  assert.deepEqual(readFileSync(recorded, "utf8").trim().split("\n"), asked.split(" "));
  assert.equal(
    renew({ output: printed(TOKEN).replace(/\s+/g, " ") }).status,
    0,
    "also from JSON on one line",
  );
  assert.equal(readFileSync(file, "utf8"), `${TOKEN}\n`);
});

test("if the AWS CLI fails, the old file and its folder stay as they were", () => {
  renew();
  const before = statSync(file);
  for (const [output, code] of [
    ["", 255],
    ["", 0],
    ["Unable to locate credentials", 255],
    [printed(""), 0],
    [printed("eyJhbGciOi"), 0],
    ['{"status": {"token": null}}', 0],
    [printed(TOKEN).slice(0, 300), 0],
  ] as const) {
    const { status, stdout, stderr } = renew({ output, code });
    assert.deepEqual([status, stdout], [1, ""], output);
    assert.equal(
      stderr,
      `${SCRIPT}: \`aws eks get-token\` printed no token; ${file} is unchanged.\n`,
    );
    assert.deepEqual([statSync(file).ino, statSync(file).mtimeMs], [before.ino, before.mtimeMs]);
    assert.deepEqual(readdirSync(join(folder, "mounted")), ["caller-token"]);
  }
});

test("a file that cannot be written, and wrong arguments, leave no file", () => {
  const mounted = join(folder, "created-by-a-mount");
  mkdirSync(mounted);
  const { status, stderr } = renew({ words: ["my-cluster", "eu-west-1", mounted] });
  assert.deepEqual([status, stderr], [1, `${SCRIPT}: ${mounted} is a folder: remove it.\n`]);
  assert.deepEqual(readdirSync(mounted), []);
  assert.notEqual(
    renew({ words: ["my-cluster", "eu-west-1", join(folder, "none", "caller-token")] }).status,
    0,
  );
  for (const words of [[], ["my-cluster"], ["my-cluster", "eu-west-1"], ["a", "b", "c", "d"]]) {
    rmSync(recorded, { force: true });
    const { status, stderr } = renew({ words });
    assert.deepEqual([status, /^usage: .*<cluster id> <region> <file>\n$/.test(stderr)], [2, true]);
    assert.throws(() => statSync(recorded), "the AWS CLI is not called");
  }
  assert.deepEqual(readdirSync(join(folder, "mounted")), []);
});

test("the new file is written to disk before it replaces the old one", () => {
  const text = readFileSync(SCRIPT, "utf8");
  const [synced, renamed] = [text.indexOf("conv=fsync"), text.indexOf("\nmv -f")];
  assert.ok(synced > 0 && synced < renamed);
  // A dd that reports a failed write must keep the script from renaming.
  write("dd", "#!/bin/sh\nexit 1\n", 0o755);
  renew();
  const { status } = renew();
  rmSync(join(folder, "dd"));
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(join(folder, "mounted")), []);
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("systemd accepts the units, and the timer runs every four minutes", {
  skip: !hasSystemd && "no systemd here",
}, () => {
  const units = useFolder();
  for (const kind of ["service", "timer"]) {
    const name = `iam-authenticator-caller-token.${kind}`;
    // verify requires that the program exists. The folder may have a space.
    const text = readFileSync(join(EXAMPLE, name), "utf8").replace(
      "/usr/local/sbin/renew-caller-token",
      `"${SCRIPT}"`,
    );
    const verify = ["verify", "--man=no", units.write(name, text)];
    const { status, stderr } = spawnSync("systemd-analyze", verify, { encoding: "utf8" });
    assert.deepEqual(
      [status, stderr.split("\n").filter((line) => line.includes(units.path))],
      [0, []],
      stderr,
    );
  }
  const timer = readFileSync(join(EXAMPLE, "iam-authenticator-caller-token.timer"), "utf8");
  const [, calendar = ""] = /^OnCalendar=(.*)$/m.exec(timer) ?? [];
  const { stdout } = spawnSync("systemd-analyze", ["calendar", "--iterations=3", calendar], {
    encoding: "utf8",
  });
  const minutes = [...stdout.matchAll(/\d\d:(\d\d):00(?= )/g)].map(([, minute]) => Number(minute));
  assert.equal(((minutes.at(-1) ?? 0) - (minutes.at(-3) ?? 0) + 60) % 60, 8);
});

test("the service, its settings and the cron lines call the script with the same arguments", () => {
  const read = (name: string) => readFileSync(join(EXAMPLE, name), "utf8");
  const lines = read("caller-token.env").matchAll(/^(\w+)=(.*)$/gm);
  const settings = Object.fromEntries([...lines].map(([, key, value]) => [key, value]));
  const [, started = ""] =
    /^ExecStart=(.*)$/m.exec(read("iam-authenticator-caller-token.service")) ?? [];
  const words = started
    .replace(/\$\{(\w+)\}/g, (_, name: string) => settings[name] ?? assert.fail(name))
    .split(" ");
  const [program = "", ...given] = words;
  assert.equal(program, "/usr/local/sbin/renew-caller-token");
  assert.deepEqual(read("caller-token.cron").match(/^[@*].*$/gm), [
    `@reboot root renew-caller-token ${given.join(" ")}`,
    `*/4 * * * * root renew-caller-token ${given.join(" ")}`,
  ]);
});
