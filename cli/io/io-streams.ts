// What a command gets from the process: environment, clock, standard streams, and Ctrl-C.

import { writeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Clock } from "../../functions/lib/deadline.ts";
import { EXIT } from "../errors.ts";
import { inColour, type Tone, usesColour } from "./colour.ts";
import { asOneLine, withoutControl } from "./control-characters.ts";

export interface IOStreams {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** To standard output: what was asked for, and nothing else. A tone is shown as colour, where colour is wanted. */
  readonly print: (text: string, tone?: Tone) => void;
  /** To standard error: plans, questions, warnings. One line, or a part of one, for each call. */
  readonly tell: (text: string) => void;
  /** On standard error, a line in place of the one before; an empty one takes it away. */
  readonly showProgress: (line: string) => void;
  readonly input: Readable;
  /** Whether somebody reads standard error. */
  readonly watched: boolean;
  /** Whether that somebody can also answer, on standard input. */
  readonly interactive: boolean;
  /** Columns of the terminal behind standard output; `undefined` for a pipe or a file. */
  readonly columns: number | undefined;
  /** Aborts at the first Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Aborts when nobody reads standard output any more, such as after `| head`. */
  readonly closed: AbortSignal;
}

const CLEAR_LINE = "\r\u001b[K";

/** Text from outside must not move the cursor, nor make lines of its own on standard error. JSON and YAML are escaped before this, so they keep their values. */
export function withoutControls(io: IOStreams): IOStreams {
  return {
    ...io,
    print: (text, tone) => io.print(withoutControl(text), tone),
    tell: (text) => io.tell(asOneLine(text)),
    showProgress: (line) => io.showProgress(withoutControl(line)),
  };
}

/** The second Ctrl-C ends the process at once, as the system would. */
export function processStreams(): IOStreams {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  process.once("SIGTERM", () => interrupt.abort());
  const closing = new AbortController();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") closing.abort();
    leave(error);
  });
  process.stderr.on("error", leave);
  const colour = usesColour(process.env, process.stdout.isTTY);
  return {
    environment: process.env,
    clock: Date.now,
    print: (text, tone) => process.stdout.write(colour && tone !== undefined ? inColour(text, tone) : text),
    tell: (text) => process.stderr.write(text),
    showProgress: (line) => process.stderr.write(`${CLEAR_LINE}${line}`),
    input: process.stdin,
    watched: process.stderr.isTTY,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    columns: columnsOf(process.stdout),
    interrupted: interrupt.signal,
    closed: closing.signal,
  };
}

/** A terminal that nobody looks at, such as a build's, has none or says 0. */
export function columnsOf({ isTTY, columns }: Pick<typeof process.stdout, "isTTY" | "columns">): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}

/**
 * `| head` closes the pipe when it has seen enough: that is not a fault, and work that may be a write goes on. A full
 * disk is a fault, and may take both streams.
 */
function leave(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  try {
    writeSync(process.stderr.fd, `Cannot write the output: ${error.code}.\n`);
  } catch {
    // Nobody can be told.
  }
  process.exit(EXIT.fault);
}
