// What the shells complete, asked of the shells themselves where they are installed.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { cli } from "../cli.ts";

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
  assert.deepEqual(inFish("iam-authenticator mappings list -c prod --ac"), ["--account"]);
  assert.deepEqual(inFish("iam-authenticator completion "), ["bash", "fish", "zsh"]);
});

test("each script is one that its shell can read", () => {
  for (const [shell, script] of Object.entries({ bash, zsh, fish })) {
    if (!isInstalled(shell)) continue;
    const { status, stderr } = spawnSync(shell, ["-n", "-c", script ?? ""], { encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""], shell);
  }
});
