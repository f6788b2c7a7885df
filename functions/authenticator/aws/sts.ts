// Sends the request that was rebuilt from the token to STS, and reads a response of limited size.

import type { IncomingMessage } from "node:http";
import { type Agents, connectHost, discardIdle, openAgents, serverName } from "../../aws/connections.ts";
import { get, readText } from "../../aws/get.ts";
import { fault, hasCode } from "../../errors.ts";
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
  /** Default: with a connection to the endpoint. */
  readonly agents?: Agents;
}

/** Throws `sts_unreachable` without a response, and `sts_answer_unusable` for one that is too long. */
export function createSts(options: StsOptions): AskSts {
  const { regionalHost, endpoint, agents = openAgents(endpoint ?? new URL(`https://${regionalHost}`)) } = options;
  const isPlain = endpoint?.protocol === "http:";
  const agent = isPlain ? agents.httpAgent : agents.httpsAgent;

  function ask({ host, target }: UnverifiedToken, signedId: string, signal: AbortSignal): Promise<StsReply> {
    const connectTo = endpoint === undefined ? host : connectHost(endpoint);
    const options = {
      agent,
      host: connectTo,
      port: endpoint?.port || undefined,
      // Otherwise Node verifies the certificate against the Host header.
      servername: serverName(connectTo),
      path: target,
      headers: { host, accept: "application/json", "x-k8s-aws-id": signedId },
      signal,
    };
    return get(isPlain, options, readReply);
  }

  const rules: RetryRules = {
    tryMs: 2_000,
    totalMs: 4_000,
    isRetryable: (error) => !hasCode(error, "sts_answer_unusable"),
    beforeRetry: (error) => {
      if (!(error instanceof ServerError)) discardIdle(agents);
    },
  };

  return async (token, deadline, signedId) => {
    try {
      return await retry(rules, deadline, (signal) => ask(token, signedId, signal).then(failOnServerError));
    } catch (error) {
      if (error instanceof ServerError) return error.reply;
      if (hasCode(error, "sts_answer_unusable")) throw error;
      throw fault("sts_unreachable", `no answer from STS (${failureKind(error)})`, { cause: error });
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

async function readReply(response: IncomingMessage): Promise<StsReply> {
  const tooLong = () => fault("sts_answer_unusable", `STS answered more than ${MAX_BODY_BYTES} bytes`);
  const body = await readText(response, MAX_BODY_BYTES, tooLong);
  return { status: response.statusCode ?? 0, body, requestId: requestId(response) };
}

/** Logged, so it must look like a request id: a proxy could return anything. */
function requestId({ headers }: IncomingMessage): string | undefined {
  const value = headers["x-amzn-requestid"];
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
