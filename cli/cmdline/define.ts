// Creates commands: their help, their error messages, and suggestions for unknown names.

import { Command, type Help, type OutputConfiguration } from "commander";
import type { Run } from "../io/run.ts";
import { withSuggestion } from "./suggestions.ts";

/** Width of help if the output is not a terminal. */
const HELP_COLUMNS = 80;

/** With fewer columns left, a description is printed below its term. */
const NARROWEST_DESCRIPTION = 30;

/**
 * Creates a command as its parent lists it. `describe` adds the rest when the command is called.
 *
 * @param paths all commands of the program, such as `mappings set`, for suggestions
 */
export function newCommand(
  run: Run,
  name: string,
  summary: string,
  paths: readonly string[],
): Command {
  const command = new Command(name);
  const output: OutputConfiguration = {
    writeOut: run.print,
    writeErr: (text) => {
      for (const line of text.split(/(?<=\n)/)) run.log(line);
    },
    outputError(message, write) {
      // It repeats words of the command line, which must not look like another line. Commander adds
      // a line itself.
      const text = message.replace(/[\r\n]+(?!$)/g, " ");
      write(withSuggestion(text, command, paths, pathOf(command)));
      if (OF_ARGUMENTS.test(message)) write(`See: ${pathOf(command).join(" ")} --help\n`);
    },
    getOutHelpWidth: () => helpColumns(run),
    getErrHelpWidth: () => helpColumns(run),
    // No text has colors. Commander would open the stream of Node.js to ask whether it shows them.
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
  return command
    .summary(summary)
    .configureOutput(output)
    .configureHelp({
      minWidthToWrap: NARROWEST_DESCRIPTION,
      formatItem: itemInTerminal,
      subcommandTerm: (child) => [child.name(), ...child.aliases()].join("|"),
    })
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError(false);
}

export function helpColumns({ columns = HELP_COLUMNS }: Run): number {
  return columns;
}

/** Formats term and description in two columns, or on separate lines in a narrow terminal. */
function itemInTerminal(term: string, termWidth: number, text: string, helper: Help): string {
  const columns = helper.helpWidth ?? HELP_COLUMNS;
  if (text === "") return `  ${term}`;
  const isNarrow = columns - termWidth - 4 < NARROWEST_DESCRIPTION;
  const wrapped = helper.boxWrap(text, isNarrow ? columns - 6 : columns - termWidth - 4);
  const indent = " ".repeat(isNarrow ? 6 : termWidth + 4);
  const lines = wrapped.split("\n").join(`\n${indent}`);
  return isNarrow ? `  ${term}\n${indent}${lines}` : `  ${term.padEnd(termWidth)}  ${lines}`;
}

interface CommandHelp {
  /** The text below the summary. */
  readonly details?: string;
  readonly examples: readonly Example[];
}

/**
 * A command line of this program, without the program's name, or a function that returns any other
 * command line, with the name in it. It may have several lines, as in a shell.
 */
type Example = string | ((program: string) => string);

/** Sets the text of `--help`, except arguments and options. */
export function describe(command: Command, { details, examples }: CommandHelp): Command {
  const summary = command.summary().replace(/^./, (letter) => letter.toUpperCase());
  return command
    .description(details === undefined ? `${summary}.` : `${summary}. ${details}`)
    .addHelpText("after", () => `\nExamples:\n${exampleLines(examples, command)}`);
}

function exampleLines(examples: readonly Example[], command: Command): string {
  const [program = ""] = pathOf(command);
  const texts = examples.map((example) =>
    typeof example === "string" ? `${program} ${example}` : example(program),
  );
  const columns = (command.configureOutput().getOutHelpWidth?.() ?? HELP_COLUMNS) - 2;
  const lines = texts
    .map((text) => text.replace(/ \\\n +/g, " "))
    .flatMap((text) => text.split("\n").flatMap((line) => wrapped(line, columns)));
  return lines.map((line) => `  ${line}`).join("\n");
}

/** Breaks a line of a shell before an option, a pipe or an argument, as far as it fits. */
function wrapped(line: string, columns: number): string[] {
  const [indent = ""] = /^ */.exec(line) ?? [];
  const words = line.trim().match(/(?:'[^']*'|"[^"]*"|[^ '"])+/g) ?? [];
  const lines: string[] = [];
  let last = indent;
  for (const [at, part] of parts(words).entries()) {
    const longer = at === 0 ? `${indent}${part}` : `${last} ${part}`;
    if (at === 0 || longer.length + CONTINUED.length <= columns) last = longer;
    else {
      lines.push(`${last}${CONTINUED}`);
      last = `${EXAMPLE_INDENT}${part}`;
    }
  }
  return [...lines, last];
}

const CONTINUED = " \\";

const EXAMPLE_INDENT = "    ";

/** Joins the words that belong together: an option and its value, and what follows a pipe. */
function parts(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last !== undefined && isBound(last, word)) joined.splice(-1, 1, `${last} ${word}`);
    else joined.push(word);
  }
  return joined;
}

function isBound(last: string, word: string): boolean {
  if (/^[|>]$/.test(word)) return false;
  return /^[|>]$/.test(last) || (/^--?[a-z][\w-]*$/.test(last) && !word.startsWith("-"));
}

/** For these errors, Commander's message does not list the arguments that the command takes. */
const OF_ARGUMENTS = /^error: (missing required argument|too many arguments)/;

/** Returns the names of the program, its groups and the command. */
export function pathOf(command: Command): string[] {
  return [...(command.parent === null ? [] : pathOf(command.parent)), command.name()];
}
