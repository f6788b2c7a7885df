// Suggestions for unknown commands, options and choices.

import type { Command } from "commander";
import { nearest } from "../../functions/lib/text.ts";

/**
 * What kubectl, the AWS CLI, gh, Terraform and Helm call our commands. The first one in the group is
 * suggested, otherwise the first one that exists; a text with a space is what to type.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  add: ["set", "publish"],
  audit: ["report"],
  ban: ["deny"],
  block: ["deny"],
  check: ["lint", "doctor"],
  create: ["set", "add", "publish"],
  del: ["remove", "retire"],
  delete: ["remove", "retire"],
  describe: ["get", "list"],
  get: ["list"],
  "get-token": ["token"],
  grant: ["set"],
  login: ["token --login"],
  logs: ["reviews"],
  plan: ["diff", "mappings apply --dry-run"],
  put: ["set"],
  rm: ["remove", "retire"],
  show: ["get", "list"],
  status: ["doctor"],
  unban: ["allow"],
  unblock: ["allow"],
  undeny: ["allow"],
  undo: ["rollback"],
  update: ["set"],
  "update-kubeconfig": ["kubeconfig client --merge"],
  validate: ["lint"],
  verify: ["lint", "doctor"],
};

/**
 * Returns Commander's message with a suggestion, if there is one.
 *
 * @param paths all commands of the program
 * @param path the names of the program, its groups and the command
 */
export function withSuggestion(
  message: string,
  command: Command,
  paths: readonly string[],
  path: readonly string[],
): string {
  const [, what, word = ""] = /^error: unknown (command|option) '(.+?)'/.exec(message) ?? [];
  if (what === "command") {
    const meant = commandFor(word, command, paths, path);
    if (meant !== undefined) return `${message}(Did you mean ${meant}?)\n`;
    return `${message}Commands: ${command.commands.map((child) => child.name()).join(", ")}\n`;
  }
  if (what === "option") {
    const meant = optionFor(word, command);
    if (meant !== undefined) return `${message}(Did you mean ${meant}?)\n`;
    const isGroup = command.commands.length > 0 && !message.includes("--help");
    return isGroup
      ? `${message}Options follow the command: ${path.join(" ")} <command> ${word}\n`
      : message;
  }
  const [, given = "", choices = ""] =
    /'([^']*)' is invalid.* Allowed choices are (.*)\.\n$/.exec(message) ?? [];
  const choice = nearest(given, choices.split(", "));
  return choice === undefined ? message : `${message}(Did you mean ${choice}?)\n`;
}

/**
 * Returns the name of a command in the same group, or what to type for one in another group. Of a
 * typo, a command of the same group is nearer.
 */
function commandFor(
  word: string,
  group: Command,
  paths: readonly string[],
  path: readonly string[],
): string | undefined {
  const childNames = group.commands.flatMap((child) => [child.name(), ...child.aliases()]);
  const words = [word, ...(SYNONYMS[word] ?? [])];
  const here = words.find((name) => childNames.includes(name));
  if (here !== undefined) return nameOf(here, group);
  const typed = words.find((text) => text.includes(" ") || paths.includes(text));
  // The commands of other groups are not created.
  const [inGroup] = words.flatMap((name) => paths.filter((other) => other.endsWith(` ${name}`)));
  const elsewhere = typed ?? inGroup;
  // Within a group, the name alone would look like the one that was typed.
  if (elsewhere !== undefined) return path.length > 1 ? `${path[0]} ${elsewhere}` : elsewhere;
  const similar = nearest(word, childNames);
  return similar && nameOf(similar, group);
}

function nameOf(nameOrAlias: string, { commands }: Command): string | undefined {
  return commands.find((child) => [child.name(), ...child.aliases()].includes(nameOrAlias))?.name();
}

/** Options that other programs have for ours. The first one that the command has is suggested. */
const OPTION_SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  "--comment": ["--description"],
  "--duration": ["--for"],
  "--end": ["--until"],
  "--expires": ["--until"],
  "--message": ["--description"],
  "--note": ["--description"],
  "--reason": ["--description"],
  "--ttl": ["--for"],
};

/**
 * Returns the option to suggest: `--username` for `--user`, and as the AWS CLI and kubectl have
 * them, `--cluster` for `--cluster-name`, `--file` for `--filename` and `--dry-run` for
 * `--dry-run=client`. If several options fit, it is the one with which the others start.
 */
function optionFor(word: string, { options }: Command): string | undefined {
  const [synonym] = (OPTION_SYNONYMS[word] ?? []).filter((name) =>
    options.some(({ long }) => long === name),
  );
  if (synonym !== undefined) return synonym;
  const known = ["--help", ...options.flatMap(({ long }) => long ?? [])];
  const fitting = known.flatMap((long) => {
    if (!word.startsWith("--")) return [];
    const [, more] = word.split(long);
    return long.startsWith(word) || /^([-=].*|name)$/.test(more ?? "") ? [long] : [];
  });
  const whole = fitting.find((option) => fitting.every((other) => other.startsWith(option)));
  // Of a short option, only the case is a typo: another letter may be anything.
  const short = options.find((option) => option.short?.toLowerCase() === word.toLowerCase());
  if (short?.short != null) return short.short;
  const [name = word] = word.split("=");
  return whole ?? (fitting.length > 0 ? undefined : nearest(name, known));
}
