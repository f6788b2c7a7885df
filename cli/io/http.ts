// Sends one HTTP request: through proxies, with limits for time and size.

import type { Agent as HttpAgent, IncomingMessage } from "node:http";
import type { Agent, AgentOptions, Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { failureKind } from "../../functions/lib/retry.ts";
import { usage } from "./errors.ts";
import type { Run } from "./run.ts";

/**
 * The hosts without a proxy: this machine, and the services of instances and containers for
 * credentials. Node.js itself excepts no host.
 */
const DIRECT =
  "localhost,host.docker.internal,127.0.0.0-127.255.255.255,::1,169.254.0.0-169.254.255.255,fd00:ec2::254,fd00:ec2::23";

/**
 * Creates the agent for a URL. Loads its module, which most runs of `token` do not need. Throws a
 * `Failure` that names an invalid variable.
 */
export function openAgent(
  protocol: string,
  { environment, secrets }: Pick<Run, "environment" | "secrets">,
  options: AgentOptions = {},
): Agent {
  const scheme = protocol === "http:" ? "http" : "https";
  // The agent of node:http ignores TLS options.
  const { Agent } = process.getBuiltinModule(`node:${scheme}`) as typeof import("node:https");
  // Node.js prefers lower case, too.
  const name = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`].find(
    (variable) => environment[variable],
  );
  if (name === undefined) return new Agent({ keepAlive: true, ...options });
  const proxy = readProxy(name, environment[name] ?? "");
  for (const secret of proxy.secrets) secrets.add(secret);
  const proxyEnv = { ...environment, no_proxy: exceptions(environment) };
  const agent = new Agent({ keepAlive: true, ...options, proxyEnv });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (wanted, callback) =>
    connect(wanted, (error, socket) => {
      // Only tunnels report errors here.
      if (error)
        Object.assign(error, { proxy: `the proxy ${proxy.url} (${name}): ${proxyAnswer(error)}` });
      callback?.(error, socket);
    });
  return agent;
}

/**
 * Creates the agents for the function's code. They ignore NODE_TLS_REJECT_UNAUTHORIZED, as the
 * function does.
 */
export function openAgents(run: Run) {
  const options = { rejectUnauthorized: true };
  return {
    httpsAgent: openAgent("https:", run, options),
    httpAgent: openAgent("http:", run, options),
  };
}

function readProxy(
  name: string,
  value: string,
): { readonly url: string; readonly secrets: readonly string[] } {
  try {
    const { protocol, host, username, password } = new URL(value);
    const secret = decodeURIComponent(password);
    const secrets = [password, secret, `${decodeURIComponent(username)}:${secret}`];
    // Node.js ignores other protocols.
    if (/^https?:\/\/\S+$/.test(value)) return { url: `${protocol}//${host}`, secrets };
  } catch {
    // The value is not a URL, or its credentials are not percent-encoded.
  }
  throw usage(`${name} must be a URL such as http://proxy.example.com:3128.`);
}

/**
 * Returns the hosts without a proxy. As for other programs, a name includes its subdomains. Node.js
 * includes them only after a dot.
 */
function exceptions({ no_proxy, NO_PROXY }: Run["environment"]): string {
  const names = (no_proxy || NO_PROXY || "").split(",").map((name) => name.trim());
  return [...names.filter(Boolean).flatMap((name) => [name, `.${name}`]), DIRECT].join();
}

function proxyAnswer(error: Error): string {
  return "statusCode" in error && error.statusCode
    ? `HTTP ${error.statusCode}`
    : failureKind(error);
}

/** Returns why a request failed, for a message. */
export function failureReason(error: unknown): string {
  return proxyFailure(error) ?? failureKind(error);
}

/**
 * Returns the name of a proxy that caused the error, and its answer or the kind of failure;
 * `undefined` for other errors.
 */
export function proxyFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "proxy" in error ? String(error.proxy) : proxyFailure(error.cause);
}

interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: string | Uint8Array;
  readonly agent: HttpAgent | HttpsAgent;
  /** Milliseconds until the last byte of the response. */
  readonly limitMs: number;
  /** Limit for the response body. */
  readonly maxBytes: number;
  /** Named in the line "Waiting for ..."; default: the host. */
  readonly what?: string;
  /** Milliseconds until that line; default 3,000. */
  readonly patienceMs?: number;
}

type HttpReply = Awaited<ReturnType<typeof sendHttp>>;

export type TlsSeen = NonNullable<HttpReply["tls"]>;

/** The server did not answer in time. The SDK retries errors with this name and code. */
export class HttpTimeout extends Error {
  override readonly name: string = "TimeoutError";
  readonly code: string = "ETIMEDOUT";
}

/**
 * A service that did not answer is not called again for other clusters: the SDK never retries this
 * name and code.
 */
export class NoAnswer extends HttpTimeout {
  override readonly name: string = "NoAnswer";
  override readonly code: string = "NO_ANSWER";
}

/** The response is larger than any that the service sends. */
export class HttpTooLarge extends Error {
  override readonly name = "HttpTooLarge";
  readonly code = "EMSGSIZE";
}

const PATIENCE_MS = 3_000;

const CONNECT_MS = 5_000;

