// The parts of the documents that are made from the code: `npm run docs` writes them, generated.test.ts compares them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { adviceFor } from "../../cli/explain/advice.ts";
import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import * as errors from "../../functions/errors.ts";
import { cli } from "../cli/cli.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Files by their path from the root, as they must be. */
export async function generatedDocuments(): Promise<Readonly<Record<string, string>>> {
  return {
    "docs/commands.md": await commandsPage(),
    "docs/reference.md": withPart(read("docs/reference.md"), "error codes", errorCodes()),
  };
}

/** Replaces what is between the two comments that name the part. */
function withPart(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- made by \`npm run docs\`: ${name} -->\n`, `<!-- end: ${name} -->\n`];
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no part "${name}" to replace`);
  return `${before}${begin}${text}${end}${after}`;
}

const ABSTRACT = ["AuthenticatorError", "Denial", "Fault", "BadRequest"];

/** One row for each class that can be thrown: its comment in errors.ts, and what `explain` advises. */
function errorCodes(): string {
  const comments = new Map(
    [...read("functions/errors.ts").matchAll(/^\/\*\* (.*) \*\/\nexport class (\w+) /gm)].map(
      ([, comment = "", name = ""]) => [name, comment],
    ),
  );
  const rows = Object.values(errors)
    .filter(({ name }) => !ABSTRACT.includes(name))
    .map((type) => {
      const { code, status } = new (type as new (message: string) => errors.AuthenticatorError)("");
      const comment = comments.get(type.name);
      if (comment === undefined) throw new Error(`functions/errors.ts: ${type.name} needs a comment of one line`);
      return [
        `\`${code}\``,
        code === "setting_invalid" ? "-" : `${status}`,
        comment,
        forMarkdown(adviceFor(code) ?? ""),
      ];
    });
  return [["code", "HTTP", "meaning", "what to do"], ["---", "---", "---", "---"], ...rows]
    .map((row) => `| ${row.join(" | ")} |\n`)
    .join("");
}

/** `<name>` would be taken for an HTML tag. */
function forMarkdown(advice: string): string {
  return advice.replaceAll("<", "\\<");
}

/** Every command's --help, as it is printed. */
async function commandsPage(): Promise<string> {
  const paths = pathsBelow(await createProgram(processStreams()));
  const sections = paths.map(async (path) => {
    const { out } = await cli([...path, "--help"]);
    return `## ${path.join(" ") || "iam-authenticator"}\n\n\`\`\`\n${out.trimEnd()}\n\`\`\`\n`;
  });
  return [
    "# Commands\n",
    "The `--help` of every command of `iam-authenticator`. What they are for, and examples: [operate](operate.md).\n",
    ...(await Promise.all(sections)),
  ].join("\n");
}

function pathsBelow(command: Command, path: readonly string[] = []): string[][] {
  return [[...path], ...command.commands.flatMap((child) => pathsBelow(child, [...path, child.name()]))];
}
