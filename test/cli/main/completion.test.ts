// Completions of bash, zsh and fish, in the shells that are installed.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, prints, useCluster } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

const home = useFolder();
const skip = (shell: string) =>
  spawnSync(shell, ["--version"]).error ? { skip: `no ${shell} here` } : {};

const scripts = ["bash", "zsh", "fish"].map(
  async (shell) => (await cli(["completion", shell])).out,
);
const [bash, zsh, fish] = await Promise.all(scripts);

const run = (shell: string, words: readonly string[]) =>
  execFileSync(shell, words, { encoding: "utf8" }).trim().split("\n");

/** Sets the variables that bash sets before it calls the function, and prints the result. */
function asking(words: readonly string[]): string {
  const array = ["iam-authenticator", ...words].map((word) => `'${word}'`).join(" ");
  return `COMP_WORDS=(${array}); COMP_CWORD=${words.length}; _iam_authenticator; printf '%s\\n' "\${COMPREPLY[@]}"`;
}
const inBash = (...words: string[]) => run("bash", ["--norc", "-c", `${bash}\n${asking(words)}`]);
const inFish = (line: string) =>
  run("fish", ["--no-config", "-c", `${fish}\ncomplete -C '${line}'`]);
/** zsh filters the words later: these are all candidates. */
const inZsh = (...words: string[]) => {
  const ask = `ask() { emulate -L sh; setopt ksharrays; ${asking(words)}; }; ask`;
  return run("zsh", ["-f", "-c", `autoload -Uz compinit; compinit -u -D\n${zsh}\n${ask}`]);
};

test("bash completes commands, subcommands, options and arguments with choices", () => {
  assert.deepEqual(inBash("ma"), ["mappings"]);
  assert.deepEqual(inBash("mappings", "l"), ["list", "lint"]);
  assert.deepEqual(inBash("mappings", "apply", "--pr"), [
    "--profile",
    "--prefix",
    "--prune",
    "--prune-denials",
  ]);
  for (const name of ["list", "ls"])
    assert.deepEqual(inBash("mappings", name, "-c", "prod", "--ac"), ["--account"]);
  assert.deepEqual(inBash("reviews", "ls", "--f"), ["--follow"]);
  assert.deepEqual(inBash("completion", "f"), ["fish"]);
  assert.deepEqual(inBash("unknown", "tok"), ["token"]);
  for (const name of ["list", "ls"])
    assert.deepEqual(inBash("mappings", name, "-o", "w"), ["wide"]);
  assert.deepEqual(inBash("whoami", "-c", "x", "--output", ""), ["table", "json", "yaml"]);
  assert.deepEqual(inBash("mappings", "export", "--format", "a"), ["aws-auth"]);
});

test("zsh completes the same words with the same function", skip("zsh"), () => {
  assert.deepEqual(inZsh("callers", ""), ["add", "list", "remove", "--help"]);
  assert.ok(inZsh("mappings", "apply", "").includes("--prune"));
  assert.deepEqual(inZsh("whoami", "-o", ""), ["table", "json", "yaml"]);
});

test("fish also completes values of options, and no command twice", skip("fish"), () => {
  assert.deepEqual(inFish("iam-authenticator ma"), ["mappings"]);
  assert.deepEqual(inFish("iam-authenticator mappings l"), ["lint", "list"]);
  const formats = ["csv", "json", "name", "table", "wide", "yaml"];
  assert.deepEqual(inFish("iam-authenticator mappings list -o "), formats);
  for (const name of ["list", "ls"]) {
    assert.deepEqual(inFish(`iam-authenticator mappings ${name} -c prod --ac`), ["--account"]);
  }
  assert.deepEqual(inFish("iam-authenticator completion "), ["bash", "fish", "zsh"]);
});

test("--install writes the script where the shell finds it, and replaces an earlier one", async () => {
  const { path: HOME, write } = home;
  const install = (shell: string, environment: Readonly<Record<string, string>> = { HOME }) =>
    cli(["completion", shell, "--install"], { environment });
  const name = write(
    ".local/share/bash-completion/completions/iam-authenticator",
    "of an earlier version",
  );
  const loaded = `Wrote ${name}. New shells load it if the package bash-completion is installed.\n`;
  await exits(install("bash"), 0, loaded, "");
  const script = join(HOME, ".local/share/iam-authenticator/completion.zsh");
  await exits(
    install("zsh"),
    0,
    `Wrote ${script}. Add this line to ~/.zshrc, after compinit: source ${script}\n`,
  );
  await exits(install("fish", { HOME: "/nowhere", XDG_CONFIG_HOME: HOME }), 0);
  const written = [name, script, join(HOME, "fish/completions/iam-authenticator.fish")];
  const scripts = written.map((file) => readFileSync(file, "utf8"));
  assert.deepEqual(scripts, [bash, zsh, fish]);
  await exits(cli("completion bash --install"), 2, "Cannot find your home folder: set HOME.\n");
});

