// What a run has: environment, time, streams, interruption and memo, and the secrets that no output
// may show.

import { writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { styleText } from "node:util";
import type { Clock } from "../../functions/lib/deadline.ts";
import { EXIT } from "./errors.ts";
import { createOutput, isTerminal } from "./output.ts";

export interface Secrets {
  /** Hides the secret from now on. */
  add(secret: string): void;
  /** Replaces each part of a secret in `text` with a placeholder. */
  hide(text: string): string;
}

/**
 * The placeholder of a secret needs no escapes in JSON and no quotes in YAML. No other output
 * contains it.
 */
const PLACEHOLDER = "<hidden>";

/** Length of the parts of a secret that are hidden: an echoed secret may be cut anywhere. */
const PART = 12;

/**
 * Secrets of at least this length but below `PART` are hidden only in full. Shorter ones would
 * match ordinary words.
 */
const SHORTEST = 6;

export function createSecrets(): Secrets {
  const added = new Set<string>();
  const parts = new Set<string>();
  const short = new Set<string>();
  return {
    add(secret) {
      // Each call to AWS adds the same session token.
      if (added.has(secret)) return;
      added.add(secret);
      for (const spelling of spellingsOf(secret)) {
        for (let at = 0; at + PART <= spelling.length; at += 1)
          parts.add(spelling.slice(at, at + PART));
        if (spelling.length < PART && spelling.length >= SHORTEST) short.add(spelling);
      }
    },
    hide(text) {
      let hidden = "";
      let from = 0;
      for (let at = 0; parts.size > 0 && at + PART <= text.length; at += 1) {
        if (!parts.has(text.slice(at, at + PART))) continue;
        let end = at + PART;
        while (end < text.length && parts.has(text.slice(end - PART + 1, end + 1))) end += 1;
        hidden += text.slice(from, at) + PLACEHOLDER;
        from = end;
        at = end - 1;
      }
      return [...short].reduce(
        (rest, secret) => rest.replaceAll(secret, PLACEHOLDER),
        hidden + text.slice(from),
      );
    },
  };
}

/** Returns the secret in the encodings of headers, URLs, forms and basic authentication. */
function spellingsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  return new Set([
    secret,
    encodeURIComponent(secret),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ]);
}

/** What a run remembers between its calls to AWS. */
interface Memo {
  /** Milliseconds by which AWS's clock is ahead of this machine's. */
  clockOffset: number;
  /** The last call that AWS answered, such as `SSM GetParameters`. */
  lastAnswered: string | undefined;
  /**
   * Returns the value that belongs to the owner under this key, and creates it at the first call.
   * The owner is the memo for what all clusters share, or another object of the run, such as the
   * configuration of a client.
   */
  readonly once: <T>(owner: object, key: string, create: () => T) => T;
}

/** Returns the memo of a run that has made no call. */
export function createMemo(): Memo {
  const created = new Map<object, Map<string, unknown>>();
  return {
    clockOffset: 0,
    lastAnswered: undefined,
    once<T>(owner: object, key: string, create: () => T): T {
      const ofOwner = created.get(owner) ?? new Map<string, unknown>();
      created.set(owner, ofOwner);
      if (!ofOwner.has(key)) ofOwner.set(key, create());
      return ofOwner.get(key) as T;
    },
  };
}

interface Time {
  readonly clock: Clock;
  /** Rejects with an AbortError when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Streams {
  /** Prints a result to standard output. `tone` sets the colour if colour is enabled. */
  readonly print: (text: string, tone?: Tone) => void;
  /** Prints a result that is a secret to standard output. `print` would hide it. */
  readonly printSecret: (text: string) => void;
  /**
   * Prints plans, questions and warnings to standard error. Each call prints one line or a part of
   * it.
   */
  readonly log: (text: string) => void;
  /** Replaces the progress line on standard error. An empty line removes it. */
  readonly showProgress: (line: string) => void;
  /**
   * Standard input. Node.js opens each standard stream at its first use, which takes milliseconds.
   */
  readonly input: () => Readable;
  /** Whether standard error is a terminal. */
  readonly watched: boolean;
  /** Whether standard input is a terminal too, so that the user can answer. */
  readonly interactive: boolean;
  /** Columns of the terminal behind standard output; `undefined` for a pipe or a file. */
  readonly columns: number | undefined;
}

interface Interruption {
  /** Aborts at the first Ctrl-C. */
  readonly interrupted: AbortSignal;
  /**
   * Runs a program that handles Ctrl-C, such as an editor. Until it ends, Ctrl-C does not abort
   * `interrupted`.
   */
  readonly leaveInterrupts: <T>(work: () => Promise<T>) => Promise<T>;
  /** Aborts when the reader of standard output closes it, such as `| head`. */
  readonly closed: AbortSignal;
}

