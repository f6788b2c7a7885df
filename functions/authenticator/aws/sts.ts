// Sends the request that was rebuilt from the token to STS, and reads a response of limited size.

import type { IncomingMessage, RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { connectHost, discardIdle, openAgents, serverName } from "../../aws/connections.ts";
import { StsAnswerUnusable, StsUnreachable } from "../../errors.ts";
import { failureKind, type RetryRules, retry } from "../../lib/retry.ts";
import type { AskSts } from "../identity/prove-identity.ts";
import type { UnverifiedToken } from "../token/token.ts";

const MAX_BODY_BYTES = 64 * 1024;

type StsReply = Awaited<ReturnType<AskSts>>;

export interface StsOptions {
  /** The region's STS endpoint, to which a connection is opened early. */
  readonly regionalHost: string;
  /** Connects here instead of to the token's host. The Host header and the signed request stay unchanged. */
  readonly endpoint: URL | undefined;
}

/** Throws `StsUnreachable` without a response, and `StsAnswerUnusable` for one that is too long. */
export function createSts({ regionalHost, endpoint }: StsOptions): AskSts {
  const agents = openAgents(endpoint ?? new URL(`https://${regionalHost}`));
  const { httpsAgent, httpAgent } = agents;
  const request = httpAgent === undefined ? httpsRequest : process.getBuiltinModule("node:http").request;
  const agent = httpAgent ?? httpsAgent;

  function ask({ host, target }: UnverifiedToken, signedId: string, signal: AbortSignal): Promise<StsReply> {
    const connectTo = endpoint === undefined ? host : connectHost(endpoint);
    const options: RequestOptions & { servername: string } = {
      agent,
      host: connectTo,
      port: endpoint?.port || undefined,
      // Otherwise Node verifies the certificate against the Host header.
      servername: serverName(connectTo),
      method: "GET",
      path: target,
      headers: { host, accept: "application/json", "x-k8s-aws-id": signedId },
      signal,
    };
    const { promise, resolve, reject } = Promise.withResolvers<StsReply>();
    const outgoing = request(options, (response) => {
      readBody(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, body, requestId: requestId(response) }),
        reject,
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
    return promise;
  }

  const rules: RetryRules = {
    tryMs: 2_000,
    totalMs: 4_000,
    isRetryable: (error) => !(error instanceof StsAnswerUnusable),
    beforeRetry: (error) => {
      if (!(error instanceof ServerError)) discardIdle(agents);
    },
  };

  return async (token, deadline, signedId) => {
    try {
      return await retry(rules, deadline, (signal) => ask(token, signedId, signal).then(failOnServerError));
    } catch (error) {
      if (error instanceof ServerError) return error.reply;
      if (error instanceof StsAnswerUnusable) throw error;
      throw new StsUnreachable(`no answer from STS (${failureKind(error)})`, { cause: error });
    }
  };
}

/** A 5xx response, thrown so that `retry` tries again. A second 5xx is returned as the response. */
class ServerError extends Error {
  readonly reply: StsReply;
  constructor(reply: StsReply) {
    super(`STS answered ${reply.status}`);
    this.reply = reply;
  }
}

function failOnServerError(reply: StsReply): StsReply {
  if (reply.status >= 500) throw new ServerError(reply);
  return reply;
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (size > MAX_BODY_BYTES) throw new StsAnswerUnusable(`STS answered more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Logged, so it must look like a request id: a proxy could return anything. */
function requestId({ headers }: IncomingMessage): string | undefined {
  const value = headers["x-amzn-requestid"];
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
