// What the shells complete, asked of the shells themselves where they are installed.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cli } from "./cli.ts";
import { type LocalCluster, PREFIX, storedCluster } from "./mappings/cluster.ts";

const isInstalled = (shell: string) => spawnSync(shell, ["--version"]).error === undefined;
const skip = (shell: string) => (isInstalled(shell) ? {} : { skip: `no ${shell} here` });

const [bash, zsh, fish] = await Promise.all(
  ["bash", "zsh", "fish"].map(async (shell) => (await cli(["completion", shell])).out),
);

function run(shell: string, words: readonly string[]): string[] {
  return execFileSync(shell, words, { encoding: "utf8" }).trim().split("\n");
}

/** What bash's own machinery would set before it calls the function, and print after. */
function asking(words: readonly string[]): string {
  const array = ["iam-authenticator", ...words].map((word) => `'${word}'`).join(" ");
  return `COMP_WORDS=(${array}); COMP_CWORD=${words.length}; _iam_authenticator; printf '%s\\n' "\${COMPREPLY[@]}"`;
}
const inBash = (...words: string[]) => run("bash", ["--norc", "-c", `${bash}\n${asking(words)}`]);
const inFish = (line: string) => run("fish", ["--no-config", "-c", `${fish}\ncomplete -C '${line}'`]);
/** zsh narrows the words down later, by itself: here they are all that may stand there. */
const inZsh = (...words: string[]) =>
  run("zsh", [
    "-f",
    "-c",
    `autoload -Uz compinit; compinit -u -D\n${zsh}\nask() { emulate -L sh; setopt ksharrays; ${asking(words)}; }; ask`,
  ]);

test("bash: commands, their commands, their options, and an argument that is a choice", () => {
  assert.deepEqual(inBash("ma"), ["mappings"]);
  assert.deepEqual(inBash("mappings", "l"), ["list", "lint"]);
  assert.deepEqual(inBash("mappings", "apply", "--pr"), ["--profile", "--prefix", "--prune"]);
  assert.deepEqual(inBash("mappings", "list", "-c", "prod", "--ac"), ["--account"]);
  assert.deepEqual(inBash("mappings", "ls", "-c", "prod", "--ac"), ["--account"]);
  assert.deepEqual(inBash("reviews", "ls", "--f"), ["--follow"]);
  assert.deepEqual(inBash("completion", "f"), ["fish"]);
  assert.deepEqual(inBash("unknown", "tok"), ["token"]);
});

test("zsh: the same, by the same function", skip("zsh"), () => {
  assert.deepEqual(inZsh("callers", ""), ["add", "list", "remove", "--help"]);
  assert.ok(inZsh("mappings", "apply", "").includes("--prune"));
});

test("fish: also what an option may be, and no command a second time", skip("fish"), () => {
  assert.deepEqual(inFish("iam-authenticator ma"), ["mappings"]);
  assert.deepEqual(inFish("iam-authenticator mappings l"), ["lint", "list"]);
  assert.deepEqual(inFish("iam-authenticator mappings list -o "), ["json", "table", "yaml"]);
  for (const name of ["list", "ls"]) {
    assert.deepEqual(inFish(`iam-authenticator mappings ${name} -c prod --ac`), ["--account"]);
  }
  assert.deepEqual(inFish("iam-authenticator completion "), ["bash", "fish", "zsh"]);
});

test("each script is one that its shell can read", () => {
  for (const [shell, script] of Object.entries({ bash, zsh, fish })) {
    if (!isInstalled(shell)) continue;
    const { status, stderr } = spawnSync(shell, ["-n", "-c", script ?? ""], { encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""], shell);
  }
});

const home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
let cluster: LocalCluster;
before(async () => {
  cluster = await storedCluster({
    "role/111122223333/developers": { arn: "arn:aws:iam::111122223333:role/Developers", username: "d" },
    "user/111122223333/alice": { arn: "arn:aws:iam::111122223333:user/alice", username: "a" },
    callers: [{ name: "control-plane-2026", sha256: "0".repeat(64) }],
  });
  mkdirSync(join(home, ".config", "iam-authenticator"), { recursive: true });
  const config = "contexts:\n  live: {cluster: prod}\n  test: {}\n";
  writeFileSync(join(home, ".config", "iam-authenticator", "config.yaml"), config);
});
after(async () => {
  rmSync(home, { recursive: true });
  await cluster.store.close();
});
const complete = (...words: string[]) => cli(["__complete", ...words], { environment: { HOME: home } });
/** On a busy machine nothing may have come in time: then TAB is pressed again. */
async function completed(...words: string[]): Promise<string> {
  for (let press = 1; press < 10; press += 1) {
    const { out } = await complete(...words);
    if (out !== "") return out;
  }
  return "";
}

