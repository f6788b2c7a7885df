// Generates the help in docs/commands.md from the --help of every command. Options that many commands share appear once.

import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { cli, commandPaths } from "../cli/cli.ts";

/** An option with the same description in this many commands is a common option. */
const COMMON = 5;

interface Option {
  /** As in the help: \`-c, --cluster <id>\`. */
  readonly flags: string;
  readonly description: string;
}

interface Help {
  readonly path: readonly string[];
  /** Without the section of options. */
  readonly before: string;
  readonly options: readonly Option[];
  readonly after: string;
}

export async function commandsHelp(): Promise<string> {
  const paths = commandPaths(await createProgram(processStreams()));
  const helps = await Promise.all(paths.map(helpOf));
  const count = new Map<string, number>();
  for (const option of helps.flatMap(({ options }) => options))
    count.set(key(option), (count.get(key(option)) ?? 0) + 1);
  const isCommon = (option: Option): boolean => (count.get(key(option)) ?? 0) >= COMMON;
  const common = new Map(
    helps.flatMap(({ options }) => options.filter(isCommon)).map((option) => [key(option), option]),
  );
  return [
    `## Common options\n\nEach command lists the ones that it accepts, and accepts \`-h, --help\`.\n\n\`\`\`\n${listed([...common.values()])}\`\`\`\n`,
    ...helps.map((help) => section(help, isCommon)),
  ].join("\n");
}

async function helpOf(path: readonly string[]): Promise<Help> {
  const { out } = await cli([...path, "--help"]);
  const [before = "", rest = ""] = out.split("Options:\n");
  const end = rest.indexOf("\n\n");
  return {
    path,
    before: before.trimEnd(),
    options: optionsOf(end < 0 ? rest : rest.slice(0, end)),
    after: end < 0 ? "" : rest.slice(end).trim(),
  };
}

/** Without --help, which every command has. Joins the lines of each description, whose breaks depend on the other options of the command. */
function optionsOf(text: string): Option[] {
  const entries = text.trimEnd().split(/\n(?= {2}-)/);
  const options = entries.map((entry) => {
    const [first = "", ...more] = entry.split("\n").map((line) => line.trim());
    const [, flags = "", description = ""] = /^(.*?) {2,}(.*)$/.exec(first) ?? [];
    return { flags, description: [description, ...more].join(" ") };
  });
  return options.filter(({ flags }) => flags !== "-h, --help");
}

function section({ path, before, options, after }: Help, isCommon: (option: Option) => boolean): string {
  const own = listed(options.filter((option) => !isCommon(option)));
  const shared = options.filter(isCommon).map(({ flags }) => /--[\w-]+/.exec(flags)?.[0] ?? flags);
  const parts = [
    before,
    own === "" ? "" : `Options:\n${own.trimEnd()}`,
    shared.length === 0 ? "" : `Common options: ${shared.join(" ")}`,
    after,
  ];
  return `## ${path.join(" ") || "iam-authenticator"}\n\n\`\`\`\n${parts.filter((part) => part !== "").join("\n\n")}\n\`\`\`\n`;
}

function listed(options: readonly Option[]): string {
  const width = Math.max(...options.map(({ flags }) => flags.length));
  return options.map(({ flags, description }) => `  ${flags.padEnd(width)}  ${description}\n`).join("");
}

function key({ flags, description }: Option): string {
  return `${flags} ${description}`;
}
