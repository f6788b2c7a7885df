// How a command ends other than well: one sentence for the user, and an exit code for scripts.

/** Listed in docs/reference.md; a script may rely on them. */
export const EXIT = {
  /** Something was found (lint, diff, explain, doctor), or a change was refused; nothing is broken. */
  finding: 1,
  /** The command, a file or a setting is wrong: trying again does not help. */
  usage: 2,
  /** AWS or the network gave no answer, or refused: trying again may help. */
  fault: 3,
  /** Ctrl-C, as a shell counts it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Everything that a user should read; any other error is a bug of ours. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** Each is printed as one line, whatever it quotes. */
  readonly lines: readonly string[];
  constructor(exitCode: ExitCode, lines: string | readonly string[], options?: ErrorOptions) {
    const all = typeof lines === "string" ? [lines] : lines;
    super(all.join("\n"), options);
    this.exitCode = exitCode;
    this.lines = all;
  }
}

export function finding(...lines: readonly string[]): Failure {
  return new Failure(EXIT.finding, lines);
}

/** The result, which is printed already, says it all: only the exit code tells a script of it. */
export function silentExit(): Failure {
  return new Failure(EXIT.finding, "");
}

export function usage(...lines: readonly string[]): Failure {
  return new Failure(EXIT.usage, lines);
}
