// Helpers for tests of STS: a token, the result of a call, a check that errors contain no secret,
// and a TCP server that records each request as bytes, and responds with bytes.

import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { inspect } from "node:util";
import { createSts } from "../../../functions/authenticator/aws/sts.ts";
import type { UnverifiedToken } from "../../../functions/authenticator/token/token.ts";
import {
  type AuthenticatorError,
  hasCode,
  isAuthenticatorError,
} from "../../../functions/errors.ts";
import { type Clock, deadlineIn } from "../../../functions/lib/deadline.ts";
import type { Credential } from "../../../local/certificates.ts";
import {
  HOST,
  parse,
  SECURITY_TOKEN,
  SIGNATURE,
  tokenWith,
} from "../authenticator/token/samples.ts";

export const TOKEN = parse(tokenWith({ "X-Amz-Security-Token": SECURITY_TOKEN }));
export const CLUSTER_ID = "prod-1";

export type AskSts = ReturnType<typeof createSts>;

export const stsAt = (url: string, clock: Clock = Date.now): AskSts =>
  createSts({ regionalHost: HOST, endpoint: new URL(url), clock });

export async function asked(
  askSts: AskSts,
  token: UnverifiedToken = TOKEN,
  deadline = deadlineIn(5_000, Date.now),
): Promise<string | AuthenticatorError> {
  try {
    const { status, body } = await askSts({ ...token, signedId: CLUSTER_ID }, deadline);
    return `${status} ${body}`;
  } catch (error) {
    if (isAuthenticatorError(error)) return error;
    throw error;
  }
}

/**
 * Checks that the error is an outage of this kind, and that it and its causes contain no secret.
 */
export function assertUnreachable(error: unknown, kind: string): void {
  assert.ok(hasCode(error, "sts_unreachable"), String(error));
  assert.equal(error.message, `no answer from STS (${kind})`);
  assert.equal(error.status, 500);
  const everything = inspect(error, { depth: null, maxStringLength: null });
  for (const secret of [
    SIGNATURE,
    SECURITY_TOKEN,
    encodeURIComponent(SECURITY_TOKEN),
    TOKEN.target,
  ]) {
    assert.ok(!everything.includes(secret), everything);
  }
}

export type RawServer = Awaited<ReturnType<typeof startRawServer>>;

export const OK = response(200, "{}");

export function response(status: number, body: string, headers = ""): string {
  return `HTTP/1.1 ${status} Reason\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

type Answer = (request: string, socket: Socket) => string | undefined;
/**
 * Listens on 127.0.0.1 until the test that calls it ends, with TLS if there is a `credential`.
 * `answer` can also write to the socket and return nothing. `requests` are without their bodies,
 * each with its empty line; `sockets` the accepted connections, oldest first, for TLS those with a
 * completed handshake.
 */
export async function startRawServer(answer: Answer = () => OK, credential?: Credential) {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const serve = (socket: Socket): void => {
    sockets.push(socket.unref());
    let received = "";
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (!received.endsWith("\r\n\r\n")) return;
      const request = received;
      received = "";
      requests.push(request);
      const bytes = answer(request, socket);
      if (bytes !== undefined) socket.write(bytes, "latin1");
    });
  };
  const server =
    credential === undefined ? createServer(serve) : createTlsServer({ ...credential }, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  after(close);
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, requests, sockets, close };
}
