// The program's help and exit codes.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { startHttpServer } from "../../local/http-server.ts";
import { cli, commandPaths } from "./cli.ts";
import { exits } from "./mappings/cluster.ts";

const SCRIPT = fileURLToPath(new URL("../../cli/iam-authenticator.ts", import.meta.url));

const COMMANDS = commandPaths(await createProgram(processStreams()));

test("help.txt, the help of every command, fits 80 columns, and each example runs a command", () => {
  const helps = readFileSync(new URL("../docs/help.txt", import.meta.url), "utf8")
    .split(/^\$ .*\n/m)
    .slice(1);
  assert.deepEqual([helps.length, COMMANDS.length], [47, 47]);
  for (const help of helps) {
    const [text = "", examples = ""] = help.split("\nExamples:\n");
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    assert.match(examples, /iam-authenticator/, help);
    for (const [, words = ""] of examples.matchAll(/iam-authenticator ((?:[a-z]+ ?)+)/g)) {
      const named = words.trim().split(" ");
      assert.ok(
        COMMANDS.some((known) => known.length > 0 && known.every((word, i) => word === named[i])),
        words,
      );
    }
  }
});

test("--help of every command fits 40 columns, except usage, examples and long words", async () => {
  for (const path of COMMANDS) {
    const { out } = await cli([...path, "--help"], { columns: 40 });
    const [text = "", rest = ""] = out.split("\nExamples:\n");
    const [, exitCodes = ""] = rest.split("\nExit codes:");
    const lines = [...text.split("\n").slice(1), ...exitCodes.split("\n").slice(1)];
    // Terms and words are not broken.
    const long = lines.filter(
      (line) =>
        line.length > 40 &&
        line
          .trim()
          .replace(/<[^>]*>|\[[^\]]*\]/g, "")
          .includes(" "),
    );
    assert.deepEqual(long, [], path.join(" "));
  }
});

test("--cluster can be given only once, except for commands that accept several clusters", async () => {
  for (const words of [
    ["mappings", "get", "x", "-c", "a", "-c", "b"],
    ["explain", "x", "--cluster", "a", "-c", "b"],
  ]) {
    await exits(cli(words), 2, /argument 'b' is invalid\. --cluster is already 'a'\. Give one cluster\.\n$/);
  }
});

test("wrong usage exits with 2, one sentence and a hint", async () => {
  for (const words of [["mapings"], ["mappings", "list"], ["mappings", "list", "-c", "x", "-o", "xml"], ["--frob"]]) {
    const { code, err } = await cli(words);
    assert.equal(code, 2);
    assert.match(err, /^error: /);
  }
  assert.match((await cli(["mapings"])).err, /Did you mean mappings/);
  const { code, err } = await cli(["mappings", "list", "-c", "bad id"], { environment: {} });
  assert.deepEqual([code, err.split("\n").length], [2, 2]);
});

test("names of other tools, shortened options and commands without their group get a suggestion", async () => {
  for (const [words, meant] of [
    [["mappings", "delete"], "remove"],
    [["mappings", "rm"], "remove"],
    [["mappings", "add"], "set"],
    [["mappings", "create"], "set"],
    [["mappings", "describe"], "get"],
    [["callers", "rm"], "remove"],
    [["callers", "create"], "add"],
    [["irsa", "keys", "delete"], "retire"],
    [["list"], "mappings list"],
    [["delete"], "mappings remove"],
    [["mappings", "token"], "token"],
    [["mappings", "set", "x", "-c", "p", "--user", "u"], "--username"],
    [["mappings", "sett"], "set"],
  ] as const) {
    const { err } = await exits(cli(words), 2);
    assert.match(
      err,
      new RegExp(`^error: unknown (command|option) '\\S+'\n\\(Did you mean ${meant}\\?\\)\n$`),
      words.join(" "),
    );
  }
  for (const words of [["frobnicate"], ["mappings", "list", "-c", "p", "--r"]]) {
    assert.doesNotMatch((await cli(words)).err, /Did you mean/);
  }
});

test("version, -v, -V and --version print the version", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const words of [["version"], ["-v"], ["-V"], ["--version"], ["--debug", "-v"]]) {
    assert.deepEqual(await cli(words), { code: 0, out: `${version}\n`, err: "" }, words.join(" "));
  }
  // -v of a command is not the version.
  await exits(cli(["whoami", "-v"]), 2);
});

