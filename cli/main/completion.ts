// `completion`: prints a completion script, or installs it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Argument, type Command, type Option } from "commander";
import { describe } from "../cmdline/define.ts";
import { SHORT_NAME } from "../cmdline/spelling.ts";
import { usage } from "../io/errors.ts";
import { fileFailure, xdgFolder } from "../io/files.ts";
import { shellWord } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { COMPLETE, listerFor } from "./complete.ts";
import type { Lister } from "./complete-names.ts";

/** The places where new shells find the script. */
const PLACES = {
  /** https://github.com/scop/bash-completion/blob/main/README.md#faq */
  bash: ["data", "bash-completion/completions/iam-authenticator"],
  /** zsh searches no folder of the user by default. */
  zsh: ["data", "iam-authenticator/completion.zsh"],
  /** https://fishshell.com/docs/current/completions.html#where-to-put-completions */
  fish: ["config", "fish/completions/iam-authenticator.fish"],
} as const;

type ShellName = keyof typeof PLACES;

/** Defines the command. `program.ts` loads every command before it runs this one. */
export function completionCommand(command: Command, run: Run): Command {
  return describe(command, {
    details: "There is no script for PowerShell.",
    examples: [
      (program) => `eval "$(${program} completion bash)"`,
      "completion fish | source",
      "completion bash --install",
    ],
  })
    .addArgument(new Argument("<shell>").choices(Object.keys(PLACES)))
    .option(
      "--install",
      "write the script where new shells find it, or replace it, instead of printing it",
    )
    .action((shell: ShellName, { install: isInstalled }: { readonly install?: true }) => {
      const script = completionScript(command.parent ?? command, shell);
      if (isInstalled) install(shell, script, run);
      else run.print(script);
    });
}

/** Installs the script, and replaces an earlier version of it. */
function install(shell: ShellName, script: string, { environment, log }: Run): void {
  const [kind, name] = PLACES[shell];
  const folder = xdgFolder(environment, kind);
  if (folder === undefined) throw usage("Cannot find your home folder: set HOME.");
  const file = join(folder, name);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, script);
  } catch (error) {
    const { message } = fileFailure("write", file, error);
    throw usage(`${message} To print the script instead, omit --install.`);
  }
  const next = {
    bash: "New shells load it if the package bash-completion is installed.",
    zsh: `Add this line to ~/.zshrc, after compinit: source ${shellWord(file)}`,
    fish: "New shells load it.",
  };
  log(`Wrote ${file}. ${next[shell]}\n`);
}

/** A command's name and aliases, such as `list` and `ls`. */
type CommandNames = readonly [name: string, ...aliases: string[]];

/** A command, and the words that may follow it. */
interface CommandWords {
  /**
   * The names of the groups and the command, such as `mappings`, and `list` or `ls`; empty for the
   * program.
   */
  readonly path: readonly CommandNames[];
  readonly commands: readonly CommandNames[];
  /** The choices of its arguments. */
  readonly values: readonly string[];
  /** The list that contains the names for its argument. */
  readonly lister: Lister | undefined;
  readonly options: readonly Option[];
}

function completionScript(program: Command, shell: ShellName): string {
  const commandWords = wordsOf(program, []);
  if (shell === "fish") return fish(SHORT_NAME, commandWords);
  // zsh runs bash's scripts: https://zsh.sourceforge.io/Doc/Release/Completion-System.html
  // (bashcompinit)
  const loader = shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  return `${loader}${bash(SHORT_NAME, commandWords)}`;
}

function wordsOf(command: Command, path: readonly CommandNames[]): CommandWords[] {
  const { commands, options } = command;
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const below = commands.flatMap((child) => wordsOf(child, [...path, namesOf(child)]));
  const lister = listerFor(path.map(([name]) => name).join(" "));
  return [{ path, commands: commands.map(namesOf), values, options, lister }, ...below];
}

function namesOf(command: Command): CommandNames {
  return [command.name(), ...command.aliases()];
}

