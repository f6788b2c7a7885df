// Runs the command in the test's process and returns its exit code and output: the built command in
// `npm test`, the sources otherwise.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Command } from "commander";
import type { Tone } from "../../cli/io/run.ts";
import { createMemo, createSecrets } from "../../cli/io/run.ts";
import { runCommand } from "../../cli/main/run.ts";
import { keyVariables } from "../aws-variables.ts";
import { IS_BUILT } from "../extent.ts";
import { OPERATOR } from "../local-aws.ts";

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  /** A stream can answer after the question is printed. */
  readonly input?: string | Readable;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; default the real time. */
  readonly now?: number;
  /** Whether each reading of the clock adds a millisecond. */
  readonly ticks?: boolean;
  readonly interactive?: boolean;
  /** Default: as `interactive`. */
  readonly watched?: boolean;
  readonly columns?: number;
  readonly interrupted?: AbortSignal;
  readonly closed?: AbortSignal;
  /** Called instead of each wait, and with each text for standard error and standard output. */
  readonly onSleep?: (ms: number) => void;
  readonly onLog?: (text: string) => void;
  readonly onPrint?: (text: string, tone?: Tone) => void;
}

/** A command line as a user types it, or its words. */
export type Words = string | readonly string[];

export function wordsOf(words: Words): readonly string[] {
  if (typeof words !== "string") return words;
  return [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

export async function cli(words: Words, options: CliOptions = {}): Promise<CliResult> {
  const { input = "", environment = {}, now, interactive = false, columns } = options;
  let waited = 0;
  const [out, err]: [string[], string[]] = [[], []];
  const print = (text: string, tone?: Tone) => {
    out.push(text);
    options.onPrint?.(text, tone);
  };
  loading ??= IS_BUILT ? builtCommand() : Promise.resolve(runCommand);
  const code = await (await loading)(wordsOf(words), {
    environment: { ...sharedVariables(), ...environment },
    clock: () => (now ?? Date.now()) + (options.ticks ? waited++ : waited),
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      waited += ms;
      options.onSleep?.(ms);
    },
    print,
    printSecret: print,
    log: (text) => {
      err.push(text);
      options.onLog?.(text);
    },
    showProgress: (line) => err.push(line),
    input: () => (typeof input === "string" ? Readable.from([input]) : input),
    interactive,
    watched: options.watched ?? interactive,
    columns,
    interrupted: options.interrupted ?? new AbortController().signal,
    leaveInterrupts: (work) => work(),
    memo: createMemo(),
    secrets: createSecrets(),
    closed: options.closed ?? new AbortController().signal,
  });
  return { code, out: out.join(""), err: err.join("") };
}

const DIST = join(import.meta.dirname, "..", "..", "dist", "cli");

/**
 * Returns the function that the published file calls with the words of the command line. The file
 * itself ends the process, so this reads from it which part exports the function, and as what.
 */
async function builtCommand(): Promise<typeof runCommand> {
  const source = readFileSync(join(DIST, "iam-authenticator.mjs"), "utf8");
  const [, local] = /await ([\w$]+)\(process\.argv\.slice\(2\)/.exec(source) ?? [];
  for (const [, names = "", part = ""] of source.matchAll(/import\{([^}]*)\}from"([^"]+)"/g)) {
    const name = names.split(",").find((as) => as.split(" as ").at(-1) === local);
    if (name !== undefined) return (await import(join(DIST, part)))[name.split(" as ")[0] ?? ""];
  }
  throw new Error(`${DIST}: no call of the command: npm run build`);
}

let loading: Promise<typeof runCommand> | undefined;

/**
 * Runs the sources in this process. For a file that replaces functions of built-in modules: the
 * built command has copies of them, which `mock.method` does not change.
 */
export function runSources(): void {
  loading = Promise.resolve(runCommand);
}

/**
 * The variables of the process that the SDK and Commander read, which a run must see with the same
 * values.
 */
export function sharedVariables(): Record<string, string | undefined> {
  const isShared = (name: string) =>
    name.startsWith("AWS_") || ["CLUSTER_ID", "MAPPING_PREFIX"].includes(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isShared(name)));
}

/**
 * Sets the environment that the SDK reads: local keys, a local service, and no configuration of
 * this machine.
 */
export function useLocalAws(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    ...keyVariables(OPERATOR),
    AWS_ACCOUNT_ID: "111122223333",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    // For doctor. Nothing listens there, unless a test starts one.
    AWS_ENDPOINT_URL_LAMBDA: "http://127.0.0.1:9",
    ...variables,
  });
  // For deny, which looks for a name in the log, and for the name of the operator. A test may have
  // set them before.
  for (const service of ["CLOUDFORMATION", "CLOUDWATCH_LOGS", "STS"]) {
    process.env[`AWS_ENDPOINT_URL_${service}`] ??= "http://127.0.0.1:9";
  }
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "CLUSTER_ID", "MAPPING_PREFIX"]) {
    if (!(name in variables)) delete process.env[name];
  }
}

export function endpoints(
  servers: Readonly<Record<string, { readonly url: string }>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(servers).map(([service, { url }]) => [`AWS_ENDPOINT_URL_${service}`, url]),
  );
}

export function commandPaths(command: Command, path: readonly string[] = []): string[][] {
  return [
    [...path],
    ...command.commands.flatMap((child) => commandPaths(child, [...path, child.name()])),
  ];
}
