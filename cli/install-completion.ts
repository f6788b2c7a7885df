// `completion --install`: writes the script where the shell finds it, instead of printing it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { usage } from "./errors.ts";
import { fileFailure, xdgFolder } from "./terminal/files.ts";
import type { IOStreams } from "./terminal/io-streams.ts";
import { shellWord } from "./terminal/print.ts";

const PLACES = {
  /** https://github.com/scop/bash-completion/blob/main/README.md#faq */
  bash: ["data", "bash-completion/completions/iam-authenticator"],
  /** zsh searches no folder of the user by default. */
  zsh: ["data", "iam-authenticator/completion.zsh"],
  /** https://fishshell.com/docs/current/completions.html#where-to-put-completions */
  fish: ["config", "fish/completions/iam-authenticator.fish"],
} as const;

/** Replaces an earlier version of the script. */
export function installCompletion(shell: keyof typeof PLACES, script: string, { environment, log }: IOStreams): void {
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