/** Returns every combination of names and aliases. */
function spellings(path: readonly CommandNames[]): string[] {
  return path.reduce<string[]>(
    (starts, names) => starts.flatMap((start) => names.map((name) => `${start} ${name}`.trim())),
    [""],
  );
}

function bash(name: string, commandWords: readonly CommandWords[]): string {
  const cases = commandWords.map(({ path, commands, values, options, lister }) => {
    const names = commands.map(([name]) => name);
    const words = [...names, ...values, ...options.flatMap(({ long }) => long ?? []), "--help"];
    const typed = spellings(path).map((words) => `"${words}"`);
    return `    ${typed.join("|")}) words="${words.join(" ")}"${lister === undefined ? "" : ` lister="${lister}"`} ;;`;
  });
  const choices = commandWords.flatMap(({ path, options }) =>
    options.flatMap(({ short, long, argChoices }) => {
      const names = argChoices === undefined ? [] : [short, long].flatMap((name) => name ?? []);
      const typed = spellings(path).flatMap((words) => names.map((name) => `"${words} ${name}"`));
      return names.length === 0
        ? []
        : `    ${typed.join("|")}) words="${argChoices?.join(" ")}" lister="" ;;`;
    }),
  );
  // The length is in $(( )) because zsh reads a letter after the colon as a modifier.
  return `_${identifier(name)}() {
  local word path="" words="" lister="" current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[$((COMP_CWORD - 1))]}" in
    -c|--cluster) COMPREPLY=($(compgen -W "$(${name} ${COMPLETE} clusters 2>/dev/null)" -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case "$path" in
${cases.join("\n")}
    esac
    [ -n "$words" ] && break
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  case "$path \${COMP_WORDS[$((COMP_CWORD - 1))]}" in
${choices.join("\n")}
  esac
  case "$current" in
    -*) ;;
    *) [ -n "$lister" ] && words="$words $(${name} ${COMPLETE} "$lister" "$current" "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}" 2>/dev/null)" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "\${COMPREPLY[0]}" in */) compopt -o nospace 2>/dev/null ;; esac
  return 0
}
complete -o default -F _${identifier(name)} ${name}
`;
}

function fish(name: string, commandWords: readonly CommandWords[]): string {
  const lines = commandWords.flatMap(({ path, commands, values, options, lister }) => {
    const words = [...commands.map(([name]) => name), ...values];
    // Offered until one of them is typed: then that command's words apply.
    const once =
      words.length === 0
        ? []
        : [`not __fish_seen_subcommand_from ${[...commands.flat(), ...values].join(" ")}`];
    const here = path.map((names) => `__fish_seen_subcommand_from ${names.join(" ")}`);
    const condition =
      path.length === 0 ? "__fish_use_subcommand" : [...here, ...once].join("; and ");
    const start = `complete -c ${name} -n "${condition}"`;
    return [
      ...words.map((word) => `${start} -f -a ${word}`),
      ...(lister === undefined
        ? []
        : [
            `${start} -f -a "(${name} ${COMPLETE} ${lister} (commandline -ct) (commandline -opc)[2..-1] 2>/dev/null)"`,
          ]),
      ...options.map((option) => `${start} ${fishOption(option, name)}`),
      `${start} -l help`,
    ];
  });
  return `${lines.join("\n")}\n`;
}

/**
 * Returns the line of an option. -r needs a value, -x a value that is not a file:
 * https://fishshell.com/docs/current/cmds/complete.html
 */
function fishOption({ short, long, argChoices, required }: Option, name: string): string {
  const names = [
    ...(short ? [`-s ${short.slice(1)}`] : []),
    ...(long ? [`-l ${long.slice(2)}`] : []),
  ];
  if (long === "--cluster")
    return `${names.join(" ")} -x -a "(${name} ${COMPLETE} clusters 2>/dev/null)"`;
  if (argChoices !== undefined) return `${names.join(" ")} -x -a "${argChoices.join(" ")}"`;
  return `${names.join(" ")}${required ? " -r" : ""}`;
}

function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}
