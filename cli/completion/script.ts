// Completion scripts made from the program itself: every command and option that it has, and no others.

import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** Such as `mappings list`; empty for the program. */
  readonly path: string;
  readonly words: readonly string[];
}

export function completionScript(program: Command, shell: Shell): string {
  const all = wordsOf(program, "");
  if (shell === "fish") return fish(program.name(), all);
  // zsh runs bash's scripts: https://zsh.sourceforge.io/Doc/Release/Completion-System.html (bashcompinit)
  const loader = shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  return `${loader}${bash(program.name(), all)}`;
}

function wordsOf(command: Command, path: string): Words[] {
  const children = command.commands.map((child) => child.name());
  const options = command.options.flatMap(({ long }) => long ?? []);
  const below = command.commands.flatMap((child) => wordsOf(child, `${path} ${child.name()}`.trim()));
  return [{ path, words: [...children, ...options, "--help"] }, ...below];
}

function bash(name: string, all: readonly Words[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`).join("\n");
  return `_${identifier(name)}() {
  local word path="" words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case "$path" in
${cases}
    esac
    [ -n "$words" ] && break
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${identifier(name)} ${name}
`;
}

function fish(name: string, all: readonly Words[]): string {
  const lines = all.flatMap(({ path, words }) =>
    words.map((word) => {
      const condition = path === "" ? "__fish_use_subcommand" : seen(path);
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c ${name} -n "${condition}" ${what}`;
    }),
  );
  return `${lines.join("\n")}\n`;
}

function seen(path: string): string {
  return path
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}

function identifier(name: string): string {
  return name.replace(/\W/g, "_");
}
