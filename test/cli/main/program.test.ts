// The program's help, suggestions and exit codes, and the configuration file for every command with
// --cluster.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Command } from "commander";
import { clusterOf } from "../../../cli/cmdline/chosen-clusters.ts";
import { processRun } from "../../../cli/io/run.ts";
import { createProgram } from "../../../cli/main/program.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { cli, commandPaths } from "../cli.ts";
import { prints, refuses } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

test("help.txt, the help of every command, fits 80 columns", async () => {
  const [, ...helps] = readFileSync(new URL("../../docs/help.txt", import.meta.url), "utf8").split(
    /^\$ .*\n/m,
  );
  assert.deepEqual(
    [helps.length, commandPaths(await createProgram(processRun())).length],
    [47, 47],
  );
  for (const help of helps) {
    for (const line of help.split("\n")) assert.ok(line.length <= 80, line);
  }
});

test("an example is broken where a shell continues it, and not in a wide terminal", async () => {
  const examplesAt = async (columns: number) =>
    (await cli("callers add --help", { columns })).out.split("\nExamples:\n")[1] ?? "";
  const wide = await examplesAt(400);
  assert.doesNotMatch(wide, /\\/);
  const narrow = await examplesAt(60);
  assert.match(narrow, / \\\n {6}--endpoint https:\S+ \\\n {6}--out webhook\.kubeconfig\n/);
  assert.equal(narrow.replaceAll(/ \\\n +/g, " "), wide);
});

test("the words of plans are explained where the help first has them", async () => {
  const help = async (words: string) => (await cli(`${words} --help`)).out.replaceAll(/\s+/g, " ");
  const group = await help("mappings");
  assert.match(group, /A line that begins with ! is a change that may give access/);
  for (const command of ["set", "edit", "remove", "deny", "allow", "apply", "rollback"]) {
    const text = await help(`mappings ${command}`);
    assert.match(text, /an administrator remains \(lockout check\)/);
    assert.match(text, /marked ! in the plan, which may give access/);
  }
  assert.match(await help("callers remove"), /a caller remains \(lockout check\)/);
  assert.match(
    await help("mappings lint"),
    /check a new version of the function before it answers reviews \(check before traffic\)/,
  );
});

const SEE = "See: npx --no -- lambda-iam-authenticator";
for (const [typed, message] of [
  ["mapings", "error: unknown command 'mapings'\n(Did you mean mappings?)\n"],
  ["callers lis", "error: unknown command 'lis'\n(Did you mean list?)\n"],
  ["frobnicate", /^error: (?![\s\S]*Did you mean)/],
  ["mappings list -c p --r", /^error: (?![\s\S]*Did you mean)/],
  [
    "--region x mappings list",
    /^error: unknown option '--region'\nOptions follow the command: .* <command> --reg/,
  ],
  [
    "mappings -c x list",
    /^error: .*\nOptions follow the command: npx --no -- \S+ mappings <command> -c\n$/,
  ],
  ["mappings rollback x -c p --version 1", /^error: unknown option '--version'\n/],
  ["whoami -v", /^error: unknown option '-v'\n/],
  ["mappings set", `error: missing required argument 'who'\n${SEE} mappings set --help\n`],
  [
    "whoami bob",
    /^error: too many arguments for 'whoami'\. .* 1: bob\.\nSee: npx --no -- \S+ whoami --help\n$/,
  ],
  [
    "mappings list -c x -o xml",
    /^error: option .* argument 'xml' is invalid\. Allowed choices are /,
  ],
  [
    "mappings list",
    "error: required option '-c, --cluster <id>' not specified: give it, or set CLUSTER_ID\n",
  ],
  ["reviews --since 1h", /^error: required option '-c, --cluster <id>'/],
  ["kubeconfig client --merge", /^error: required option '-c, --cluster <id>'/],
  [
    "mappings list -c a/b",
    /^error: .* argument 'a\/b' is invalid\. It must be up to 100 letters.*\n$/,
  ],
  [
    "mappings list --cluster=",
    "--cluster is empty. If a variable sets it, that variable is empty or not set.\n",
  ],
  [
    "explain x --cluster a -c b",
    /argument 'b' is invalid\. --cluster is already 'a'\. Give one cluster\.\n$/,
  ],
] as const) {
  test(`wrong usage: ${typed}`, async () => {
    await refuses(cli(typed), message);
  });
}

