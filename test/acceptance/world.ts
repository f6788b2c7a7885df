// The interface between checks and AWS, the emulator or a test's account: three programs, HTTP and
// the clock.

import type { Post, Reply } from "../post.ts";

export type Program = "aws" | "cdk" | "iam-authenticator" | "terraform";

export interface RunOptions {
  readonly input?: string;
  /** Replaces the environment's credentials. */
  readonly credentials?: Credentials;
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Apiserver {
  /** The user of a token, as kube-apiserver returns it, or "401". */
  whoami(token: string): Promise<string>;
  stop(): Promise<void>;
}

export interface World {
  readonly region: string;
  /** A new folder for this run, and the programs' working directory. */
  readonly folder: string;
  run(program: Program, args: readonly string[], options?: RunOptions): Promise<Ran>;
  request(url: string, options: Post): Promise<Reply>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects if the run is interrupted. */
  sleep(ms: number): Promise<void>;
  print(line: string): void;
  /** Context keys of every cluster, such as the architecture. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * The release's templates and zips, as `npm run release` writes them: of this code, or of an
   * earlier commit.
   */
  buildRelease(folder: string, commit?: string): Promise<void>;
  /**
   * Sends as many requests to Parameter Store as this machine can. Returns how many of each second
   * were accepted.
   */
  acceptedRequests(
    operation: "read" | "write",
    names: readonly string[],
    seconds: number,
  ): Promise<number[]>;
  /** Parameters for the release's template. */
  readonly releaseParameters: Readonly<Record<string, string>>;
  /** Starts etcd and kube-apiserver on this machine. Throws `NotRun` if a program is missing. */
  startApiserver(webhook: { readonly server: string; readonly token?: string }): Promise<Apiserver>;
  /** Modifies the output of `cdk synth` or the release before deployment. */
  prepare?(folder: string): void;
  /**
   * Reasons for checks ("5") or rows ("4 metrics") that are not supported here. They never pass.
   */
  readonly unserved: Readonly<Record<string, string>>;
}

/** Thrown by `sleep` and running programs after Ctrl-C. */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interrupted";
  }
}

const PAUSE_MS = 5_000;
/** Callers apply within 60 s, mappings within 30 s (docs/reference.md). */
export const CACHES_MS = 90_000;

/** Returns the last value, even if the condition is not met. */
export async function until<T>(
  world: World,
  limitMs: number,
  look: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const end = world.now() + limitMs;
  let value = await look();
  while (!holds(value) && world.now() < end) {
    await world.sleep(PAUSE_MS);
    value = await look();
  }
  return value;
}
