// Results of the doctor commands, and the requests that their checks send.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { openAgent } from "../agent.ts";
import { toFailure } from "../aws/errors.ts";
import { quotedAnswer, sendHttp, type TlsSeen } from "../http.ts";
import { tlsOptions, type Webhook } from "../kubeconfig/webhook.ts";
import type { OutputFormat } from "../options.ts";
import { type ClusterOptions, forCluster } from "../program-name.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { hangingIndent, printData } from "../terminal/print.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** How to fix it. */
  readonly advice?: string;
}

export function ok(check: string, seen: string): Check {
  return { check, state: "ok", seen };
}

export function warning(check: string, seen: string, advice: string): Check {
  return { check, state: "warning", seen, advice };
}

export function failed(check: string, seen: string, advice: string): Check {
  return { check, state: "failed", seen, advice };
}

/** Throws an unexpected error. */
export function failureOf(check: string, error: unknown, advice: string): Check {
  const failure = toFailure(error);
  if (failure === undefined) throw error;
  return failed(check, failure.message, advice);
}

const MAX_SHOWN = 20;

/** The first checks, and one with the number of the others, which have the same name and state. */
export function shortened(checks: readonly Check[]): Check[] {
  const [first] = checks;
  const hidden = checks.length - MAX_SHOWN;
  if (first === undefined || hidden <= 0) return [...checks];
  return [...checks.slice(0, MAX_SHOWN), { check: first.check, state: first.state, seen: `and ${hidden} more` }];
}

export const LOOK_AT_LOG = "read the function's log at the time of this request";

/** Completes the commands in the advice. */
export function withCommands(checks: readonly Check[], options: ClusterOptions, { environment }: IOStreams): Check[] {
  return checks.map((check) => {
    const { advice } = check;
    return advice === undefined ? check : { ...check, advice: forCluster(advice, options, environment) };
  });
}

export async function printChecks(checks: readonly Check[], format: OutputFormat, io: IOStreams): Promise<void> {
  if (format === "table") for (const check of checks) io.print(lines(check, io.columns));
  else await printData(checks, format, io);
}

function lines({ check, state, seen, advice }: Check, columns: number | undefined): string {
  const first = hangingIndent(`${state.padEnd(9)}${check.padEnd(16)}`, seen, columns);
  return advice === undefined ? first : `${first}${hangingIndent(`${" ".repeat(25)}to do: `, advice, columns)}`;
}

/** The message of a Kubernetes Status or of an API Gateway error. */
export function reasonOf({ body }: Reply): string {
  const status = parseJson(body);
  const message = isObject(status) ? status["message"] : undefined;
  return typeof message === "string" ? quotedAnswer(message) : "a response that is not from the function";
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The Date header in milliseconds since 1970; `undefined` if it is missing. */
  readonly date: number | undefined;
  readonly ms: number;
  /** `undefined` over plain HTTP. */
  readonly tls: TlsSeen | undefined;
}

/** The endpoint sent no readable response. `code` is the result of `failureKind`. */
export class NoReply extends Error {
  override readonly name = "NoReply";
  readonly code: string;
  constructor(cause: unknown) {
    super("no answer from the endpoint", { cause });
    this.code = failureKind(cause);
  }
}

export interface Endpoint {
  readonly url: URL;
  /** Throws `NoReply`. `anonymous` omits the bearer token, but not the connection's client certificate. */
  send(method: "GET" | "POST", body?: string, anonymous?: boolean): Promise<Reply>;
  close(): void;
}

/** Shorter than kube-apiserver's 30 s, because an operator waits. */
const LIMIT_MS = 10_000;
/** TokenReviews and the issuer's documents have a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

export function openEndpoint(webhook: Webhook, io: IOStreams, limitMs = LIMIT_MS): Endpoint {
  const url = new URL(webhook.server);
  const { token } = webhook;
  const agent = openAgent(url.protocol, io, tlsOptions(webhook));

  async function send(method: "GET" | "POST", body = "", anonymous = false): Promise<Reply> {
    const headers = {
      accept: "application/json, */*",
      ...(body !== "" && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...(token !== undefined && !anonymous && { authorization: `Bearer ${token}` }),
    };
    const request = { method, headers, body, agent, limitMs, maxBytes: MAX_BYTES };
    const reply = await sendHttp(url, request, io, io.interrupted).catch((error: unknown) => {
      throw new NoReply(error);
    });
    const date = Date.parse(reply.headers.date ?? "");
    return { ...reply, body: reply.body.toString(), date: Number.isNaN(date) ? undefined : date };
  }

  return { url, send, close: () => agent.destroy() };
}
