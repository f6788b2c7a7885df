// The failures of a service that each call meets.

import { BEHAVIOURS } from "../hostile/behaviours.ts";
import { type Answer, type HostileRequest, refusal } from "../hostile/honest.ts";
import { type Behaviour, head, reset, send } from "../hostile/server.ts";

export interface Failure {
  readonly name: string;
  /** `undefined`: nothing listens. */
  readonly behaviour: Behaviour | undefined;
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
  { name: "silence", behaviour: known("silent") },
  { name: "slow headers", behaviour: known("drip-headers") },
  { name: "slow body", behaviour: known("drip-body") },
  { name: "truncated body", behaviour: truncated },
  { name: "oversized body", behaviour: known("flood-body") },
  { name: "redirect (302)", behaviour: known("status-302") },
  answers("refused by IAM (403)", (request) => refusal(request, 403, "AccessDenied")),
  answers("unknown refusal (418)", (request) => refusal(request, 418, "Teapot")),
  { name: "error without a body (500)", behaviour: known("status-500") },
  { name: "unavailable (503)", behaviour: known("status-503") },
  answers("throttled", (request) => throttling(request)),
];

/** The code and status of each service: https://docs.aws.amazon.com/general/latest/gr/api-retries.html and their references. */
function throttling(request: HostileRequest): Answer {
  switch (request.operation.split(".")[0]) {
    case "ec2":
      return refusal(request, 503, "RequestLimitExceeded");
    case "keys":
      return refusal(request, 429, "TooManyRequests");
    case "ssm":
      return refusal(request, 400, "ThrottlingException");
    default:
      return refusal(request, 400, "Throttling");
  }
}
