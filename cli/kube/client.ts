// The client of the servers that a kubeconfig can name: the function, the issuer and
// kube-apiserver.

import { createSecureContext, type SecureContextOptions } from "node:tls";
import { isObject, memberAt, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { awsFailure, type Failure, usage } from "../io/errors.ts";
import { failureReason, openAgent, quotedAnswer, sendHttp } from "../io/http.ts";
import type { Run } from "../io/run.ts";
import { readKubeconfig, tlsOptions, type Webhook } from "./kubeconfig.ts";
import { type KubernetesObject, stringAt } from "./objects.ts";

/** Returns the message of a Kubernetes Status or of an API Gateway error. */
export function messageOf({ body }: Pick<Reply, "body">, server = "function"): string {
  const message = memberAt(parseJson(body), "message");
  return typeof message === "string"
    ? quotedAnswer(message)
    : `a response that is not from the ${server}`;
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

export type Endpoint = ReturnType<typeof openEndpoint>;

export type Reply = Awaited<ReturnType<Endpoint["send"]>>;

/** Shorter than kube-apiserver's 30 s, because an operator waits. */
const LIMIT_MS = 10_000;

/** The limit of a response: TokenReviews and the issuer's documents have a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

interface EndpointOptions {
  readonly limitMs?: number;
  readonly maxBytes?: number;
  readonly userAgent?: string;
}

export function openEndpoint(
  webhook: Webhook,
  run: Run,
  { limitMs = LIMIT_MS, maxBytes = MAX_BYTES, userAgent }: EndpointOptions = {},
) {
  const { server, token } = webhook;
  const url = new URL(server);
  const agent = openAgent(url.protocol, run, tlsOptions(webhook));

  /**
   * Sends a request. Throws `NoReply`. `path` is added to the server's URL. `anonymous` omits the
   * bearer token, but not the connection's client certificate. `date` of the reply is its header in
   * milliseconds since 1970; `undefined` if it is missing.
   */
  async function send(method: "GET" | "POST", body = "", { path = "", anonymous = false } = {}) {
    const headers = {
      accept: "application/json, */*",
      ...(userAgent !== undefined && { "user-agent": userAgent }),
      ...(body !== "" && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      }),
      ...(token !== undefined && !anonymous && { authorization: `Bearer ${token}` }),
    };
    const request = { method, headers, body, agent, limitMs, maxBytes };
    const reply = await sendHttp(new URL(`${server}${path}`), request, run, run.interrupted).catch(
      (error: unknown) => {
        throw new NoReply(error);
      },
    );
    const date = Date.parse(reply.headers.date ?? "");
    return { ...reply, body: reply.body.toString(), date: Number.isNaN(date) ? undefined : date };
  }

  return { url, send, close: () => agent.destroy() };
}

const LIST_LIMIT_MS = 15_000;

const PAGE = 500;

/**
 * The limit of a list: a page of Pods has a few megabytes. etcd accepts objects of up to 1.5 MB,
 * and most have a few kilobytes.
 */
const LIST_MAX_BYTES = 64 * 1024 * 1024;

/**
 * The limit of pages: Kubernetes supports 150,000 Pods.
 * https://kubernetes.io/docs/setup/best-practices/cluster-large/
 */
const MAX_PAGES = 1_000;

export type Kubernetes = Awaited<ReturnType<typeof openKubernetes>>;

/** Opens a client with the kubeconfig's certificates and token. It does not run exec plugins. */
export async function openKubernetes(kubeconfig: string, run: Run) {
  const webhook = await readKubeconfig(kubeconfig, run);
  const { server: url } = webhook;
  if (!url.startsWith("https://"))
    throw usage(`${kubeconfig}: the server must be an https:// URL.`);
  // A proxy in front of many clusters has one path for each:
  // https://rancher.example.com/k8s/clusters/c-1
  const server = url.replace(/\/+$/, "");
  if ((webhook.token ?? webhook.clientCertificate) === undefined) {
    throw usage(
      `${kubeconfig}: the user of the current context has neither a token nor a client certificate. ` +
        "Exec plugins are not supported here.",
    );
  }
  if (run.environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    throw usage(
      "NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of kube-apiserver's certificate. Unset it.",
    );
  }
  checkTls(tlsOptions(webhook), kubeconfig);
  const open = (credentials: Webhook) =>
    openEndpoint({ ...credentials, server }, run, {
      limitMs: LIST_LIMIT_MS,
      maxBytes: LIST_MAX_BYTES,
    });
  const ofUser = open(webhook);
  // kube-apiserver would prefer the client certificate.
  const { clientCertificate: _, ...bare } = webhook;

  /**
   * Returns responses of any status, with a body that is not JSON as `undefined`. Throws a
   * `Failure` without a response.
   */
  async function ask(method: "GET" | "POST", path: string, body?: object, token?: string) {
    const endpoint = token === undefined ? ofUser : open({ ...bare, token });
    try {
      const reply = await endpoint.send(method, body && JSON.stringify(body), { path });
      return { status: reply.status, body: parseJson(reply.body) };
    } catch (error) {
      run.interrupted.throwIfAborted();
      throw awsFailure(
        `No answer from kube-apiserver at ${server} (${failureReason(error)}).`,
        error,
      );
    }
  }

  /**
   * Reads all pages of a list. `path` may have a query. Throws a `Failure` if kube-apiserver
   * rejects the request.
   */
  async function list(path: string): Promise<KubernetesObject[]> {
    const items: KubernetesObject[] = [];
    const first = `${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}`;
    let url = first;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await readPage(path, url);
      items.push(...page.items.filter(isObject));
      if (page.next === "") return items;
      // Kubernetes does not continue a list after an empty page.
      if (page.items.length === 0) break;
      url = `${first}&continue=${encodeURIComponent(page.next)}`;
    }
    throw awsFailure(`kube-apiserver's list ${path} does not end: its pages repeat.`);
  }

  /** Reads one page of a list. `path` names the list in the error. */
  async function readPage(path: string, url: string) {
    const { status, body } = await ask("GET", url);
    if (status !== 200 || !isObject(body) || !Array.isArray(body["items"]))
      throw refused(path, status, body);
    return { items: body["items"], next: stringAt(body, "metadata", "continue") };
  }

  return { server, ask, list };
}

/** Checks the certificates and the key, because OpenSSL's message does not name the file. */
function checkTls(options: SecureContextOptions, kubeconfig: string): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw usage(
      `${kubeconfig}: its CA, client certificate or key cannot be used (${failureKind(error)}).`,
    );
  }
}

export function refused(path: string, status: number, body: unknown): Failure {
  const message =
    isObject(body) && typeof body["message"] === "string" ? body["message"] : "no reason given";
  return awsFailure(`kube-apiserver refused ${path}: HTTP ${status}, ${quotedAnswer(message)}`);
}
