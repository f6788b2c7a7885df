// Sends the request that was rebuilt from the token to STS, and reads a response of limited size.

import type { IncomingMessage } from "node:http";
import { type Agents, discardIdle, get, openAgents, readText } from "../../aws/connections.ts";
import { SERVICES } from "../../aws/services.ts";
import { fault, hasCode } from "../../errors.ts";
import type { Clock } from "../../lib/deadline.ts";
import { type Guarded, guard } from "../../lib/guard.ts";
import { failureKind } from "../../lib/retry.ts";
import type { AskSts, StsRequest } from "../identity/prove-identity.ts";

const MAX_BODY_BYTES = 64 * 1024;

type StsReply = Awaited<ReturnType<AskSts>>;

export interface StsOptions {
  /** The region's STS endpoint, to which a connection is opened early. */
  readonly regionalHost: string;
  /**
   * Connects here instead of to the token's host. The Host header and the signed request stay
   * unchanged.
   */
  readonly endpoint: URL | undefined;
  /** Default: with a connection to the endpoint. */
  readonly agents?: Agents;
  readonly clock: Clock;
}

/**
 * Returns a function that sends a token's request to STS. It throws `sts_unreachable` without a
 * response or for a silent host, and `sts_answer_unusable` for a response that is too long.
 */
export function createSts({
  regionalHost,
  endpoint,
  agents = openAgents(endpoint ?? new URL(`https://${regionalHost}`)),
  clock,
}: StsOptions): Guarded<AskSts> {
  async function send(
    { host, target, signedId }: StsRequest,
    signal: AbortSignal,
  ): Promise<StsReply> {
    const server = endpoint ?? { protocol: "https:", hostname: host, port: "" };
    const headers = { host, accept: "application/json", "x-k8s-aws-id": signedId };
    const reply = await get(server, agents, { path: target, headers, signal }, readReply);
    if (reply.status >= 500) throw new ServerError(reply);
    return reply;
  }

  function settle(error: unknown): StsReply {
    if (error instanceof ServerError) return error.reply;
    if (hasCode(error, "sts_answer_unusable")) throw error;
    throw fault("sts_unreachable", `no answer from STS (${failureKind(error)})`, { cause: error });
  }

  const transport = {
    send,
    settle,
    keyOf: ({ host }: StsRequest) => host,
    isRetryable: (error: unknown) => !hasCode(error, "sts_answer_unusable"),
    beforeRetry: (error: unknown) => {
      if (!(error instanceof ServerError)) discardIdle(agents);
    },
  };
  return guard(SERVICES.sts, transport, clock);
}

/** A 5xx response, thrown so that `retry` tries again. A second 5xx is returned as the response. */
class ServerError extends Error {
  readonly reply: StsReply;
  constructor(reply: StsReply) {
    super(`STS answered ${reply.status}`);
    this.reply = reply;
  }
}

async function readReply(response: IncomingMessage): Promise<StsReply> {
  const tooLong = () =>
    fault("sts_answer_unusable", `STS answered more than ${MAX_BODY_BYTES} bytes`);
  const body = await readText(response, MAX_BODY_BYTES, tooLong);
  return { status: response.statusCode ?? 0, body, requestId: requestId(response) };
}

/**
 * Returns the request id. It is logged, so it must look like one: a proxy could return anything.
 */
function requestId({ headers }: IncomingMessage): string | undefined {
  const value = headers["x-amzn-requestid"];
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
