// Checks the connection to the endpoint: reachability, TLS, certificates and clock.

import { X509Certificate } from "node:crypto";
import { failureKind } from "../../functions/lib/retry.ts";
import type { TlsSeen } from "../http.ts";
import { isConfidential } from "../kubeconfig/webhook.ts";
import type { Check, Endpoint, Reply } from "./check.ts";

/** Tokens are valid for 15 minutes. A synchronized clock is never off by more than a minute. */
const SKEW_MS = { warning: 60_000, failed: 10 * 60_000 };
const DAY_MS = 86_400_000;
/** ACM renews 60 days before the end: https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html */
const SOON_DAYS = 30;

export async function checkReachable(endpoint: Endpoint, now: () => number): Promise<Check[]> {
  const check = "reachable";
  if (!isConfidential(endpoint.url)) {
    const advice = "use https://: plain HTTP exposes the caller's token and yours to the network";
    return [{ check, state: "failed", seen: "plain HTTP: no token was sent", advice }];
  }
  try {
    const reply = await endpoint.send("GET", "", true);
    const reached: Check = { check, state: "ok", seen: `${endpoint.url.host} answers, HTTP ${reply.status}` };
    return [reached, ...(reply.tls === undefined ? [] : [tlsCheck(reply.tls, now())]), clockCheck(reply, now())];
  } catch (error) {
    const kind = failureKind(error);
    return [{ check, state: "failed", seen: `no answer (${kind})`, advice: adviceForTls(kind) }];
  }
}

function adviceForTls(kind: string): string {
  if (/^HPE_|^EMSGSIZE$/.test(kind)) return "check the URL and its port: the server there is not the function's API";
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
  const seen = `${protocol}, certificate of ${subject} until ${dayOf(end)}`;
  return soon(
    "tls",
    seen,
    end,
    now,
    "renew the certificate (ACM renews it automatically while its validation record exists)",
  );
}

/** Checks kube-apiserver's client certificate. API Gateway rejects it with 403 after it expires. */
export function checkClientCertificate(pem: string, now: number): Check[] {
  const check = "client cert";
  try {
    const { subject, validTo } = new X509Certificate(pem);
    const end = Date.parse(validTo);
    const seen = `${subject.replaceAll("\n", ",")} until ${dayOf(end)}`;
    return [soon(check, seen, end, now, "have a new one issued by a CA of the truststore")];
  } catch {
    return [
      { check, state: "failed", seen: "not a valid X.509 certificate", advice: "give a PEM file with the certificate" },
    ];
  }
}

function soon(check: string, seen: string, end: number, now: number, advice: string): Check {
  const days = Math.floor((end - now) / DAY_MS);
  if (days >= SOON_DAYS) return { check, state: "ok", seen };
  return days < 0
    ? { check, state: "failed", seen: `${seen}: it has expired`, advice }
    : { check, state: "warning", seen: `${seen}, in ${days} d`, advice };
}

function dayOf(time: number): string {
  return Number.isNaN(time) ? "an unknown day" : new Date(time).toISOString().slice(0, 10);
}

function clockCheck({ date }: Reply, now: number): Check {
  const check = "clock";
  if (date === undefined) {
    const advice = "check for a proxy in between: API Gateway always sends a Date header";
    return { check, state: "warning", seen: "the answer has no Date header", advice };
  }
  const skew = Math.abs(date - now);
  const seen = `this machine's clock is ${Math.round(skew / 1000)} s off the endpoint's`;
  const state = skew > SKEW_MS.failed ? "failed" : skew > SKEW_MS.warning ? "warning" : "ok";
  return {
    check,
    state,
    seen,
    ...(state !== "ok" && { advice: "synchronize it (NTP): tokens are valid for 15 minutes" }),
  };
}
