// Access to real AWS: runs the AWS CLI, the CDK CLI and this repository's command with the environment's credentials.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { keyVariables } from "../aws-variables.ts";
import { findAwsCli } from "../e2e/aws-cli.ts";
import { cdkCommand, ROOT } from "../infra/cdk-cli.ts";
import { post } from "../post.ts";
import { runProgram } from "./run-program.ts";
import { type Credentials, Interrupted, type Program, type Ran, type RunOptions, type World } from "./world.ts";

export interface RealWorld extends World {
  /** Stops running programs and rejects new ones until `resume`. */
  interrupt(): void;
  resume(): void;
}

export interface RealWorldOptions {
  readonly region: string;
  /** Replaces this process's environment. */
  readonly environment?: (program: Program, args: readonly string[]) => Environment;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function realWorld({ region, environment = () => process.env }: RealWorldOptions): RealWorld {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-"));
  let awsCli: string | undefined;
  let interruption = new AbortController();

  function run(program: Program, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    awsCli ??= program === "aws" ? findAwsCli() : undefined;
    return runProgram(commandOf(program, args, awsCli), {
      folder,
      environment: environmentOf(environment(program, args), region, options),
      input: options.input,
      signal: interruption.signal,
    });
  }

  return {
    region,
    folder,
    run,
    request: post,
    now: Date.now,
    async sleep(ms) {
      await setTimeout(ms, undefined, { signal: interruption.signal }).catch(() => {
        throw new Interrupted();
      });
    },
    print: (line) => console.log(line),
    settings: {},
    async buildRelease(outdir) {
      // Imported on demand, since it loads CDK, which takes seconds.
      const { buildRelease } = await import("../../infra/release/build.ts");
      buildRelease(outdir);
    },
    releaseParameters: {},
    unserved: {},
    interrupt: () => interruption.abort(),
    resume: () => {
      interruption = new AbortController();
    },
  };
}

function commandOf(program: Program, args: readonly string[], awsCli = "aws"): [string, ...string[]] {
  switch (program) {
    case "aws":
      return [awsCli, ...args];
    case "cdk":
      return [process.execPath, ...cdkCommand(args)];
    case "iam-authenticator":
      return [process.execPath, join(ROOT, "dist", "cli", "iam-authenticator.mjs"), ...args];
  }
}

/** Explicit credentials also replace a profile. */
function environmentOf(
  environment: Environment,
  region: string,
  { credentials }: { readonly credentials?: Credentials },
): Record<string, string | undefined> {
  const place = { AWS_REGION: region, AWS_DEFAULT_REGION: region, AWS_PAGER: "", CDK_DISABLE_CLI_TELEMETRY: "true" };
  if (credentials === undefined) return { ...environment, ...place };
  const { AWS_PROFILE: _, AWS_DEFAULT_PROFILE: __, AWS_SESSION_TOKEN: ___, ...others } = environment;
  return {
    ...others,
    ...place,
    ...keyVariables(credentials),
  };
}
