// What the acceptance checks reach: three programs, HTTP and the clock. AWS, the emulator and the tests' fake each have one.

import type { Post, Reply } from "../post.ts";

export type Program = "aws" | "cdk" | "iam-authenticator";

export interface RunOptions {
  readonly input?: string;
  /** Instead of the environment's own credentials. */
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

export interface World {
  readonly region: string;
  /** A new folder for the files of this run; the programs run there. */
  readonly folder: string;
  run(program: Program, args: readonly string[], options?: RunOptions): Promise<Ran>;
  request(url: string, options: Post): Promise<Reply>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when the run is interrupted. */
  sleep(ms: number): Promise<void>;
  /** One line of progress. */
  print(line: string): void;
  /** Context keys that every cluster gets here, such as the processor's architecture. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The release's templates and zips, as `npm run release` makes them. */
  buildRelease(folder: string): Promise<void>;
  /** Parameters that the release's template gets here. */
  readonly releaseParameters: Readonly<Record<string, string>>;
  /** Changes what `cdk synth` or the release wrote, before it is deployed. */
  prepare?(folder: string): void;
  /** What this place cannot serve, by check ("5") or row ("4 metrics"), and why. None of it passes. */
  readonly unserved: Readonly<Record<string, string>>;
}

/** Thrown by `sleep` and by running programs after Ctrl-C. */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interrupted";
  }
}