test("contexts and their clusters; kinds without a call to AWS; then names, of the cluster that is typed", async () => {
  assert.equal((await complete("clusters")).out, "live\nprod\ntest\n");
  const before = cluster.store.requests.length;
  assert.match((await complete("mappings", "ro", "mappings", "get", "-c", "live")).out, /^role\/\nuser\/\nsso\/\n/);
  assert.equal(cluster.store.requests.length, before);
  const names = "role/111122223333/developers\n";
  assert.equal(await completed("mappings", "role/", "mappings", "get", "-c", "live"), names);
  assert.equal(
    await completed("mappings", "role/1", "mappings", "get", "-c", "live", "--account", "111122223333"),
    names,
  );
  assert.equal((await complete("mappings", "role/9", "mappings", "get", "-c", "live")).out, "");
  assert.equal(await completed("callers", "", "callers", "remove", "--cluster=live"), "control-plane-2026\n");
});

test("of ten thousand names, those that came within a second; a silent service is not waited for", async () => {
  const many = Array.from({ length: 2_000 }, (_, i) => [`${PREFIX}/sso/111122223333/set-${i}`, "{}"] as const);
  for (const [name, value] of many) cluster.store.put(name, value);
  const out = await completed("mappings", "sso/", "mappings", "get", "-c", "live");
  const names = out.trim().split("\n");
  assert.ok(names.length >= 10 && names.length < 2_000, `${names.length} names`);
  for (const name of names) assert.match(name, /^sso\/111122223333\/set-\d+$/);
  cluster.store.fail({ kind: "silent" });
  const silent = await complete("mappings", "sso/", "mappings", "get", "-c", "live");
  cluster.store.fail(undefined);
  assert.deepEqual(silent, { code: 0, out: "", err: "" });
});

test("whatever fails, nothing is completed and nothing is said", async () => {
  for (const words of [["mappings", "role/"], ["mappings", "role/", "-c", "bad id"], ["nothing"], []]) {
    assert.deepEqual(await complete(...words), { code: 0, out: "", err: "" });
  }
  cluster.store.fail({ kind: "answer", status: 400, body: '{"__type":"AccessDeniedException","message":"x"}' });
  const refused = await complete("mappings", "role/", "mappings", "get", "-c", "live");
  cluster.store.fail(undefined);
  assert.deepEqual(refused, { code: 0, out: "", err: "" });
  writeFileSync(join(home, ".config", "iam-authenticator", "config.yaml"), "nonsense: 1");
  assert.deepEqual(await complete("clusters"), { code: 0, out: "", err: "" });
});

test("a name that a shell would take for more than a word is not completed: bash runs what stands in one", async () => {
  const parameter = `${PREFIX}/callers`;
  const hostile = ["$(reboot)", "`reboot`", "a;reboot", "a b", "*(e:reboot:)", "~root", "a\ncontrol-plane-2025", ""];
  const names = [...hostile, "control-plane-2026"];
  cluster.store.put(parameter, JSON.stringify(names.map((name) => ({ name, sha256: "0".repeat(64) }))));
  const config = "contexts: {live: {cluster: prod}}";
  writeFileSync(join(home, ".config", "iam-authenticator", "config.yaml"), config);
  assert.equal(await completed("callers", "", "callers", "remove", "-c", "live"), "control-plane-2026\n");
});

test("bash asks for clusters after -c, and for names where a command takes one", () => {
  const answers = `iam-authenticator() { case "$2" in clusters) echo live prod ;; mappings) echo "$3 $4 $5" >&2; echo role/1/dev role/1/ops user/ ;; esac; }`;
  const ask = (...words: string[]) => run("bash", ["--norc", "-c", `${answers}\n${bash}\n${asking(words)}`]);
  assert.deepEqual(ask("mappings", "list", "-c", "l"), ["live"]);
  assert.deepEqual(ask("mappings", "get", "role/1/d"), ["role/1/dev"]);
  assert.deepEqual(ask("mappings", "get", "us"), ["user/"]);
  assert.deepEqual(ask("mappings", "get", "--pre"), ["--prefix"]);
});