for (const [typed, meant] of [
  ["mappings delete", "remove"],
  ["mappings add", "set"],
  ["mappings describe", "get"],
  ["callers rm", "remove"],
  ["irsa keys delete", "retire"],
  ["list", "mappings list"],
  ["mappings token", "npx --no -- lambda-iam-authenticator token"],
  ["mappings set x -c p --user u", "--username"],
  ["mappings list --cluster-name p", "--cluster"],
  ["mappings apply --filename m.yaml", "--file"],
  ["mappings apply m.yaml --dry-run=client", "--dry-run"],
  ["kubeconfig webhook --token t", "--token-file"],
  ["mappings --hlep", "--help"],
  ["get", "mappings get"],
  ["callers show", "list"],
  ["plan", "mappings apply --dry-run"],
  ["mappings plan", "diff"],
  ["validate", "mappings lint"],
  ["verify", "doctor"],
  ["mappings verify", "lint"],
  ["login", "token --login"],
  ["update-kubeconfig", "kubeconfig client --merge"],
  ["MAPPINGS", "mappings"],
  ["mappings explain bob", "npx --no -- lambda-iam-authenticator explain"],
  ["mappings list -c p --grup x", "--group"],
  ["mappings list -c p --GROUP=x", "--group"],
  ["mappings list -C p", "-c"],
  ["mappings set x --dry\u2013run", "--dry-run"],
] as const) {
  test(`"${typed}" suggests ${meant}`, async () => {
    await refuses(
      cli(typed),
      new RegExp(`^error: unknown (command|option) '\\S+'\n\\(Did you mean ${meant}\\?\\)\n$`),
    );
  });
}

test("version, -v, -V and --version print the version", async () => {
  for (const words of ["version", "-v", "-V", "--version", "--debug -v"]) {
    assert.deepEqual(
      await cli(words),
      { code: 0, out: `${packageJson.version}\n`, err: "" },
      words,
    );
  }
});

test("help prints the --help of the program, a group or a command, and never runs the command", async () => {
  for (const [words, path] of [
    ["help", ""],
    ["mappings help", "mappings"],
    ["help irsa keys list", "irsa keys list"],
    ["help callers ls", "callers list"],
    ["help mappings remove role/1/x", "mappings remove"],
    ["reviews -h", "reviews"],
    ["contexts -h", "contexts"],
  ] as const) {
    await prints(cli(words), (await cli(`${path} --help`)).out);
  }
});

const CONTEXT = { cluster: "prod", region: "us-west-2", profile: "ops", prefix: "/elsewhere" };
const home = useFolder();
home.configure({ contexts: { live: CONTEXT } });

const below = (
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] =>
  command.commands.length === 0
    ? [{ path, command }]
    : command.commands.flatMap((child) => below(child, [...path, child.name()]));

/** The names of the options that the command needs. */
const namesOf = ({ options }: Command) =>
  options.filter(({ mandatory }) => mandatory).map((option) => option.attributeName());

test("every command with --cluster uses the context's values", async () => {
  const streams = { ...processRun(), environment: { HOME: home.path } };
  const has = (command: Command, option: string) =>
    command.options.some(({ long }) => long === option);
  let found = 0;
  for (const { path } of below(await createProgram(streams))) {
    const program = await createProgram(streams);
    const { command } =
      below(program).find((found) => `${found.path}` === `${path}`) ?? assert.fail();
    if (!has(command, "--cluster")) continue;
    found += 1;
    const words = command.registeredArguments.filter(({ required }) => required).map(() => "x");
    const options = command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long }) => [`${long}`, "https://x"]);
    const before = Object.keys(command.opts());
    command.action(() => {});
    await program.parseAsync([...path, ...words, ...options, "-c", "live"], { from: "user" });
    const expected = Object.entries(CONTEXT).filter(([name]) => has(command, `--${name}`));
    const cluster = { name: "live", ...Object.fromEntries(expected) };
    assert.deepEqual(await clusterOf(command, streams), cluster, path.join(" "));
    // The options have only what was typed.
    const typed = [...before, "cluster", ...namesOf(command)];
    assert.deepEqual(new Set(Object.keys(command.opts())), new Set(typed), path.join(" "));
  }
  assert.ok(found > 20);
});
