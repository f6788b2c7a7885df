// A Lambda Runtime API for one execution environment, which sends one event and records times.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

const PREFIX = "/2018-06-01/runtime";
const DEADLINE_MS = 8_000;

/** Listens on a free port of 127.0.0.1; calls `beforeEvent` just before it sends `event`. */
export async function startRuntimeApi(event: unknown, beforeEvent: () => void) {
  const ready = Promise.withResolvers<number>();
  const answered = Promise.withResolvers<{ given: number; at: number; body: string }>();
  let given: number | undefined;

  const server = createServer((request, response) => {
    serve(request, response).catch(answered.reject);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const at = performance.now();
    if (request.url === `${PREFIX}/invocation/next`) {
      // After the event, the environment waits for the next one; this never responds.
      if (given !== undefined) return;
      ready.resolve(at);
      beforeEvent();
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "00000000-0000-4000-8000-000000000000",
        "lambda-runtime-deadline-ms": String(Date.now() + DEADLINE_MS),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:111122223333:function:bench",
      });
      given = performance.now();
      response.end(JSON.stringify(event));
      return;
    }
    response.writeHead(202).end();
    if (request.url?.endsWith("/response") === true && given !== undefined) {
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
    /** `performance.now()` of the request for the event; rejects on an initialization error. */
    ready: ready.promise,
    /** The times of sending the event and of the complete response, and the response; rejects on a handler error. */
    answered: answered.promise,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
