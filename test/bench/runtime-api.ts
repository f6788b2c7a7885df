// A Lambda Runtime API for one execution environment: hands out its events and says when each thing happened.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Answered {
  readonly given: number;
  readonly at: number;
  readonly body: string;
}

export interface RuntimeApi {
  /** What `AWS_LAMBDA_RUNTIME_API` is to be set to. */
  readonly address: string;
  /** When the runtime asked for its first event, by `performance.now()`; rejects on an error while initialising. */
  readonly ready: Promise<number>;
  /** Of each event, when it went out and its answer had come whole, and the answer; rejects on an error of the handler. */
  readonly answered: Promise<readonly Answered[]>;
  close(): void;
}

const PREFIX = "/2018-06-01/runtime";
const DEADLINE_MS = 8_000;

/** Starts on a free port of 127.0.0.1 and gives `events` in turn; calls `beforeFirst` just before the first of them. */
export async function startRuntimeApi(events: readonly unknown[], beforeFirst?: () => void): Promise<RuntimeApi> {
  const ready = Promise.withResolvers<number>();
  const answered = Promise.withResolvers<readonly Answered[]>();
  const answers: Answered[] = [];
  let given = 0;

  const server = createServer((request, response) => {
    serve(request, response).catch(answered.reject);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const at = performance.now();
    if (request.url === `${PREFIX}/invocation/next`) {
      // One call more means that the environment waits for work, which never comes: it is left hanging.
      if (answers.length === events.length) return;
      if (answers.length === 0) {
        ready.resolve(at);
        beforeFirst?.();
      }
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "00000000-0000-4000-8000-000000000000",
        "lambda-runtime-deadline-ms": String(Date.now() + DEADLINE_MS),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:111122223333:function:bench",
      });
      given = performance.now();
      response.end(JSON.stringify(events[answers.length]));
      return;
    }
    response.writeHead(202).end();
    if (request.url?.endsWith("/response") === true) {
      answers.push({ given, at, body });
      if (answers.length === events.length) answered.resolve(answers);
      return;
    }
    const failure = new Error(`${request.url}: ${body}`);
    ready.reject(failure);
    answered.reject(failure);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // Whoever stops after the first failure must not be ended by the second promise, which nobody awaits then.
  answered.promise.catch(() => undefined);
  return {
    address: `127.0.0.1:${port}`,
    ready: ready.promise,
    answered: answered.promise,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