/** What one run of the command has: its time, its streams, its interruption, and the rest below. */
export interface Run extends Time, Streams, Interruption {
  /**
   * The variables of the process. No other file in cli/ reads `process.env`. Commander reads
   * CLUSTER_ID and MAPPING_PREFIX from it, the SDK the AWS variables and HOME, and Node.js its own,
   * such as NO_COLOR: these must have the same values here.
   */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly memo: Memo;
  /** Secrets that this run has sent or received, and must not print. */
  readonly secrets: Secrets;
  /** Whether to report each HTTP request (--debug). */
  readonly isDebug?: boolean;
  /** The command line, for messages. */
  readonly words?: readonly string[];
  /** Set for the work in one of several clusters, which prints later: the run that they share. */
  readonly shared?: Run;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

const CLEAR_LINE = "\r\u001b[K";

/**
 * Replaces secrets and control characters in output, and line breaks in messages on standard error:
 * quoted text cannot forge another line. Values in JSON and YAML stay intact, because they are
 * already escaped.
 */
export function withHarmlessOutput(run: Run): Run {
  const { hide } = run.secrets;
  const harmless = (text: string) => withoutControl(hide(text));
  return extended(run, {
    print: (text: string, tone?: Tone) => run.print(harmless(text), tone),
    printSecret: (text: string) => run.printSecret(withoutControl(text)),
    log: (text: string) => run.log(harmless(text).replace(/\n(?!$)/g, "?")),
    showProgress: (line: string) => run.showProgress(harmless(line)),
  });
}

/**
 * Joins two objects like `{ ...run, ...more }`, but keeps getters: a command that does not ask for a
 * terminal does not look for one.
 */
export function extended<T extends object, U extends object>(run: T, more: U): T & U {
  return Object.defineProperties({} as T & U, {
    ...Object.getOwnPropertyDescriptors(run),
    ...Object.getOwnPropertyDescriptors(more),
  });
}

interface ProcessRun extends Run {
  /** Waits until the output is written: pipes are asynchronous on some systems. */
  readonly flush: () => Promise<void>;
}

/** Returns the run of the process. The first Ctrl-C aborts `interrupted`. The second one ends it. */
export function processRun(): ProcessRun {
  const environment = process.env;
  const interrupt = new AbortController();
  const abort = () => interrupt.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  const closing = new AbortController();
  const failed = (error: NodeJS.ErrnoException) => {
    // A closed pipe, as with `| head`, is not an error: the command continues, because it may be
    // writing to AWS.
    if (error.code !== "EPIPE") endAtFullDisk(error);
  };
  const output = createOutput("stdout", (error) => {
    if (error.code === "EPIPE") closing.abort();
    failed(error);
  });
  const messages = createOutput("stderr", failed);
  return {
    environment,
    clock: Date.now,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    print: (text, tone) =>
      output.write(tone !== undefined && canHaveColour(environment) ? inColour(text, tone) : text),
    printSecret: output.write,
    log: messages.write,
    showProgress: (line) => messages.write(`${CLEAR_LINE}${line}`),
    input: () => process.stdin,
    get watched() {
      return isTerminal(STDERR);
    },
    get interactive() {
      return isTerminal(STDIN) && isTerminal(STDERR);
    },
    get columns() {
      return isTerminal(STDOUT) ? columnsOf(process.stdout) : undefined;
    },
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
    memo: createMemo(),
    secrets: createSecrets(),
    async flush() {
      await Promise.all([output.flush(), messages.flush()]);
    },
  };
}

/**
 * Returns the columns of a terminal; `undefined` if it is none. Some terminals, such as those of
 * builds, report 0 columns or none.
 */
export function columnsOf({
  isTTY,
  columns,
}: Pick<typeof process.stdout, "isTTY" | "columns">): number | undefined {
  return isTTY && columns > 0 ? columns : undefined;
}

/** Ends the process at a full disk, which may affect both streams. */
function endAtFullDisk(error: NodeJS.ErrnoException): never {
  try {
    writeSync(STDERR, `Cannot write the output: ${error.code}.\n`);
  } catch {
    // Standard error fails too.
  }
  process.exit(EXIT.awsFailure);
}

/**
 * C0, DEL and C1 except tab and line feed; bidirectional controls; Unicode line and paragraph
 * separators; and what is invisible, such as U+200B, U+00AD and tag characters: two names must not
 * look alike.
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

export function hasControl(text: string): boolean {
  return text.search(CONTROL) >= 0;
}

/** Replaces control characters in text that is not JSON or YAML. */
function withoutControl(text: string): string {
  return text.replace(CONTROL, "?");
}

/** Escapes control characters for JSON and double-quoted YAML, which keeps the value. */
export function withEscapes(text: string, format: "json" | "yaml"): string {
  return text.replace(CONTROL, (character) => {
    const units = character
      .split("")
      .map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
    // YAML has no surrogate pairs: https://yaml.org/spec/1.2.2/#57-escaped-characters
    if (format === "json" || units.length === 1) return units.map((unit) => `\\u${unit}`).join("");
    return `\\U${character.codePointAt(0)?.toString(16).padStart(8, "0")}`;
  });
}

/** Kind of a change in a plan, or a verdict. The text, such as a sign next to it, shows it too. */
export type Tone = "added" | "changed" | "removed" | "weakened" | "granted" | "denied";

const STYLE: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  added: "green",
  changed: "yellow",
  removed: "red",
  weakened: ["bold", "red"],
  granted: "green",
  denied: "red",
};

function canHaveColour(environment: Run["environment"]): boolean {
  return isTerminal(STDOUT) || environment["FORCE_COLOR"] !== undefined;
}

/** Colours each line separately, for pagers. Node checks the terminal, NO_COLOR and FORCE_COLOR. */
function inColour(text: string, tone: Tone): string {
  return text.replace(/[^\n]+/g, (line) =>
    styleText(STYLE[tone], line, { stream: process.stdout }),
  );
}

/**
 * Waits for the work, and rejects with an AbortError on Ctrl-C. Writes do not use it: the user must
 * see their results.
 */
export async function untilInterrupted<T>(work: Promise<T>, { interrupted }: Run): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(interrupted.reason);
  interrupted.addEventListener("abort", stop);
  if (interrupted.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    interrupted.removeEventListener("abort", stop);
  }
}
