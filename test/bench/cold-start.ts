// Measures one cold start: a new process with Lambda's Node.js runtime client, from start to its
// response.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CACHE } from "../e2e/binaries/build.ts";
import { countInstructions, SLOWDOWN } from "./instructions.ts";

export interface Candidate {
  readonly name: string;
  /** Folder with `index.mjs`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: unknown;
  /** What the body of the response contains. */
  readonly answer: readonly string[];
}

export type ColdStart = Awaited<ReturnType<typeof coldStart>>;

const LIMIT_MS = 20_000;

/**
 * One cold start, in ms. `init`: until the request for the event. `invoke`: from the event to its
 * response.
 */
export function coldStart(runtimeClient: string, candidate: Candidate) {
  return start([process.execPath, runtimeClient, "index.handler"], candidate, LIMIT_MS);
}

/** The instructions of one cold start, of all its threads. */
export async function coldStartInstructions(
  runtimeClient: string,
  candidate: Candidate,
): Promise<number> {
  return countInstructions([runtimeClient, "index.handler"], async (command) => {
    await start(command, candidate, LIMIT_MS * SLOWDOWN);
  });
}

async function start(
  [program = "", ...words]: readonly string[],
  candidate: Candidate,
  limitMs: number,
) {
  const api = await startRuntimeApi();
  const output: Buffer[] = [];
  const started = performance.now();
  const child = spawn(program, words, {
    cwd: candidate.folder,
    env: { ...lambdaEnvironment(candidate.folder, api.address), ...candidate.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`the runtime exited early (${code ?? signal})`)),
    );
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  try {
    const ready = await Promise.race([api.ready, ended]);
    const { given, at, body } = await Promise.race([api.invoke(candidate.event), ended]);
    const { body: content = "" }: { body?: string } = JSON.parse(body);
    if (!candidate.answer.every((part) => content.includes(part)))
      throw new Error(`unexpected response: ${body}`);
    return { init: ready - started, invoke: at - given };
  } catch (error) {
    throw new Error(`${candidate.name}: ${String(error)}\n${Buffer.concat(output).toString()}`, {
      cause: error,
    });
  } finally {
    clearTimeout(limit);
    // Not SIGKILL: valgrind prints its count when the program ends.
    child.kill();
    await ended.catch(() => undefined);
    api.close();
  }
}

/** Lambda's environment variables that the runtime client, the SDK or the handler read. */
export function lambdaEnvironment(folder: string, runtimeApi: string): Record<string, string> {
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

const PREFIX = "/2018-06-01/runtime";
const DEADLINE_MS = 8_000;

/** A Lambda Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startRuntimeApi() {
  const ready = Promise.withResolvers<number>();
  /** The environment's request for an event. */
  let next = Promise.withResolvers<ServerResponse>();
  let answered = Promise.withResolvers<{ given: number; at: number; body: string }>();
  let given = 0;

  const server = createServer((request, response) =>
    serve(request, response).catch(answered.reject),
  );

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const at = performance.now();
    if (request.url === `${PREFIX}/invocation/next`) {
      ready.resolve(at);
      next.resolve(response);
      return;
    }
    response.writeHead(202).end();
    if (request.url?.endsWith("/response") === true) {
      answered.resolve({ given, at, body });
      return;
    }
    const failure = new Error(`${request.url}: ${body}`);
    ready.reject(failure);
    answered.reject(failure);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // Prevents an unhandled rejection if the user stops after the first promise fails.
  answered.promise.catch(() => undefined);
  return {
    /** The value of `AWS_LAMBDA_RUNTIME_API`. */
    address: `127.0.0.1:${port}`,
    /**
     * `performance.now()` of the first request for an event; rejects on an initialization error.
     */
    ready: ready.promise,
    /**
     * The times of sending the event and of the complete response, and the response; rejects on a
     * handler error.
     */
    async invoke(event: unknown) {
      const response = await next.promise;
      next = Promise.withResolvers();
      answered = Promise.withResolvers();
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "00000000-0000-4000-8000-000000000000",
        "lambda-runtime-deadline-ms": String(Date.now() + DEADLINE_MS),
        "lambda-runtime-invoked-function-arn":
          "arn:aws:lambda:us-east-1:111122223333:function:bench",
      });
      given = performance.now();
      response.end(JSON.stringify(event));
      return answered.promise;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const VERSION = "4.0.2";

/**
 * The runtime client's script. It is not a dependency: it compiles C++, and `npm ci` must work with
 * git, npm and Node. It is installed outside the repository, because its build fails in a path with
 * a space ("Libtool does not cope well with whitespace").
 */
export function runtimeClient(): string {
  const folder = join(CACHE, `aws-lambda-ric-${VERSION}`);
  const installed = join(folder, "node_modules", "aws-lambda-ric");
  // The compiled part is written last, so it marks a complete installation.
  if (!existsSync(join(installed, "rapid-client.node"))) install(folder);
  return join(installed, "index.mjs");
}

function install(folder: string): void {
  if (process.platform !== "linux")
    throw new Error("aws-lambda-ric compiles on Linux only; run the bench there");
  console.error(`installing aws-lambda-ric ${VERSION} into ${folder} (about a minute). It compiles native code and needs:
Debian, Ubuntu: apt-get install cmake g++ make xz-utils autoconf automake libtool python3
Amazon Linux:   dnf install cmake gcc-c++ make tar xz autoconf automake libtool python3`);
  mkdirSync(folder, { recursive: true });
  // Allows the install script, which compiles the native code.
  const allowScripts = { "aws-lambda-ric": true };
  const manifest = { private: true, dependencies: { "aws-lambda-ric": VERSION }, allowScripts };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
