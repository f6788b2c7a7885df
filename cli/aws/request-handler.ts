// Request handler of the AWS clients: limits time and size, and reports when it waits.

import type { Agent } from "node:https";
import { buildQueryString, HttpResponse } from "@smithy/core/protocols";
import type { HttpHandlerOptions, HttpRequest, RequestHandler } from "@smithy/types";
import { openAgent } from "../http/agent.ts";
import { HttpTimeout, NoAnswer, sendHttp } from "../http/request.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** Type of the SDK's option `requestHandler`. */
export type AwsRequestHandler = RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions>;

/** For each attempt of a call. */
const LIMIT_MS = 10_000;
/** The largest response is a page of CloudWatch Logs, with 1 MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A command's clients share one handler and its connections. */
export function awsRequestHandler(io: IOStreams, limitMs = LIMIT_MS, patienceMs?: number): AwsRequestHandler {
  const agents: Record<string, Agent> = {};
  return {
    async handle(request, { abortSignal } = {}) {
      const { method, headers, body, protocol } = request;
      const url = urlOf(request);
      const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
      agents[protocol] ??= openAgent(protocol, io);
      const what = `an answer from ${url.host}${tryOf(headers["amz-sdk-request"])}`;
      const limits = { limitMs, maxBytes: MAX_BYTES, ...(patienceMs !== undefined && { patienceMs }) };
      const sent = { method, headers, body, agent: agents[protocol], what, ...limits };
      const reply = await sendHttp(url, sent, io, signal).catch((error: unknown) => {
        throw io.shared !== undefined && error instanceof HttpTimeout ? new NoAnswer(error.message) : error;
      });
      const received = Object.entries(reply.headers).map(([name, value]) => [name, String(value)]);
      const response = { statusCode: reply.status, headers: Object.fromEntries(received), body: reply.body };
      return { response: new HttpResponse(response) };
    },
  };
}

function urlOf({ protocol, hostname, port, path, query = {}, username, password }: HttpRequest): URL {
  const user = username === undefined ? "" : `${username}:${password ?? ""}@`;
  const url = new URL(`${protocol}//${user}${hostname}${port === undefined ? "" : `:${port}`}${path}`);
  url.search = [url.search, buildQueryString(query)].filter((part) => part !== "").join("&");
  return url;
}

/** Turns the SDK's header `attempt=2; max=6` into `, try 2 of 6`; empty for the first attempt. */
function tryOf(header: string | undefined): string {
  const [, attempt, max] = /^attempt=(\d+); max=(\d+)$/.exec(header ?? "") ?? [];
  return attempt === undefined || attempt === "1" ? "" : `, try ${attempt} of ${max}`;
}
