// One command of the program: its name, what it does in a line, and an example under its --help.

import { Command, type Help, type OutputConfiguration } from "commander";
import type { IOStreams } from "./io/io-streams.ts";
import { withSuggestion } from "./suggestion.ts";

/** A pipe has no width; help is then set as in a terminal of this width. */
const HELP_COLUMNS = 80;
/** Beside fewer columns, a description is below its term. */
const NARROWEST_DESCRIPTION = 30;

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** What else there is to say, below the summary. */
  readonly details?: string;
  /** Whole lines that can be typed as they are. */
  readonly examples: readonly string[];
}

/** Arguments and options are the caller's to add. */
export function newCommand(io: IOStreams, { name, summary, details, examples }: CommandText): Command {
  const command = new Command(name);
  const output: OutputConfiguration = {
    writeOut: io.print,
    writeErr: (text) => {
      for (const line of text.split(/(?<=\n)/)) io.tell(line);
    },
    outputError: (message, write) =>
      write(`${withSuggestion(message, command)}${isOfArguments(message) ? seeHelp(command) : ""}`),
    getOutHelpWidth: () => helpColumns(io),
    getErrHelpWidth: () => helpColumns(io),
  };
  return command
    .summary(summary)
    .description(details === undefined ? sentence(summary) : `${sentence(summary)} ${details}`)
    .configureOutput(output)
    .configureHelp({ minWidthToWrap: NARROWEST_DESCRIPTION, formatItem: itemInTerminal })
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError()
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}`).join("\n")}`);
}

/** How wide help is. */
export function helpColumns({ columns = HELP_COLUMNS }: IOStreams): number {
  return columns;
}

/** Two columns, or in a narrow terminal two lines. */
function itemInTerminal(term: string, termWidth: number, text: string, helper: Help): string {
  const columns = helper.helpWidth ?? HELP_COLUMNS;
  if (text === "") return `  ${term}`;
  const isNarrow = columns - termWidth - 4 < NARROWEST_DESCRIPTION;
  const wrapped = helper.boxWrap(text, isNarrow ? columns - 6 : columns - termWidth - 4);
  const indent = " ".repeat(isNarrow ? 6 : termWidth + 4);
  const lines = wrapped.split("\n").join(`\n${indent}`);
  return isNarrow ? `  ${term}\n${indent}${lines}` : `  ${term.padEnd(termWidth)}  ${lines}`;
}

/** Commander says what is missing or too much, but not what the command takes. */
function isOfArguments(message: string): boolean {
  return /^error: (missing required argument|too many arguments)/.test(message);
}

function seeHelp(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return `See: ${names.join(" ")} --help\n`;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
