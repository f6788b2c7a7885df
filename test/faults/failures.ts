// The failures of a service that each call meets.

import assert from "node:assert/strict";
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

function known(name: string, behaviour: string, more: Pick<Failure, "isSlow"> = {}): Failure {
  return {
    name,
    behaviour: BEHAVIOURS.find((known) => known.name === behaviour) ?? assert.fail(behaviour),
    ...more,
  };
}

function answers(name: string, answer: (request: HostileRequest) => Answer): Failure {
  return { name, behaviour: { name, answer: (socket, request) => send(socket, answer(request)) } };
}

const SLOW = { isSlow: true } as const;

/** Half of the correct response, then the end of the connection. */
const truncated: Behaviour = {
  name: "truncated",
  answer(socket, _, honest) {
    const length = Buffer.byteLength(honest.body);
    socket.write(head(honest, length) + honest.body.slice(0, length / 2), () => reset(socket));
  },
};

/** Bytes of another protocol instead of a TLS handshake. */
const noTls: Behaviour = {
  name: "no-tls",
  connect: (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"),
};

export const FAILURES: readonly Failure[] = [
  { name: "connection refused", behaviour: undefined },
  known("reset before the request", "reset-at-connect"),
  known("reset after the request", "reset"),
  { name: "no TLS", behaviour: noTls },
  known("certificate of another name", "tls-other-name"),
  known("expired certificate", "tls-expired"),
  known("certificate of an unknown authority", "tls-unknown-authority"),
  known("silence", "silent", SLOW),
  known("slow headers", "drip-headers", SLOW),
  known("slow body", "drip-body", SLOW),
  { name: "truncated body", behaviour: truncated },
  known("oversized body", "flood-body"),
  known("redirect (302)", "status-302"),
  answers("refused by IAM (403)", (request) => refusal(request, 403, "AccessDenied")),
  answers("unknown refusal (418)", (request) => refusal(request, 418, "Teapot")),
  known("error without a body (500)", "status-500"),
  known("unavailable (503)", "status-503"),
  answers("throttled", (request) =>
    refusal(request, ...(THROTTLING[serviceOf(request)] ?? [400, "Throttling"])),
  ),
  { name: "its clock is 20 minutes ahead", behaviour: { name: "clock", answer: answerAhead } },
];

/**
 * The code and status of each service:
 * https://docs.aws.amazon.com/general/latest/gr/api-retries.html and their references.
 */
const THROTTLING: Readonly<Record<string, readonly [status: number, code: string]>> = {
  ec2: [503, "RequestLimitExceeded"],
  "2015-03-31": [429, "TooManyRequestsException"],
  keys: [429, "TooManyRequests"],
  ssm: [400, "ThrottlingException"],
};

function serviceOf({ operation }: HostileRequest): string {
  return operation.split(".")[0] ?? "";
}

const EXPIRED: typeof THROTTLING = {
  ssm: [400, "InvalidSignatureException"],
  ec2: [400, "RequestExpired"],
};
const AHEAD_MS = 20 * 60_000;
/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html: AWS accepts five minutes
 * for most requests.
 */
const ACCEPTED_MS = 5 * 60_000;

function answerAhead(
  ...[socket, request, honest]: Parameters<NonNullable<Behaviour["answer"]>>
): void {
  const now = new Date(Date.now() + AHEAD_MS);
  const signed = signedAt(request);
  const isExpired = signed !== undefined && Math.abs(now.getTime() - signed) > ACCEPTED_MS;
  const [status, code] = EXPIRED[serviceOf(request)] ?? [403, "SignatureDoesNotMatch"];
  const message = "Signature expired: it is now earlier than the time of the service";
  send(socket, isExpired ? refusal(request, status, code, message) : honest, now);
}

/** The time of the signature, from the header or the query. `undefined` without one. */
function signedAt({ path, headers }: HostileRequest): number | undefined {
  const query = new URL(path, "http://localhost").searchParams;
  const text = headers["x-amz-date"] ?? query.get("X-Amz-Date") ?? "";
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return parts.length === 0 ? undefined : Date.UTC(year, month - 1, ...rest);
}
