// The program: reads the command line, loads the command that it calls, and runs it to an exit code.

import { inspect } from "node:util";
import { type Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { COMPLETE, describe, isCalled, newCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, Failure } from "./errors.ts";
import { type IOStreams, withHarmlessOutput } from "./terminal/io-streams.ts";

/** An option of every command; `run` removes it before commander reads the words. */
const DEBUG = "--debug";

const EXIT_CODES = `
Exit codes: 0 success; 1 a finding, or a change that was refused; 2 wrong usage or file;
3 AWS or the network; 130 interrupted.`;

/** Every command, with all that it takes. */
export async function createProgram(io: IOStreams): Promise<Command> {
  const { program, load } = listCommands(io);
  await load(below(program));
  return program;
}

interface CommandList {
  readonly program: Command;
  /** Reads the code of these commands. */
  load(commands: readonly Command[]): Promise<void>;
}

/** Every command by its name and summary; `load` adds what else a command has. */
function listCommands(io: IOStreams): CommandList {
  const program = newCommand(io, "iam-authenticator", "operate AWS IAM identities in a Kubernetes cluster");
  const examples = [
    "iam-authenticator mappings list --cluster prod",
    "iam-authenticator explain --cluster prod arn:aws:iam::111122223333:role/Developers",
  ];
  describe(program, { examples })
    .version(packageJson.version)
    .option(DEBUG, "with any command: report more about an error")
    .addHelpText("after", EXIT_CODES)
    .hook("preAction", async (_, command) => (await import("./config.ts")).applyContext(command, io));
  const loaders = new Map<Command, () => Promise<unknown>>();
  for (const [path, entry] of Object.entries(COMMANDS)) {
    const names = path.split(" ");
    const command = newCommand(io, names.at(-1) ?? "", entry.summary);
    find(program, names.slice(0, -1)).addCommand(command);
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

/** The command that the words name, as far as they name one. */
function find(program: Command, words: readonly string[]): Command {
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

/** `mappings help set` as `help mappings set`: people type both. */
function helpFirst(words: readonly string[], program: Command): readonly string[] {
  const at = words.indexOf("help");
  const named = words.slice(0, Math.max(at, 0));
  const group = find(program, named);
  return group.commands.length > 0 && depthOf(group) === named.length && at >= 0
    ? ["help", ...words.toSpliced(at, 1)]
    : words;
}

function depthOf(command: Command): number {
  return command.parent === null ? 0 : 1 + depthOf(command.parent);
}

/** `reviews` is `reviews list`. Commander's own default would take the typo in `reviews stat` for an argument of `list`. */
function listReviews(words: readonly string[]): readonly string[] {
  const [group, next = ""] = words;
  if (group !== "reviews" || ["-h", "--help"].includes(next)) return words;
  return next === "" || next.startsWith("-") ? ["reviews", "list", ...words.slice(1)] : words;
}

/** Whose code the words need: `help` prints the command that follows it, and a completion script names every one. */
function calledBy(words: readonly string[], program: Command): readonly Command[] {
  const [first, ...rest] = words.filter((word) => !word.startsWith("-"));
  if (first === "completion") return below(program);
  return first === "help" ? [find(program, [first]), find(program, rest)] : [find(program, [first ?? "", ...rest])];
}

/** `words` without the interpreter and the script. */
export async function run(allWords: readonly string[], streams: IOStreams): Promise<number> {
  const io = withHarmlessOutput(streams);
  // Before or behind any command; commander would take it for the program's alone, before the first.
  const end = allWords.includes("--") ? allWords.indexOf("--") : allWords.length;
  const words = allWords.filter((word, at) => word !== DEBUG || at > end);
  const isDebug = words.length < allWords.length || Boolean(io.environment["IAM_AUTHENTICATOR_DEBUG"]);
  try {
    if (words[0] === COMPLETE) {
      // A shell asks, in the middle of a line: an error is no completion.
      await (await import("./complete.ts")).complete(words.slice(1), io).catch(() => {});
      return 0;
    }
    const { program, load } = listCommands(io);
    const arranged = listReviews(helpFirst(words, program));
    await load(calledBy(arranged, program));
    await program.parseAsync(arranged, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has written its message already; --help and --version end here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    return report(error, isDebug, io);
  }
}

async function report(error: unknown, isDebug: boolean, io: IOStreams): Promise<number> {
  const { toFailure } = await import("./aws/errors.ts");
  const failure = toFailure(error) ?? (await bug(error));
  for (const line of failure.lines.filter((one) => one !== "")) io.tell(`${line}\n`);
  if (isDebug) for (const line of inspect(error).split("\n")) io.tell(`${line}\n`);
  return failure.exitCode;
}

/** Without the error's message, which may quote what it was made of, such as a token. */
async function bug(error: unknown): Promise<Failure> {
  const { failureKind } = await import("../functions/lib/retry.ts");
  const message = `iam-authenticator: this is a bug, please report it: ${failureKind(error)}. With --debug, it reports more.`;
  return new Failure(EXIT.fault, message, { cause: error });
}