const CONFIG = { contexts: { live: { cluster: "prod" }, test: {} } };
const STORED = {
  "role/111122223333/developers": {
    arn: "arn:aws:iam::111122223333:role/Developers",
    username: "d",
  },
  "user/111122223333/alice": { arn: "arn:aws:iam::111122223333:user/alice", username: "a" },
  callers: [{ name: "control-plane-2026", sha256: "0".repeat(64) }],
};
const cluster = useCluster(STORED, "all");
const complete = (...words: string[]) =>
  cli(["__complete", ...words], { environment: { HOME: home.path } });
/** On a busy machine no name may arrive in time: then this presses TAB again. */
async function completed(...words: string[]): Promise<string> {
  for (let press = 1; press < 10; press += 1) {
    const { out } = await complete(...words);
    if (out !== "") return out;
  }
  return "";
}

test("it completes contexts, clusters, kinds, and names of the typed cluster", async () => {
  home.configure(CONFIG);
  assert.equal((await complete("clusters")).out, "live\nprod\ntest\n");
  const before = cluster.store.requests.length;
  assert.match(
    (await complete("mappings", "ro", "mappings", "get", "-c", "live")).out,
    /^role\/\nuser\/\nroot\/\n/,
  );
  assert.equal(cluster.store.requests.length, before);
  const names = "role/111122223333/developers\n";
  assert.equal(await completed("mappings", "role/", "mappings", "get", "-c", "live"), names);
  assert.equal(
    await completed("mappings", "role/", "mappings", "get", "--help", "-o", "json", "-c", "live"),
    names,
  );
  const ofAccount = ["-c", "live", "--account", "111122223333"];
  assert.equal(await completed("mappings", "role/1", "mappings", "get", ...ofAccount), names);
  assert.equal((await complete("mappings", "role/9", "mappings", "get", "-c", "live")).out, "");
  assert.equal(
    await completed("callers", "", "callers", "remove", "--cluster=live"),
    "control-plane-2026\n",
  );
});

test("on any error, it completes nothing and prints nothing", async () => {
  home.configure(CONFIG);
  const nothing = (...words: string[]) => prints(complete(...words), "", "");
  for (const words of [["mappings", "role/"], ["mappings", "role/", "-c", "a b"], ["x"], []])
    await nothing(...words);
  cluster.store.fail({
    kind: "answer",
    status: 400,
    body: '{"__type":"AccessDeniedException","message":"x"}',
  });
  await nothing("mappings", "role/", "mappings", "get", "-c", "live");
  cluster.store.fail(undefined);
  home.configure("nonsense: 1");
  await nothing("clusters");
});

test("a name that is not one plain shell word is not completed: bash would run it", async () => {
  const hostile = [
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a b",
    "*(e:reboot:)",
    "~root",
    "a\ncontrol-plane-2025",
    "",
  ];
  const callers = [...hostile, "control-plane-2026"].map((name) => ({
    name,
    sha256: "0".repeat(64),
  }));
  cluster.put("callers", callers);
  home.configure(CONFIG);
  assert.equal(
    await completed("callers", "", "callers", "remove", "-c", "live"),
    "control-plane-2026\n",
  );
});

test("bash requests clusters after -c, and names for commands that take one", () => {
  const answers = `iam-authenticator() { case "$2" in clusters) echo live prod ;; mappings) echo "$3 $4 $5" >&2; echo role/1/dev role/1/ops user/ ;; esac; }`;
  const ask = (...words: string[]) =>
    run("bash", ["--norc", "-c", `${answers}\n${bash}\n${asking(words)}`]);
  assert.deepEqual(ask("mappings", "list", "-c", "l"), ["live"]);
  assert.deepEqual(ask("mappings", "get", "role/1/d"), ["role/1/dev"]);
  assert.deepEqual(ask("mappings", "get", "us"), ["user/"]);
  assert.deepEqual(ask("mappings", "get", "--pre"), ["--prefix"]);
});
