// Questions to a kube-apiserver, as the current context of a kubeconfig says whom to ask and who asks.

import { Agent } from "node:https";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { quotedAnswer, sendHttp } from "../http.ts";
import { readKubeconfig } from "../kubeconfig/webhook.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

interface KubernetesAnswer {
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
/** A page of Pods has some megabytes: etcd takes objects of up to 1.5 MB, and most have some kilobytes. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Kubernetes supports 150,000 Pods. https://kubernetes.io/docs/setup/best-practices/cluster-large/ */
const MAX_PAGES = 1_000;

/** Certificates and tokens of the kubeconfig; a program that makes tokens (exec) is not run. */
export async function openKubernetes(kubeconfig: string, io: IOStreams): Promise<Kubernetes> {
  const { server: url, ca, token: ownToken, clientCertificate } = await readKubeconfig(kubeconfig, io);
  if (!url.startsWith("https://")) throw usage(`${kubeconfig}: the server must be an https:// URL.`);
  // A proxy in front of many clusters has one path for each: https://rancher.example.com/k8s/clusters/c-1
  const server = url.replace(/\/+$/, "");
  if (ownToken === undefined && clientCertificate === undefined) {
    throw usage(
      `${kubeconfig}: the user of the current context has neither a token nor a client certificate. ` +
        "Programs that make tokens (exec) are not run here.",
    );
  }
  checkTls({ ca, cert: clientCertificate?.certificate, key: clientCertificate?.key }, kubeconfig);
  const agent = new Agent({ keepAlive: true, ca, cert: clientCertificate?.certificate, key: clientCertificate?.key });
  /** With a token of its own a question must not come with the certificate, which would count. */
  const bare = new Agent({ ca });

  async function ask(method: "GET" | "POST", path: string, body?: object, token?: string): Promise<KubernetesAnswer> {
    const bearer = token ?? ownToken;
    const request = {
      method,
      agent: token === undefined ? agent : bare,
      limitMs: LIMIT_MS,
      maxBytes: MAX_BYTES,
      headers: {
        // The JWKS has a type of its own, and is refused to who takes application/json alone.
        accept: "application/json, */*",
        "content-type": "application/json",
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    try {
      const reply = await sendHttp(new URL(`${server}${path}`), request, io, io.interrupted);
      return { status: reply.status, body: parseJson(reply.body.toString()) };
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
      const seen = new Set<string>();
      let next = "";
      do {
        const more = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
        const { status, body } = await ask("GET", `${path}?limit=${PAGE}${more}`);
        if (status !== 200 || !isObject(body) || !Array.isArray(body["items"])) throw refused(path, status, body);
        items.push(...body["items"].filter(isObject));
        const metadata = body["metadata"];
        next = isObject(metadata) && typeof metadata["continue"] === "string" ? metadata["continue"] : "";
        // A list that goes on without an object in between is none of Kubernetes.
        if (seen.has(next) || seen.size > MAX_PAGES || (next !== "" && body["items"].length === 0)) {
          throw new Failure(EXIT.fault, `kube-apiserver's list ${path} does not end: its pages repeat.`);
        }
        seen.add(next);
      } while (next !== "");
      return items;
    },
    close() {
      agent.destroy();
      bare.destroy();
    },
  };
}

/** OpenSSL's own sentence names neither the file nor what is in it. */
function checkTls(options: SecureContextOptions, kubeconfig: string): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw usage(`${kubeconfig}: its CA, client certificate or key cannot be used (${failureKind(error)}).`);
  }
}

export function refused(path: string, status: number, body: unknown): Failure {
  const message =
    isObject(body) && typeof body["message"] === "string" ? quotedAnswer(body["message"]) : "no reason given";
  return new Failure(EXIT.fault, `kube-apiserver refused ${path}: HTTP ${status}, ${message}`);
}
