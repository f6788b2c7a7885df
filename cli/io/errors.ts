// Errors that end a command: a message for the user, and an exit code for scripts.

/** The exit codes. The help of the program lists them, and scripts rely on them. */
export const EXIT = {
  /** lint, diff, explain or doctor found something, or a change was refused. */
  finding: 1,
  /** The command line, a file or a setting is wrong. Retrying does not help. */
  usage: 2,
  /** AWS or the network failed, or AWS denied access. Retrying may help. */
  awsFailure: 3,
  /** Ctrl-C. Shells use this code for SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error with a message for the user. Any other error is reported as a bug. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** Each is printed as exactly one line. */
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

/**
 * Returns an error that exits with code 1 and no message, because the printed result already shows
 * the problem.
 */
export function silentExit(): Failure {
  return new Failure(EXIT.finding, "");
}

export function awsFailure(message: string, cause?: unknown): Failure {
  return new Failure(EXIT.awsFailure, message, { cause });
}

export function usage(...lines: readonly string[]): Failure {
  return new Failure(EXIT.usage, lines);
}
