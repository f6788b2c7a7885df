// Runs one program; an interruption stops it with its child processes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Interrupted, type Ran } from "./world.ts";

export interface ProgramOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input?: string | undefined;
  readonly signal: AbortSignal;
}

/** Returns the exit code, also for failures; throws `Interrupted` once `signal` is aborted. */
export async function runProgram(
  [command, ...args]: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<Ran> {
  const { folder, environment, input = "", signal } = options;
  if (signal.aborted) throw new Interrupted();
  // In a separate process group, so that Ctrl-C reaches only the acceptance command.
  const child = spawn(command, args, { cwd: folder, env: environment, detached: true });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid);
  };
  signal.addEventListener("abort", end, { once: true });
  // The program may exit before it reads its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, "close")) as [number | null];
  signal.removeEventListener("abort", end);
  if (signal.aborted) throw new Interrupted();
  return { exitCode: code ?? 1, stdout: await stdout, stderr: await stderr };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}
