// What a command or an option that does not exist probably means, beyond what resembles it.

import type { Command } from "commander";

/** Words of kubectl, the AWS CLI and gh for what is called otherwise here; the first that the group has is meant. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  add: ["set", "publish"],
  create: ["set", "add", "publish"],
  del: ["remove", "retire"],
  delete: ["remove", "retire"],
  describe: ["get"],
  put: ["set"],
  rm: ["remove", "retire"],
  show: ["get"],
  undo: ["rollback"],
  update: ["set"],
};

/** Commander's message, with the better suggestion where there is one. */
export function withSuggestion(message: string, command: Command): string {
  const [, what, word = ""] = /^error: unknown (command|option) '(.+?)'/.exec(message) ?? [];
  const meant =
    what === "command" ? commandFor(word, command) : what === "option" ? optionFor(word, command) : undefined;
  return meant === undefined ? message : `error: unknown ${what} '${word}'\n(Did you mean ${meant}?)\n`;
}

/** In the same group; else, with its path, anywhere. */
function commandFor(word: string, group: Command): string | undefined {
  let program = group;
  while (program.parent !== null) program = program.parent;
  if (word === "version") return "--version";
  const words = [word, ...(SYNONYMS[word] ?? [])];
  const here = find(words, group);
  if (here !== undefined) return here.name();
  const [inGroup] = program.commands.flatMap((one) => {
    const found = find(words, one);
    return found === undefined ? [] : [`${one.name()} ${found.name()}`];
  });
  return find(words, program)?.name() ?? inGroup;
}

function find(words: readonly string[], { commands }: Command): Command | undefined {
  const found = words.flatMap((word) => commands.filter((one) => [one.name(), ...one.aliases()].includes(word)));
  return found[0];
}

/** `--user` for `--username`: people shorten more than they mistype. */
function optionFor(word: string, { parent, options }: Command): string | undefined {
  if (word === "-v" && parent === null) return "--version";
  const longer = options.flatMap(({ long }) => (word.startsWith("--") && long?.startsWith(word) ? [long] : []));
  return longer.length === 1 ? longer[0] : undefined;
}
