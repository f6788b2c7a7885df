// Access to real AWS: runs the AWS CLI, the CDK CLI and this repository's command with the
// environment's credentials.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { keyVariables } from "../aws-variables.ts";
import { findAwsCli } from "../e2e/aws-cli.ts";
import { cdkCommand, ROOT } from "../infra/cdk-cli.ts";
import { post } from "../post.ts";
import { Interrupted, type Program, type Ran, type RunOptions, type World } from "./world.ts";

export interface RealWorld extends World {
  /** Stops running programs and rejects new ones until `resume`. */
  interrupt(): void;
  resume(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

type EnvironmentOf = (program: Program, args: readonly string[]) => Environment;
/** `environment` replaces this process's environment. */
export function realWorld(
  region: string,
  environment: EnvironmentOf = () => process.env,
): RealWorld {
  const folder = mkdtempSync(join(tmpdir(), "acceptance-"));
  let awsCli: string | undefined;
  let interruption = new AbortController();

  function run(program: Program, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    if (program === "aws") awsCli ??= findAwsCli();
    const words = {
      aws: [awsCli ?? "aws", ...args],
      cdk: [process.execPath, ...cdkCommand(args)],
      terraform: ["terraform", ...args],
      "iam-authenticator": [
        process.execPath,
        join(ROOT, "dist", "cli", "iam-authenticator.mjs"),
        ...args,
      ],
    }[program];
    const variables = environmentOf(environment(program, args), region, options);
    return runProgram(words, folder, variables, interruption.signal, options.input);
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
    async buildRelease(outdir, commit) {
      if (commit !== undefined) return buildEarlier(commit, outdir);
      // Imported on demand, since it loads CDK, which takes seconds.
      const { buildRelease } = await import("../../build/assets.ts");
      buildRelease(outdir);
    },
    releaseParameters: {},
    async acceptedRequests(operation, names, seconds) {
      const { acceptedRequests } = await import("./rates.ts");
      return acceptedRequests(region, operation, names, seconds);
    },
    async startApiserver(webhook) {
      // Imported on demand, as above: it finds programs that only two checks need.
      const { startApiserver } = await import("./apiserver.ts");
      return startApiserver(folder, webhook);
    },
    unserved: {},
    interrupt: () => interruption.abort(),
    resume: () => {
      interruption = new AbortController();
    },
  };
}

/** In a temporary work tree, with the dependencies of that commit. */
function buildEarlier(commit: string, outdir: string): void {
  const tree = join(mkdtempSync(join(tmpdir(), "acceptance-")), "tree");
  const git = (...args: readonly string[]) =>
    execFileSync("git", args, { cwd: ROOT, stdio: "ignore" });
  git("worktree", "add", "--detach", tree, commit);
  try {
    for (const words of [["ci"], ["run", "release"]]) {
      execFileSync("npm", [...words, "--silent"], {
        cwd: tree,
        stdio: ["ignore", "ignore", "pipe"],
      });
    }
    cpSync(join(tree, "dist", "release"), outdir, { recursive: true });
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(dirname(tree), { recursive: true });
  }
}

/** Explicit credentials also replace a profile. */
function environmentOf(
  environment: Environment,
  region: string,
  { credentials }: RunOptions,
): Environment {
  const place = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_PAGER: "",
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
  if (credentials === undefined) return { ...environment, ...place };
  const {
    AWS_PROFILE: _,
    AWS_DEFAULT_PROFILE: __,
    AWS_SESSION_TOKEN: ___,
    ...others
  } = environment;
  return { ...others, ...place, ...keyVariables(credentials) };
}

/** Returns the exit code, also for failures; throws `Interrupted` once `signal` is aborted. */
export async function runProgram(
  [command = "", ...args]: readonly string[],
  cwd: string,
  env: Environment,
  signal: AbortSignal,
  input = "",
): Promise<Ran> {
  if (signal.aborted) throw new Interrupted();
  // In a separate process group, so that Ctrl-C reaches only the acceptance command.
  const child = spawn(command, args, { cwd, env, detached: true });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid);
  };
  signal.addEventListener("abort", end, { once: true });
  // The program may exit before it reads its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, "close")) as [number | null];
  signal.removeEventListener("abort", end);
  if (signal.aborted) throw new Interrupted();
  return { exitCode: code ?? 1, stdout: await stdout, stderr: await stderr };
}
