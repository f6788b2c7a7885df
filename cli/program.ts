// Parses the command line, then loads and runs the called command.

import { type Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { applyContext } from "./apply-context.ts";
import { describe, helpColumns, isCalled, newCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./errors.ts";
import { programName } from "./program-name.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import { DEBUG, VERSION } from "./words.ts";

const EXIT_CODES =
  "Exit codes: 0 success; 1 a finding, a refused change, or something that does not exist; 2 wrong usage, file or " +
  "setting; 3 AWS or network failure, where a retry may help; 130 interrupted.";

const PATHS = Object.keys(COMMANDS);

/** The program with the arguments and options of every command. */
export async function createProgram(io: IOStreams): Promise<Command> {
  const { program, load } = listCommands(io);
  await load(below(program));
  return program;
}

interface CommandList {
  readonly program: Command;
  /** Loads the code of these commands. */
  load(commands: readonly Command[]): Promise<void>;
}

/** Creates the commands at these paths of `COMMANDS`, with name and summary. `load` adds the rest. */
function listCommands(io: IOStreams, paths: readonly string[] = PATHS): CommandList {
  const create = (name: string, summary: string) => newCommand(io, name, summary, PATHS);
  const program = create(programName(io.environment), "operate AWS IAM identities in a Kubernetes cluster");
  const examples = [
    "iam-authenticator mappings list --cluster prod",
    "iam-authenticator explain --cluster prod arn:aws:iam::111122223333:role/Developers",
  ];
  describe(program, { examples })
    .version(packageJson.version, VERSION.join(", "))
    .option(DEBUG, "with any command: report each request, and print more about an error")
    .addHelpText("after", ({ command }) => `\n${command.createHelp().boxWrap(EXIT_CODES, helpColumns(io))}`)
    .hook("preAction", (_, command) => applyContext(command, io));
  const loaders = new Map<Command, () => Promise<unknown>>();
  for (const path of paths) {
    const entry = COMMANDS[path];
    if (entry === undefined) continue;
    const names = path.split(" ");
    const command = create(names.at(-1) ?? "", entry.summary);
    follow(program, names.slice(0, -1)).addCommand(command);
    if ("examples" in entry) describe(command, entry);
    else {
      if (entry.alias !== undefined) command.alias(entry.alias);
      loaders.set(command, async () => (await entry.load())(command, io));
    }
  }
  return {
    program,
    async load(commands) {
      for (const command of new Set(commands)) await loaders.get(command)?.();
    },
  };
}

/** Follows the words down the command tree until one is not a command. */
function follow(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const child = command.commands.find((one) => isCalled(one, word));
    if (child === undefined) break;
    command = child;
  }
  return command;
}

function below(command: Command): Command[] {
  return [command, ...command.commands.flatMap(below)];
}

/** Turns `mappings help set` into `help mappings set`: users type both. */
function helpFirst(words: readonly string[], program: Command): readonly string[] {
  const at = words.indexOf("help");
  const named = words.slice(0, Math.max(at, 0));
  const group = follow(program, named);
  return group.commands.length > 0 && depthOf(group) === named.length && at >= 0
    ? ["help", ...words.toSpliced(at, 1)]
    : words;
}

function depthOf(command: Command): number {
  return command.parent === null ? 0 : 1 + depthOf(command.parent);
}

/** Turns `reviews` into `reviews list`. Commander's default command would read the typo in `reviews stat` as an argument. */
function listReviews(words: readonly string[]): readonly string[] {
  const [group, next = ""] = words;
  if (group !== "reviews" || ["-h", "--help"].includes(next)) return words;
  return next === "" || next.startsWith("-") ? ["reviews", "list", ...words.slice(1)] : words;
}

/** Paths of the commands to create: creating all of them takes milliseconds. */
function listedFor(words: readonly string[]): readonly string[] {
  const called = calledPaths(words);
  if (called !== undefined) return called;
  // Its help or an error lists the commands of the program or of one group.
  const [first = ""] = words.filter((word) => !word.startsWith("-") && word !== "help");
  if (first === "completion") return PATHS;
  return PATHS.filter((path) => !path.includes(" ") || path.startsWith(`${first} `));
}

/** The path of the called command and those of its groups; `undefined` if the line does not begin with one, and for `help`. */
function calledPaths(words: readonly string[]): readonly string[] | undefined {
  const groups: string[] = [];
  for (const word of words) {
    const typed = [...groups.slice(-1), word].join(" ");
    const path = PATHS.find((one) => one === typed || withAlias(one) === typed);
    const entry = path === undefined ? undefined : COMMANDS[path];
    if (path === undefined || entry === undefined || ["completion", "help"].includes(path)) return undefined;
    if ("load" in entry) return [...groups, path];
    groups.push(path);
  }
  return undefined;
}

function withAlias(path: string): string | undefined {
  const entry = COMMANDS[path];
  return entry !== undefined && "alias" in entry && entry.alias !== undefined
    ? path.replace(/\w+$/, entry.alias)
    : undefined;
}

/** The commands to load: `help` needs the command after it, and `completion` needs all of them. */
function calledBy(words: readonly string[], program: Command): readonly Command[] {
  const [first, ...rest] = words.filter((word) => !word.startsWith("-"));
  if (first === "completion") return below(program);
  return first === "help"
    ? [follow(program, [first]), follow(program, rest)]
    : [follow(program, [first ?? "", ...rest])];
}

/** Commander would take the second option of `--username --yes` as the value of the first. */
function checkValues(words: readonly string[], command: Command): void {
  const optionOf = (word: string) => command.options.find(({ short, long }) => short === word || long === word);
  const before = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined);
  for (const [at, word] of before.entries()) {
    const option = optionOf(word);
    const next = before[at + 1];
    if (!option?.required || next === undefined || optionOf(next) === undefined) continue;
    command.error(
      `error: option '${option.flags}' argument missing: '${next}' is another option. If it is the value, write ${option.long}=${next}`,
    );
  }
}

/** Throws `CommanderError` for wrong usage and after --help. Its message is already printed. */
export async function parse(words: readonly string[], io: IOStreams): Promise<void> {
  const { program, load } = listCommands(io, listedFor(words));
  const arranged = listReviews(helpFirst(words, program));
  const called = calledBy(arranged, program);
  await load(called);
  for (const command of called.slice(-1)) checkValues(arranged, command);
  await program.parseAsync(arranged, { from: "user" });
}

/** `undefined` if the error is not Commander's. Commander has already printed its message. */
export function exitCodeOf(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? 0 : EXIT.usage;
}
