// The program: reads the command line, and loads and runs the command that it calls.

import type { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { describe, helpColumns, isCalled, newCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import { DEBUG, VERSION } from "./words.ts";

const EXIT_CODES =
  "Exit codes: 0 success; 1 a finding, or a change that was refused; 2 wrong usage or file; 3 AWS or the network; " +
  "130 interrupted.";

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
    .version(packageJson.version, VERSION.join(", "))
    .option(DEBUG, "with any command: report more about an error")
    .addHelpText("after", ({ command }) => `\n${command.createHelp().boxWrap(EXIT_CODES, helpColumns(io))}`)
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

/** Throws `CommanderError` for wrong usage and after --help: its message is written then. */
export async function parse(words: readonly string[], io: IOStreams): Promise<void> {
  const { program, load } = listCommands(io);
  const arranged = listReviews(helpFirst(words, program));
  await load(calledBy(arranged, program));
  await program.parseAsync(arranged, { from: "user" });
}
