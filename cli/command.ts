// One command of the program: its name, what it does in a line, and an example under its --help.

import { Command, type OutputConfiguration } from "commander";
import { withSuggestion } from "./suggestion.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

/** A pipe has no width; help is then set as in a terminal of this width. */
const HELP_COLUMNS = 80;

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
    getOutHelpWidth: () => io.columns ?? HELP_COLUMNS,
    getErrHelpWidth: () => io.columns ?? HELP_COLUMNS,
  };
  return command
    .summary(summary)
    .description(details === undefined ? sentence(summary) : `${sentence(summary)} ${details}`)
    .configureOutput(output)
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError()
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}`).join("\n")}`);
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
