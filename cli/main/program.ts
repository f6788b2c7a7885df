// Parses the command line, then loads and runs the called command.

import { type Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { describe, helpColumns, newCommand, pathOf } from "../cmdline/define.ts";
import { ignoreEmptyVariables } from "../cmdline/options.ts";
import { programName } from "../cmdline/spelling.ts";
import { EXIT } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { checkWords } from "./check-words.ts";
import { COMMANDS, commandsBelow, isCalled, isGroup, nameIn, PATHS, pathIn } from "./commands.ts";

const EXIT_CODES =
  "Exit codes: 0 success; 1 a finding, a refused change, or something that does not exist; 2 wrong usage, file or " +
  "setting; 3 AWS or network failure, where a retry may help; 130 interrupted.";

const DETAILS =
  "The function is the AWS Lambda function that kube-apiserver asks about each login: a review is its answer to one token. " +
  "Mappings in Parameter Store decide which username and groups an AWS identity gets.";

/** Creates the program with the arguments and options of every command. */
export async function createProgram(run: Run): Promise<Command> {
  const program = newProgram(run);
  await completeAll(program, run);
  return program;
}

function newProgram(run: Run): Command {
  const program = newCommand(
    run,
    programName(run.environment),
    "operate AWS IAM identities in a Kubernetes cluster",
    PATHS,
  );
  const examples = [
    "mappings list --cluster prod",
    "explain --cluster prod arn:aws:iam::111122223333:role/Developers",
  ];
  // Otherwise, `rollback --version 1` prints the version of the program.
  program.enablePositionalOptions();
  return describe(program, { details: DETAILS, examples })
    .version(packageJson.version, "-V, --version")
    .option("--debug", "with any command: report each request, and print more about an error")
    .addHelpText("after", () => `\n${program.createHelp().boxWrap(EXIT_CODES, helpColumns(run))}`);
}

/**
 * Adds a command's arguments and options, or a group's commands. `next`: the word after the group.
 * If it names a command, only that one is created, because creating all of them takes milliseconds.
 */
async function complete(command: Command, run: Run, next?: string): Promise<void> {
  const path = pathOf(command).slice(1).join(" ");
  const entry = COMMANDS[path];
  if (entry?.load !== undefined) {
    const define = await entry.load();
    define(command, run);
    ignoreEmptyVariables(command, run);
    // Commander sets these defaults, but before it calls the hook that completes the command.
    for (const option of command.options.filter(({ negate }) => negate)) {
      command.setOptionValueWithSource(option.attributeName(), true, "default");
    }
    return;
  }
  if (entry !== undefined) describe(command, entry);
  const below = commandsBelow(path);
  const called = below.filter((childPath) => isCalled(childPath, next));
  for (const childPath of called.length > 0 ? called : below) {
    const { summary = "", alias } = COMMANDS[childPath] ?? {};
    const child = newCommand(run, nameIn(childPath), summary, PATHS);
    command.addCommand(alias === undefined ? child : child.alias(alias));
  }
}

async function completeAll(command: Command, run: Run): Promise<void> {
  await complete(command, run);
  for (const child of command.commands) await completeAll(child, run);
}

function completeCalled(group: Command, words: readonly string[], run: Run): void {
  group.hook("preSubcommand", async (_, called) => {
    await complete(called, run, group.args[1]);
    checkWords(words, called, run);
    completeCalled(called, words, run);
  });
}

/**
 * Turns `help mappings set` and `mappings help set` into `mappings set --help`. After a command,
 * `help` is an argument.
 */
function helpLast(words: readonly string[]): readonly string[] {
  const at = words.indexOf("help");
  if (at < 0 || !isGroup(words.slice(0, at).join(" ")) || words[at + 1]?.startsWith("-"))
    return words;
  const named = words.toSpliced(at, 1);
  const path = pathIn(named);
  const isUnknown = isGroup(path) && path !== named.join(" ");
  return isUnknown ? named : `${path} --help`.trim().split(" ");
}

/**
 * Turns `reviews` into `reviews list`. Commander's default command would read the typo in `reviews
 * stat` as an argument.
 */
function listByDefault(words: readonly string[]): readonly string[] {
  const [group = "", next = ""] = words;
  if (!["reviews", "contexts"].includes(group) || ["-h", "--help"].includes(next)) return words;
  return next === "" || next.startsWith("-") ? [group, "list", ...words.slice(1)] : words;
}

/**
 * Parses the words, and runs the command. Throws `CommanderError` for wrong usage and after --help.
 * Its message is already printed.
 */
export async function parse(words: readonly string[], run: Run): Promise<void> {
  const arranged = listByDefault(helpLast(words));
  const program = newProgram(run);
  if (arranged[0] === "completion") {
    await completeAll(program, run);
    program.hook("preSubcommand", (_, called) => checkWords(arranged, called, run));
  } else {
    await complete(program, run, arranged[0]);
    completeCalled(program, arranged, run);
  }
  checkWords(arranged, program, run);
  await program.parseAsync(arranged, { from: "user" });
}

/**
 * Returns the exit code; `undefined` if the error is not Commander's. Commander has already printed
 * its message.
 */
export function exitCodeOf(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? 0 : EXIT.usage;
}