test("a missing or extra argument prints the command's --help line", async () => {
  for (const [words, problem, path] of [
    [["mappings", "set"], "missing required argument 'who'", "mappings set"],
    [["whoami", "bob"], "too many arguments for 'whoami'. Expected 0 arguments but got 1: bob.", "whoami"],
  ] as const) {
    await exits(cli(words), 2, `error: ${problem}\nSee: npx lambda-iam-authenticator ${path} --help\n`);
  }
});

test("reviews runs reviews list, and a typo after it is an unknown command", async () => {
  await exits(cli(["reviews", "stat"]), 2, "error: unknown command 'stat'\n(Did you mean stats?)\n");
  for (const words of [["reviews"], ["reviews", "--since", "1h"]]) {
    assert.match((await cli(words)).err, /^error: required option '-c, --cluster <id>'/);
  }
  for (const words of [
    ["reviews", "--help"],
    ["reviews", "-h"],
    ["help", "reviews"],
  ]) {
    assert.match((await cli(words)).out, /^Usage: npx lambda-iam-authenticator reviews \[options\] \[command\]/);
  }
});

test("the error for a missing required option names the environment variable", async () => {
  const { code, err } = await cli(["mappings", "list"]);
  assert.deepEqual(
    [code, err],
    [2, "error: required option '-c, --cluster <id>' not specified: give it, or set CLUSTER_ID\n"],
  );
  const other = await cli(["kubeconfig", "client", "-c", "prod"]);
  assert.equal(other.err, "error: required option '--server <url>' not specified\n");
});

test("the script is executable, and a closed pipe is not an error", () => {
  const version = spawnSync(process.execPath, [SCRIPT, "--version"], { encoding: "utf8" });
  assert.deepEqual([version.status, version.stderr], [0, ""]);
  const piped = spawnSync("bash", ["-c", `set -o pipefail; '${process.execPath}' '${SCRIPT}' --help | head -1`]);
  assert.deepEqual([piped.status, String(piped.stderr)], [0, ""]);
});

test("Ctrl-C ends a waiting process with 130 and one word", async () => {
  const silent = await startHttpServer(() => ({ status: 500, body: "" }));
  silent.fail({ kind: "silent" });
  const child = spawn(process.execPath, [SCRIPT, "mappings", "list", "-c", "x", "--region", "us-east-1"], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL_SSM: silent.url,
      AWS_ACCESS_KEY_ID: "AKIALOCALOPERATORAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
    },
  });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  while (silent.requests.length === 0) await setTimeout(20);
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  await silent.close();
  assert.deepEqual([code, err], [130, "Interrupted.\n"]);
});

test("every command with --cluster rejects an empty one", async () => {
  const program = await createProgram(processStreams());
  const withCluster = COMMANDS.filter((path) => {
    const command = path.reduce<Command | undefined>(
      (found, name) => found?.commands.find((child) => child.name() === name),
      program,
    );
    return command?.options.some(({ long }) => long === "--cluster");
  });
  assert.ok(withCluster.length >= 17);
  for (const path of withCluster) {
    const { out } = await exits(
      cli([...path, "-c", ""]),
      2,
      /'-c, --cluster <id>' argument '' is invalid\. It must be up to 100 letters/,
    );
    assert.equal(out, "");
  }
});

test("help prints the --help of the program, a group or a command, and never runs the command", async () => {
  for (const [words, path] of [
    ["help", ""],
    ["help mappings", "mappings"],
    ["mappings help", "mappings"],
    ["help irsa keys", "irsa keys"],
    ["help irsa keys list", "irsa keys list"],
    ["help callers ls", "callers list"],
    ["mappings help set", "mappings set"],
    ["help mappings remove role/1/x", "mappings remove"],
    ["help version", "version"],
    ["help help", "help"],
  ] as const) {
    const { code, out } = await cli(words.split(" "));
    assert.deepEqual([code, out], [0, (await cli(`${path} --help`.trim().split(" "))).out], words);
  }
  await exits(cli(["help", "mapings"]), 2, "error: unknown command 'mapings'\n(Did you mean mappings?)\n");
  await exits(cli(["help", "mappings", "lst"]), 2);
  // After a command, help is an argument, such as a caller's name.
  assert.match((await cli(["callers", "remove", "help"])).err, /required option '-c, --cluster <id>'/);
});
