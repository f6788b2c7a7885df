// Opens the agents for all requests. They obey HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as curl and the AWS CLI do.

import type { Agent, AgentOptions } from "node:https";
import { failureKind } from "../../functions/lib/retry.ts";
import { usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** This machine, and the services of instances and containers for credentials. Node.js itself excepts no host. */
const DIRECT =
  "localhost,host.docker.internal,127.0.0.0-127.255.255.255,::1,169.254.0.0-169.254.255.255,fd00:ec2::254,fd00:ec2::23";

/** Loads its module, which most runs of `token` do not need. Throws a `Failure` that names an invalid variable. */
export function openAgent(
  protocol: string,
  { environment, secrets }: Pick<IOStreams, "environment" | "secrets">,
  options: AgentOptions = {},
): Agent {
  const scheme = protocol === "http:" ? "http" : "https";
  // The agent of node:http ignores TLS options.
  const { Agent } = process.getBuiltinModule(`node:${scheme}`) as typeof import("node:https");
  // Node.js prefers lower case, too.
  const name = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`].find((variable) => environment[variable]);
  if (name === undefined) return new Agent({ keepAlive: true, ...options });
  const proxy = readProxy(name, environment[name] ?? "");
  for (const secret of proxy.secrets) secrets.add(secret);
  const agent = new Agent({
    keepAlive: true,
    ...options,
    proxyEnv: { ...environment, no_proxy: exceptions(environment) },
  });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (wanted, callback) =>
    connect(wanted, (error, socket) => {
      // Only tunnels report errors here.
      if (error) Object.assign(error, { proxy: `the proxy ${proxy.url} (${name}): ${proxyAnswer(error)}` });
      callback?.(error, socket);
    });
  return agent;
}

/** For the function's code. Ignores NODE_TLS_REJECT_UNAUTHORIZED, as the function does. */
export function openAgents(io: IOStreams) {
  const options = { rejectUnauthorized: true };
  return { httpsAgent: openAgent("https:", io, options), httpAgent: openAgent("http:", io, options) };
}

function readProxy(name: string, value: string): { readonly url: string; readonly secrets: readonly string[] } {
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

/** As for other programs, a name includes its subdomains. Node.js includes them only after a dot. */
function exceptions({ no_proxy, NO_PROXY }: IOStreams["environment"]): string {
  const names = (no_proxy || NO_PROXY || "").split(",").map((name) => name.trim());
  return [...names.filter(Boolean).flatMap((name) => [name, `.${name}`]), DIRECT].join();
}

function proxyAnswer(error: Error): string {
  return "statusCode" in error && error.statusCode ? `HTTP ${error.statusCode}` : failureKind(error);
}

/** Why a request failed, for a message. */
export function failureReason(error: unknown): string {
  return proxyFailure(error) ?? failureKind(error);
}

/** If a proxy caused the error: its name, and its answer or the kind of failure. */
export function proxyFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "proxy" in error ? String(error.proxy) : proxyFailure(error.cause);
}
