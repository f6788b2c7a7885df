// The failures of a service that each call meets.

import { BEHAVIOURS } from "../hostile/behaviours.ts";
import { type Answer, type HostileRequest, refusal } from "../hostile/honest.ts";
import { type Behaviour, head, reset, send } from "../hostile/server.ts";

export interface Failure {
  readonly name: string;
  /** `undefined`: nothing listens. */
  readonly behaviour: Behaviour | undefined;
  /** The caller waits until its own time limit. */
  readonly isSlow?: true;
}

function known(name: string): Behaviour {
  const behaviour = BEHAVIOURS.find((one) => one.name === name);
  if (behaviour === undefined) throw new Error(`no behaviour ${name}`);
  return behaviour;
}

function answers(name: string, answer: (request: HostileRequest) => Answer): Failure {
  return { name, behaviour: { name, answer: (socket, request) => send(socket, answer(request)) } };
}

/** Half of the correct response, then the end of the connection. */
const truncated: Behaviour = {
  name: "truncated",
  answer(socket, _, honest) {
    const length = Buffer.byteLength(honest.body);
    socket.write(head(honest, length) + honest.body.slice(0, length / 2), () => reset(socket));
  },
};

/** Bytes of another protocol instead of a TLS handshake. */
const noTls: Behaviour = { name: "no-tls", connect: (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n") };

export const FAILURES: readonly Failure[] = [
  { name: "connection refused", behaviour: undefined },
  { name: "reset before the request", behaviour: known("reset-at-connect") },
  { name: "reset after the request", behaviour: known("reset") },
  { name: "no TLS", behaviour: noTls },
  { name: "certificate of another name", behaviour: known("tls-other-name") },
  { name: "expired certificate", behaviour: known("tls-expired") },
  { name: "certificate of an unknown authority", behaviour: known("tls-unknown-authority") },
  { name: "silence", behaviour: known("silent"), isSlow: true },
  { name: "slow headers", behaviour: known("drip-headers"), isSlow: true },
  { name: "slow body", behaviour: known("drip-body"), isSlow: true },
  { name: "truncated body", behaviour: truncated },
  { name: "oversized body", behaviour: known("flood-body") },
  { name: "redirect (302)", behaviour: known("status-302") },
  answers("refused by IAM (403)", (request) => refusal(request, 403, "AccessDenied")),
  answers("unknown refusal (418)", (request) => refusal(request, 418, "Teapot")),
  { name: "error without a body (500)", behaviour: known("status-500") },
  { name: "unavailable (503)", behaviour: known("status-503") },
  answers("throttled", (request) => throttling(request)),
  { name: "its clock is 20 minutes ahead", behaviour: { name: "clock", answer: answerAhead } },
];

/** The code and status of each service: https://docs.aws.amazon.com/general/latest/gr/api-retries.html and their references. */
function throttling(request: HostileRequest): Answer {
  switch (serviceOf(request)) {
    case "ec2":
      return refusal(request, 503, "RequestLimitExceeded");
    case "2015-03-31":
      return refusal(request, 429, "TooManyRequestsException");
    case "keys":
      return refusal(request, 429, "TooManyRequests");
    default:
      return refusal(request, 400, serviceOf(request) === "ssm" ? "ThrottlingException" : "Throttling");
  }
}

function serviceOf({ operation }: HostileRequest): string {
  return operation.split(".")[0] ?? "";
}

const AHEAD_MS = 20 * 60_000;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html: AWS accepts five minutes for most requests. */
const ACCEPTED_MS = 5 * 60_000;

function answerAhead(...[socket, request, honest]: Parameters<NonNullable<Behaviour["answer"]>>): void {
  const now = new Date(Date.now() + AHEAD_MS);
  const signed = signedAt(request);
  const isExpired = signed !== undefined && Math.abs(now.getTime() - signed) > ACCEPTED_MS;
  const code = { ssm: "InvalidSignatureException", ec2: "RequestExpired", iam: "SignatureDoesNotMatch" };
  const answer = isExpired
    ? refusal(
        request,
        serviceOf(request) === "ec2" || serviceOf(request) === "ssm" ? 400 : 403,
        code[serviceOf(request) as keyof typeof code] ?? "SignatureDoesNotMatch",
        "Signature expired: it is now earlier than the time of the service",
      )
    : honest;
  send(socket, answer, now);
}

/** The time of the signature, from the header or the query. `undefined` without one. */
function signedAt({ path, headers }: HostileRequest): number | undefined {
  const query = new URL(path, "http://localhost").searchParams;
  const text = headers["x-amz-date"] ?? query.get("X-Amz-Date") ?? "";
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return parts.length === 0 ? undefined : Date.UTC(year, month - 1, ...rest);
}
