// Sends the request that was rebuilt from the token to STS, and reads a response of limited size.

import type { IncomingMessage } from "node:http";
import { type Agents, discardIdle, get, openAgents, readText } from "../../aws/connections.ts";
import { fault, hasCode } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { failureKind, isSilence, retry } from "../../lib/retry.ts";
import { cacheFailures } from "../../lib/shared-calls.ts";
import type { AskSts } from "../identity/prove-identity.ts";
import type { UnverifiedToken } from "../token/token.ts";

const MAX_BODY_BYTES = 64 * 1024;

const RETRIES = {
  tryMs: 2_000,
  totalMs: 4_000,
  isRetryable: (error: unknown) => !hasCode(error, "sts_answer_unusable"),
};

/**
 * How long reviews for a host fail at once after both tries have failed in silence. A reset or a
 * single slow answer is not silence. Otherwise a few tokens per second for a silent host would
 * occupy all environments. Shorter than the 4 s of kube-apiserver's five tries, so that a host that
 * is silent once costs no login.
 */
const SILENT_MS = 2_000;

type Asked = readonly [token: UnverifiedToken, signedId: string];
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
}

/**
 * Returns a function that sends a token's request to STS. It throws `sts_unreachable` without a
 * response or for a silent host, and `sts_answer_unusable` for a response that is too long.
 */
export function createSts(options: StsOptions): AskSts {
  const {
    regionalHost,
    endpoint,
    agents = openAgents(endpoint ?? new URL(`https://${regionalHost}`)),
  } = options;

  function ask(
    { host, target }: UnverifiedToken,
    signedId: string,
    signal: AbortSignal,
  ): Promise<StsReply> {
    const server = endpoint ?? { protocol: "https:", hostname: host, port: "" };
    const headers = { host, accept: "application/json", "x-k8s-aws-id": signedId };
    return get(server, agents, { path: target, headers, signal }, readReply);
  }

  /** Throws only failures that are remembered, and returns the others. */
  async function askTwice([token, signedId]: Asked, deadline: Deadline): Promise<StsReply | Error> {
    let first: unknown;
    const beforeRetry = (error: unknown): void => {
      first = error;
      if (!(error instanceof ServerError)) discardIdle(agents);
    };
    try {
      const call = (signal: AbortSignal) => ask(token, signedId, signal).then(failOnServerError);
      return await retry({ ...RETRIES, beforeRetry }, deadline, call);
    } catch (error) {
      if (error instanceof ServerError) return error.reply;
      if (hasCode(error, "sts_answer_unusable")) return error;
      const kind = failureKind(error);
      const unreachable = fault("sts_unreachable", `no answer from STS (${kind})`, {
        cause: error,
      });
      if (isSilence(error) && kind === failureKind(first)) throw unreachable;
      return unreachable;
    }
  }
  const silence = {
    failedMs: SILENT_MS,
    fullMs: RETRIES.totalMs,
    keyOf: ([{ host }]: Asked) => host,
  };
  const askUnlessSilent = cacheFailures(askTwice, silence);
  return async (token, deadline, signedId) => {
    const reply = await askUnlessSilent([token, signedId], deadline);
    if (reply instanceof Error) throw reply;
    return reply;
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
