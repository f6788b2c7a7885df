// Checks the connection to the endpoint: reachability, TLS, certificates and clock.

import { X509Certificate } from "node:crypto";
import { failureKind } from "../../functions/lib/retry.ts";
import { failureReason } from "../http/agent.ts";
import type { Endpoint, Reply } from "../http/endpoint.ts";
import type { TlsSeen } from "../http/request.ts";
import { isConfidential, type Webhook } from "../kubeconfig/webhook.ts";
import { type Check, failed, ok, warning } from "./check.ts";

/** Tokens are valid for 15 minutes. A synchronized clock is never off by more than a minute. */
const SKEW_MS = { warning: 60_000, failed: 10 * 60_000 };
const DAY_MS = 86_400_000;
/** ACM renews 60 days before the end: https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html */
const SOON_DAYS = 30;

export async function checkReachable(endpoint: Endpoint, now: () => number): Promise<Check[]> {
  if (!isConfidential(endpoint.url)) {
    const advice = "use https://: plain HTTP exposes the caller's token and yours to the network";
    return [failed("reachable", "plain HTTP: no token was sent", advice)];
  }
  try {
    const reply = await endpoint.send("GET", "", { anonymous: true });
    const reached = ok("reachable", `${endpoint.url.host} answers, HTTP ${reply.status}`);
    return [reached, ...(reply.tls === undefined ? [] : [tlsCheck(reply.tls, now())]), clockCheck(reply, now())];
  } catch (error) {
    return [failed("reachable", `no answer (${failureReason(error)})`, adviceForTls(failureKind(error)))];
  }
}

function adviceForTls(kind: string): string {
  if (/^HPE_|^EMSGSIZE$/.test(kind)) return "check the URL and its port: the server there is not the function's API";
  if (kind === "ERR_PROXY_TUNNEL") return "check the proxy and NO_PROXY; kube-apiserver needs the same settings";
  if (/CERT_HAS_EXPIRED/.test(kind)) return "renew the endpoint's certificate";
  if (/CERT|SSL|TLS|ALTNAME|SIGNATURE|ISSUER/.test(kind)) {
    return "check the certificate's name and CA (--ca, or certificate-authority-data in the kubeconfig), and for mTLS the client certificate (--client-cert, --client-key)";
  }
  if (/ECONNRESET|EPIPE/.test(kind)) {
    return "with mTLS, give the client certificate (--client-cert, --client-key); otherwise check for a proxy in between";
  }
  return "check the URL, DNS, and the network from here to it (a private API can be reached only from its VPC)";
}

function tlsCheck({ protocol, subject, end }: TlsSeen, now: number): Check {
  const advice = "renew the certificate (ACM renews it automatically while its validation record exists)";
  return soon("tls", `${protocol}, certificate of ${subject}`, end, now, advice);
}

/** Checks kube-apiserver's client certificate. API Gateway rejects it with 403 after it expires. */
export function checkClientCertificate(pem: string, now: number): Check {
  try {
    const { subject, validTo } = new X509Certificate(pem);
    const advice = "have a new one issued by a CA of the truststore";
    return soon("client cert", subject.replaceAll("\n", ","), Date.parse(validTo), now, advice);
  } catch {
    return failed("client cert", "not a valid X.509 certificate", "give a PEM file with the certificate");
  }
}

/** The reasons: cli/kubeconfig/webhook.ts. */
export function checkKubeconfig(
  { server, serverName, lacksTlsSetting, isUnverified }: Webhook,
  failoverUrl: string | undefined,
  cluster: string,
): Check[] {
  if (isUnverified) {
    const seen = "insecure-skip-tls-verify: anyone on the network can answer reviews";
    return [failed("kubeconfig", seen, "delete insecure-skip-tls-verify, give the CA, and replace the caller's token")];
  }
  const isRedirectLost = failoverUrl !== undefined && serverName !== undefined;
  if (!isRedirectLost && !lacksTlsSetting) return [];
  const seen = isRedirectLost
    ? "tls-server-name: the redirect to failoverUrl fails, because the standby has another name"
    : "no tls-server-name, CA or client certificate: after packet loss, logins fail for 15 minutes";
  const source = failoverUrl === undefined ? `--endpoint ${server}` : `-c ${cluster}`;
  return [warning("kubeconfig", seen, `write a new file: kubeconfig webhook --from <this file> ${source}`)];
}

function soon(check: string, whose: string, end: number, now: number, advice: string): Check {
  const days = Math.floor((end - now) / DAY_MS);
  const day = Number.isNaN(end) ? "an unknown day" : new Date(end).toISOString().slice(0, 10);
  const seen = `${whose} until ${day}`;
  if (days >= SOON_DAYS) return ok(check, seen);
  return days < 0 ? failed(check, `${seen}: it has expired`, advice) : warning(check, `${seen}, in ${days} d`, advice);
}

function clockCheck({ date }: Reply, now: number): Check {
  if (date === undefined) {
    const advice = "check for a proxy in between: API Gateway always sends a Date header";
    return warning("clock", "the answer has no Date header", advice);
  }
  const skew = Math.abs(date - now);
  const seen = `this machine's clock is ${Math.round(skew / 1000)} s off the endpoint's`;
  if (skew <= SKEW_MS.warning) return ok("clock", seen);
  const result = skew > SKEW_MS.failed ? failed : warning;
  return result("clock", seen, "synchronize it (NTP): tokens are valid for 15 minutes");
}