/**
 * Sends the request. Throws `HttpTimeout`, `HttpTooLarge`, a Node.js error with a `code`, or an
 * AbortError when `signal` aborts.
 */
export async function sendHttp(
  url: URL,
  request: HttpRequest,
  { log, secrets, isDebug }: Pick<Run, "log" | "secrets" | "isDebug">,
  signal?: AbortSignal,
) {
  signal?.throwIfAborted();
  for (const secret of secretsSent(url, request.headers)) secrets.add(secret);
  const {
    method,
    headers,
    body,
    agent,
    limitMs,
    maxBytes,
    what = url.host,
    patienceMs = PATIENCE_MS,
  } = request;
  // Loaded here: most runs of `token` send nothing. Unlike import(), this does not evaluate unused
  // exports (undici).
  const { request: open } = process.getBuiltinModule(
    url.protocol === "http:" ? "node:http" : "node:https",
  );
  const start = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const limit = new AbortController();
  const stop = AbortSignal.any([limit.signal, ...(signal === undefined ? [] : [signal])]);
  const outgoing = open(url, { method, headers, agent, signal: stop }, resolve);
  // Node.js reports no error while a proxy's tunnel is being opened.
  stop.addEventListener("abort", () => reject(stop.reason));
  // Also handles errors after the response has begun, when `reject` no longer has an effect.
  outgoing.on("error", reject);
  // Node.js reports no error if the server switches protocols.
  outgoing.on("close", () => reject(new Error("the connection was closed")));
  const endAfter = (ms: number, problem: string) =>
    setTimeout(() => limit.abort(new HttpTimeout(problem)), ms);
  const connectTimer = endAfter(CONNECT_MS, `no connection to ${url.host} in time`);
  const timers = [
    connectTimer,
    endAfter(limitMs, `no answer from ${url.host} within ${limitMs / 1000} s`),
    setTimeout(() => log(`Waiting for ${what}.\n`), patienceMs),
  ];
  // The socket of a proxy's tunnel is already connected.
  outgoing.once("socket", (socket) => {
    if (!socket.connecting) clearTimeout(connectTimer);
    else socket.once(isTls(socket) ? "secureConnect" : "connect", () => clearTimeout(connectTimer));
  });
  try {
    outgoing.end(body);
    const response = await promise;
    // Read before the body: a connection that closes after the body no longer has the certificate.
    const tls = isTls(response.socket) ? tlsOf(response.socket) : undefined;
    const reply = { status: response.statusCode ?? 0, headers: response.headers, tls };
    const read = {
      ...reply,
      body: await readBody(response, maxBytes),
      ms: performance.now() - start,
    };
    if (isDebug) log(`debug: ${summary(url, request)} ${replySummary(read)}\n`);
    return read;
  } catch (error) {
    // When a limit or the signal ends the request, reading the body rejects with another error.
    const cause = stop.aborted ? stop.reason : error;
    const took = Math.round(performance.now() - start);
    if (isDebug)
      log(`debug: ${summary(url, request)} failed after ${took} ms: ${failureKind(cause)}\n`);
    throw cause;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/**
 * Describes the request without the query and the body, which may contain a token or its signature.
 */
function summary({ origin, pathname, search }: URL, { method, headers }: HttpRequest): string {
  const header = (name: string) =>
    Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  // The operation, such as AmazonSSM.GetParameters:
  // https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
  const target = header("x-amz-target");
  return `${method} ${origin}${pathname}${search === "" ? "" : "?..."}${target === undefined ? "" : ` ${target}`}`;
}

function replySummary({ status, headers, body, ms }: HttpReply): string {
  const id = headers["x-amzn-requestid"] ?? headers["apigw-requestid"];
  const request = id === undefined ? "" : `, request ${quotedAnswer(String(id))}`;
  return `${status} in ${Math.round(ms)} ms, ${body.length} bytes${request}`;
}

/** Returns the secrets in a request, with its AWS signatures: a reader could replay the request. */
function secretsSent({ password }: URL, headers: HttpRequest["headers"]): string[] {
  const sent = Object.entries(headers).flatMap(([name, value]) => {
    const text = String(value);
    if (/^x-amz-security-token$|bearer_token$/i.test(name)) return [text];
    if (!/^authorization$/i.test(name)) return [];
    const [, signature] = /Signature=([0-9a-f]{64})/.exec(text) ?? [];
    return [signature ?? text.replace(/^(Bearer|Basic) /, "")];
  });
  return [...sent, password, decoded(password)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (size > maxBytes) throw new HttpTooLarge(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Returns whether the socket uses TLS.
 * https://nodejs.org/api/tls.html#tlssocketencrypted
 */
function isTls(socket: Socket): socket is TLSSocket {
  return "encrypted" in socket;
}

/**
 * Returns the protocol, such as `TLSv1.3`, the certificate's common name or subject, and when it
 * expires.
 */
function tlsOf(socket: TLSSocket) {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const { subject, validTo } = certificate;
  const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ",");
  return { protocol: socket.getProtocol() ?? "TLS", subject: name, end: Date.parse(validTo) };
}

/** Makes a server's text fit into a message: one line of at most 200 characters. */
export function quotedAnswer(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}...` : line;
}

const LONGEST_QUOTE = 200;
