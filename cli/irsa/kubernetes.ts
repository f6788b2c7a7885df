// Questions to a kube-apiserver, as the current context of a kubeconfig says whom to ask and who asks.

import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { readWebhook } from "../kubeconfig/webhook.ts";

export interface KubernetesAnswer {
  readonly status: number;
  /** Parsed JSON; `undefined` where it is none. */
  readonly body: unknown;
}

export interface Kubernetes {
  readonly server: string;
  /** Throws a `Failure` where there is no answer; a status other than 200 is one. */
  ask(method: "GET" | "POST", path: string, body?: object, token?: string): Promise<KubernetesAnswer>;
  /** Every object of a list, page by page. Throws where it is refused. */
  list(path: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

const LIMIT_MS = 15_000;
const PAGE = 500;

/** Certificates and tokens of the kubeconfig; a program that makes tokens (exec) is not run. */
export async function openKubernetes(kubeconfig: string, io: IOStreams): Promise<Kubernetes> {
  const { server, ca, token: ownToken, clientCertificate } = await readWebhook(kubeconfig, io);
  if (!server.startsWith("https://")) throw usage(`${kubeconfig}: the server must be an https:// URL.`);
  if (ownToken === undefined && clientCertificate === undefined) {
    throw usage(
      `${kubeconfig}: the user of the current context has neither a token nor a client certificate. ` +
        "Programs that make tokens (exec) are not run here.",
    );
  }
  const agent = new Agent({ keepAlive: true, ca, cert: clientCertificate?.certificate, key: clientCertificate?.key });
  /** With a token of its own a question must not come with the certificate, which would count. */
  const bare = new Agent({ ca });

  async function ask(method: "GET" | "POST", path: string, body?: object, token?: string): Promise<KubernetesAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const bearer = token ?? ownToken;
    const outgoing = request(
      new URL(path, server.endsWith("/") ? server : `${server}/`),
      {
        method,
        agent: token === undefined ? agent : bare,
        signal: AbortSignal.any([AbortSignal.timeout(LIMIT_MS), io.interrupted]),
        headers: {
          // The JWKS has a type of its own, and is refused to who takes application/json alone.
          accept: "application/json, */*",
          "content-type": "application/json",
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(body && JSON.stringify(body));
    try {
      const response = await promise;
      return { status: response.statusCode ?? 0, body: parseJson(await text(response)) };
    } catch (error) {
      io.interrupted.throwIfAborted();
      throw new Failure(EXIT.fault, `No answer from kube-apiserver at ${server} (${failureKind(error)}).`, {
        cause: error,
      });
    }
  }

  return {
    server,
    ask,
    async list(path) {
      const items: Record<string, unknown>[] = [];
      let next = "";
      do {
        const { status, body } = await ask("GET", `${path}?limit=${PAGE}${next && `&continue=${next}`}`);
        if (status !== 200 || !isObject(body) || !Array.isArray(body["items"])) throw refused(path, status, body);
        items.push(...body["items"].filter(isObject));
        const metadata = body["metadata"];
        next = isObject(metadata) && typeof metadata["continue"] === "string" ? metadata["continue"] : "";
      } while (next !== "");
      return items;
    },
    close() {
      agent.destroy();
      bare.destroy();
    },
  };
}

export function refused(path: string, status: number, body: unknown): Failure {
  const message = isObject(body) && typeof body["message"] === "string" ? body["message"] : "no reason given";
  return new Failure(EXIT.fault, `kube-apiserver refused ${path}: HTTP ${status}, ${message}`);
}
