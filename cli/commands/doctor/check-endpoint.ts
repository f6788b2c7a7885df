// Checks the endpoint: the connection, the caller, and a review.

import { X509Certificate } from "node:crypto";
import { API_VERSIONS } from "../../../functions/authenticator/review/token-review.ts";
import { parseErrorText } from "../../../functions/errors.ts";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { failureKind } from "../../../functions/lib/retry.ts";
import {
  type Advice,
  adviceFor,
  type Check,
  failed,
  LOOK_AT_LOG,
  ok,
  warning,
} from "../../cmdline/advice.ts";
import { failureReason, quotedAnswer, type TlsSeen } from "../../io/http.ts";
import { type Endpoint, messageOf, type Reply } from "../../kube/client.ts";
import { isConfidential, type Webhook } from "../../kube/kubeconfig.ts";

/** Tokens are valid for 15 minutes. A synchronized clock is never off by more than a minute. */
const SKEW_MS = { warning: 60_000, failed: 10 * 60_000 };

const DAY_MS = 86_400_000;

/**
 * ACM renews 60 days before the end:
 * https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
 */
const SOON_DAYS = 30;

export async function checkReachable(endpoint: Endpoint, now: () => number): Promise<Check[]> {
  if (!isConfidential(endpoint.url)) {
    const advice = "use https://: plain HTTP exposes the caller's token and yours to the network";
    return [failed("reachable", "plain HTTP: no token was sent", advice)];
  }
  try {
    const reply = await endpoint.send("GET", "", { anonymous: true });
    const reached = ok("reachable", `${endpoint.url.host} answers, HTTP ${reply.status}`);
    return [
      reached,
      ...(reply.tls === undefined ? [] : [tlsCheck(reply.tls, now())]),
      clockCheck(reply, now()),
    ];
  } catch (error) {
    return [
      failed("reachable", `no answer (${failureReason(error)})`, adviceForTls(failureKind(error))),
    ];
  }
}

function adviceForTls(kind: string): string {
  if (/^HPE_|^EMSGSIZE$/.test(kind))
    return "check the URL and its port: the server there is not the function's API";
  if (kind === "ERR_PROXY_TUNNEL")
    return "check the proxy and NO_PROXY; kube-apiserver needs the same settings";
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
  const advice =
    "renew the certificate (ACM renews it automatically while its validation record exists)";
  return soon("tls", `${protocol}, certificate of ${subject}`, end, now, advice);
}

/** Checks kube-apiserver's client certificate. API Gateway rejects it with 403 after it expires. */
export function checkClientCertificate(pem: string, now: number): Check {
  try {
    const { subject, validTo } = new X509Certificate(pem);
    const advice = "have a new one issued by a CA of the truststore";
    return soon("client cert", subject.replaceAll("\n", ","), Date.parse(validTo), now, advice);
  } catch {
    return failed(
      "client cert",
      "not a valid X.509 certificate",
      "give a PEM file with the certificate",
    );
  }
}

/** Checks the kubeconfig. cli/kube/kubeconfig.ts has the reasons. */
export function checkKubeconfig(
  webhook: Webhook,
  failoverUrl: string | undefined,
  cluster: string,
): Check[] {
  const { server, serverName, lacksTlsSetting, isUnverified } = webhook;
  if (isUnverified) {
    const seen = "insecure-skip-tls-verify: anyone on the network can answer reviews";
    return [
      failed(
        "kubeconfig",
        seen,
        "delete insecure-skip-tls-verify, give the CA, and replace the caller's token",
      ),
    ];
  }
  const isRedirectLost = failoverUrl !== undefined && serverName !== undefined;
  if (!isRedirectLost && !lacksTlsSetting) return [];
  const seen = isRedirectLost
    ? "tls-server-name: the redirect to failoverUrl fails, because the standby has another name"
    : "no tls-server-name, CA or client certificate: after packet loss, logins fail for 15 minutes";
  const source = failoverUrl === undefined ? `--endpoint ${server}` : `-c ${cluster}`;
  return [
    warning(
      "kubeconfig",
      seen,
      `write a new file: kubeconfig webhook --from <this file> ${source}`,
    ),
  ];
}

