// Measures one cold start: a new process with Lambda's Node.js runtime client, from start to its response.

import { spawn } from "node:child_process";
import { startRuntimeApi } from "./runtime-api.ts";

export interface Candidate {
  readonly name: string;
  /** Folder with `index.mjs`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: unknown;
  /** Called with the process id after initialization, just before the event. */
  beforeEvent?(pid: number): void;
  /** What the body of the response contains. */
  readonly answer: readonly string[];
}

export type ColdStart = Awaited<ReturnType<typeof coldStart>>;

const LIMIT_MS = 20_000;

/**
 * Runs `candidate` once with `runtimeClient`, the path of the runtime client's script. `init`: from process start to the request
 * for the event, ms. `invoke`: from the event to its response, ms.
 */
export async function coldStart(runtimeClient: string, candidate: Candidate) {
  const api = await startRuntimeApi(candidate.event, () => candidate.beforeEvent?.(child.pid ?? 0));
  const output: Buffer[] = [];
  const started = performance.now();
  const child = spawn(process.execPath, [runtimeClient, "index.handler"], {
    cwd: candidate.folder,
    env: { ...lambdaEnvironment(candidate.folder, api.address), ...candidate.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`the runtime exited early (${code ?? signal})`)));
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  try {
    const ready = await Promise.race([api.ready, ended]);
    const { given, at, body } = await Promise.race([api.answered, ended]);
    const { body: text = "" }: { body?: string } = JSON.parse(body);
    if (!candidate.answer.every((part) => text.includes(part))) throw new Error(`unexpected response: ${body}`);
    return { init: ready - started, invoke: at - given };
  } catch (error) {
    throw new Error(`${candidate.name}: ${String(error)}\n${Buffer.concat(output).toString()}`, { cause: error });
  } finally {
    clearTimeout(limit);
    child.kill("SIGKILL");
    await ended.catch(() => undefined);
    api.close();
  }
}

/** Lambda's environment variables that the runtime client, the SDK or the handler read. */
function lambdaEnvironment(folder: string, runtimeApi: string): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TZ: ":UTC",
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: "index.handler",
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: "bench",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/bench",
    AWS_LAMBDA_LOG_STREAM_NAME: "bench",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    AWS_SESSION_TOKEN: "bench",
  };
}
