// What a command gets from the process: environment, clock, standard streams, and Ctrl-C.

import { writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { styleText } from "node:util";
import type { Clock } from "../../functions/lib/deadline.ts";
import { EXIT } from "../errors.ts";
import { createSecrets, type Secrets } from "./secrets.ts";

export interface IOStreams {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Rejects with an AbortError where the signal aborts meanwhile. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** To standard output: what was asked for, and nothing else. A tone is shown as colour, where colour is wanted. */
  readonly print: (text: string, tone?: Tone) => void;
  /** To standard output, with the secrets in it: they are what was asked for. */
  readonly printSecret: (text: string) => void;
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
  /** Runs a program that Ctrl-C is for, such as an editor: meanwhile it does not abort `interrupted`. */
  readonly leaveInterrupts: <T>(work: () => Promise<T>) => Promise<T>;
  /** Aborts when nobody reads standard output any more, such as after `| head`. */
  readonly closed: AbortSignal;
  /** What this run has sent or received and must not print. */
  readonly secrets: Secrets;
}

const CLEAR_LINE = "\r\u001b[K";

/**
 * Text from outside must not move the cursor, show a secret, or make lines of its own on standard error. JSON and YAML
 * are escaped before this, so they keep their values.
 */
export function withHarmlessOutput(io: IOStreams): IOStreams {
  const { hide } = io.secrets;
  const harmless = (text: string) => withoutControl(hide(text));
  return {
    ...io,
    print: (text, tone) => io.print(harmless(text), tone),
    printSecret: (text) => io.printSecret(withoutControl(text)),
    tell: (text) => io.tell(asOneLine(hide(text))),
    showProgress: (line) => io.showProgress(harmless(line)),
  };
}

/** The second Ctrl-C ends the process at once, as the system would. */
export function processStreams(): IOStreams {
  const interrupt = new AbortController();
  const abort = () => interrupt.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  const closing = new AbortController();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") closing.abort();
    leave(error);
  });
  process.stderr.on("error", leave);
  return {
    environment: process.env,
    clock: Date.now,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    print: (text, tone) => process.stdout.write(tone === undefined ? text : inColour(text, tone, process.stdout)),
    printSecret: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
    showProgress: (line) => process.stderr.write(`${CLEAR_LINE}${line}`),
    input: process.stdin,
    watched: process.stderr.isTTY,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    columns: columnsOf(process.stdout),
    interrupted: interrupt.signal,
    async leaveInterrupts(work) {
      const ignore = () => {};
      process.on("SIGINT", ignore);
      process.off("SIGINT", abort);
      try {
        return await work();
      } finally {
        if (!interrupt.signal.aborted) process.once("SIGINT", abort);
        process.off("SIGINT", ignore);
      }
    },
    closed: closing.signal,
    secrets: createSecrets(),
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

/** All of C0, DEL and C1 but tab and line end; marks that turn the direction of text; Unicode's own line ends. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

export function hasControl(text: string): boolean {
  return text.search(CONTROL) >= 0;
}

/** For people. */
function withoutControl(text: string): string {
  return text.replace(CONTROL, "?");
}

/** A message for people, or the prompt of a question. It is one line, so that no text in it can forge another. */
function asOneLine(text: string): string {
  return withoutControl(text).replace(/\n(?!$)/g, "?");
}

/** For JSON, and for double-quoted YAML: the same value, escaped. */
export function withEscapes(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What a text reports: in a plan, what happens to a mapping. A sign beside it says the same. */
export type Tone = "added" | "changed" | "removed" | "weakened";
const STYLE: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  added: "green",
  changed: "yellow",
  removed: "red",
  weakened: ["bold", "red"],
};

/** Each line separately, since a pager may show one. Node decides by the terminal, NO_COLOR and FORCE_COLOR. */
function inColour(text: string, tone: Tone, stream: NodeJS.WriteStream): string {
  return text.replace(/[^\n]+/g, (line) => styleText(STYLE[tone], line, { stream }));
}