function soon(check: string, whose: string, end: number, now: number, advice: string): Check {
  const days = Math.floor((end - now) / DAY_MS);
  const day = Number.isNaN(end) ? "an unknown day" : new Date(end).toISOString().slice(0, 10);
  const seen = `${whose} until ${day}`;
  if (days >= SOON_DAYS) return ok(check, seen);
  return days < 0
    ? failed(check, `${seen}: it has expired`, advice)
    : warning(check, `${seen}, in ${days} d`, advice);
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

/** The statuses with which API Gateway or the function rejects a caller. */
const REFUSED = [401, 403];

/**
 * Checks that the function accepts only a caller: it answers 400 to an empty review of an accepted
 * one. `stranger` has neither token nor certificate.
 */
export async function checkCaller(endpoint: Endpoint, stranger: Endpoint): Promise<Check> {
  const reply = await endpoint.send("POST", "{}");
  if (reply.status !== 400)
    return failed("caller", `HTTP ${reply.status}, ${messageOf(reply)}`, adviceForCaller(reply));
  if (await isRefused(stranger)) return ok("caller", "accepted, and an unknown caller is rejected");
  const seen = "accepted, but a caller without token and certificate is accepted too";
  return warning("caller", seen, "CALLER_AUTH=none is for private networks only");
}

async function isRefused(stranger: Endpoint): Promise<boolean> {
  try {
    return REFUSED.includes((await stranger.send("POST", "{}")).status);
  } catch (error) {
    // API Gateway closes a connection without a client certificate, during the handshake or right
    // after it.
    if (/^(ECONNRESET|EPIPE|ERR_SSL_\w+)$/.test(failureKind(error))) return true;
    throw error;
  }
}

function adviceForCaller(reply: Reply): Advice {
  const { status } = reply;
  const { code, reason } = parseErrorText(messageOf(reply));
  // The reason of a refused caller is the text of the error of its token.
  if (
    status === 401 &&
    code === "caller_refused" &&
    parseErrorText(reason).code === "token_expired"
  )
    return "the token file is old: check the timer that renews it, and its log";
  if (status === 401)
    return ({ spell }) =>
      `give the caller's token (--kubeconfig or --token-file), or create a new one (${spell("callers add", "<name>")}); with mTLS, compare the subject with CALLER_SUBJECTS`;
  if (status === 403)
    return "with mTLS, check that the truststore holds the certificate's CA, and that neither has expired";
  if (status === 404 || status === 405)
    return "the URL must end in /authenticate, after the name of any stage";
  return LOOK_AT_LOG;
}

export type Reviewed =
  | { readonly kind: "granted"; readonly who: string; readonly groups: string }
  /** `error` is missing for a token of another kind. */
  | { readonly kind: "refused"; readonly error: string | undefined }
  /** Not a TokenReview of this version. `error` is the text of the response. */
  | { readonly kind: "failed"; readonly status: number; readonly error: string };

/** Lets the endpoint review a token in one API version. */
export async function reviewBy(
  endpoint: Endpoint,
  token: string,
  apiVersion: string,
): Promise<Reviewed> {
  const reply = await endpoint.send("POST", review(apiVersion, token));
  const answer = parseJson(reply.body);
  const status = isObject(answer) ? answer["status"] : undefined;
  if (
    reply.status !== 200 ||
    !isObject(answer) ||
    !isObject(status) ||
    answer["apiVersion"] !== apiVersion
  ) {
    return { kind: "failed", status: reply.status, error: messageOf(reply) };
  }
  const { authenticated, user, error } = status;
  if (authenticated === true && isObject(user)) {
    const { username, groups } = user;
    const texts = Array.isArray(groups)
      ? groups.filter((group) => typeof group === "string")
      : ["none"];
    const who = typeof username === "string" ? quotedAnswer(username) : "a user without a name";
    return { kind: "granted", who, groups: quotedAnswer(texts.join(", ")) };
  }
  return { kind: "refused", error: typeof error === "string" ? quotedAnswer(error) : undefined };
}

/** Checks the review of a token in one API version. */
export async function checkReview(
  endpoint: Endpoint,
  token: string,
  name: string,
  apiVersion: string,
): Promise<Check> {
  return reviewCheck(name, await reviewBy(endpoint, token, apiVersion));
}

/** Returns the check with this name of a review's result. */
export function reviewCheck(name: string, reviewed: Reviewed): Check {
  if (reviewed.kind === "granted")
    return ok(name, `you are ${reviewed.who}, groups: ${reviewed.groups}`);
  const { error } = reviewed;
  if (error === undefined) return failed(name, "refused without a reason", LOOK_AT_LOG);
  const { code, reason } = parseErrorText(error);
  const advice = (code && adviceFor(code)) ?? LOOK_AT_LOG;
  if (reviewed.kind === "failed") return failed(name, `HTTP ${reviewed.status}, ${error}`, advice);
  return failed(name, code === undefined ? reason : `${code}: ${reason}`, advice);
}

function review(apiVersion: string, token: string): string {
  return JSON.stringify({ apiVersion, kind: "TokenReview", spec: { token } });
}

const MEASURED_REVIEWS = 20;

/** Measures the median and 95th percentile of sequential reviews of a cached token. */
export async function checkLatency(endpoint: Endpoint, token: string): Promise<Check> {
  const ms: number[] = [];
  for (let i = 0; i < MEASURED_REVIEWS; i += 1)
    ms.push((await endpoint.send("POST", review(API_VERSIONS[0], token))).ms);
  ms.sort((a, b) => a - b);
  const at = (share: number) => Math.round(ms[Math.ceil(ms.length * share) - 1] ?? 0);
  const seen = `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${MEASURED_REVIEWS} reviews`;
  return at(0.95) > 1000
    ? warning("latency", seen, "check the function's memory, and the times (ms) in its log")
    : ok("latency", seen);
}
