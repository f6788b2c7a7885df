// Behaviours of a hostile server.

import { isObject } from "../../functions/lib/json.ts";
import type { HostileRequest } from "./exchange.ts";
import { type Behaviour, head, reset, send } from "./server.ts";

const JSON_TYPE = "application/json";

const slow: Behaviour[] = [
  { name: "silent", answer: () => {} },
  { name: "silent-from-connect", connect: (socket) => socket.pause() },
  {
    name: "stall-in-headers",
    answer: (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"),
  },
  { name: "stall-after-headers", answer: (socket, _, honest) => socket.write(head(honest, 1000)) },
  {
    name: "stall-in-body",
    answer: (socket, _, honest) =>
      socket.write(head(honest, honest.body.length) + honest.body.slice(0, honest.body.length / 2)),
  },
  { name: "drip-headers", answer: (socket) => drip(socket, `HTTP/1.1 200 OK\r\nx-drip: ${"a".repeat(10_000)}`) },
  {
    name: "drip-body",
    answer: (socket, _, honest) => {
      socket.write(head(honest, 10_000));
      drip(socket, honest.body.padStart(10_000));
    },
  },
];

function drip(socket: Parameters<NonNullable<Behaviour["answer"]>>[0], text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++)), 1_000);
  socket.on("close", () => clearInterval(timer));
}

const floods: Behaviour[] = [
  { name: "flood-body", answer: (socket, _, honest) => pour(socket, head(honest), Buffer.alloc(65_536, " ")) },
  {
    name: "flood-text",
    answer: (socket, _, honest) => pour(socket, `${head(honest)}{"message":"`, Buffer.alloc(65_536, "a")),
  },
  {
    name: "flood-headers",
    answer: (socket) => pour(socket, "HTTP/1.1 200 OK\r\nx-flood: ", Buffer.alloc(65_536, "a")),
  },
];

/** Sends up to 600 MB, as fast as the client reads. */
function pour(socket: Parameters<NonNullable<Behaviour["answer"]>>[0], first: string, chunk: Buffer): void {
  let left = 600 * 1024 * 1024;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
    if (!socket.destroyed) socket.end();
  };
  socket.on("drain", more);
  socket.write(first);
  more();
}

/** Echoes the received request in fields that commands print. */
const echoes: Behaviour[] = [
  {
    name: "echo-refusal",
    answer: (socket, { raw, headers }) => {
      // Without line breaks, at which some readers stop.
      const message = `received ${raw.replaceAll("\r\n", " ")}`;
      const isJson = headers["content-type"] !== "application/x-www-form-urlencoded" && !raw.startsWith("GET /?");
      const body = isJson
        ? JSON.stringify({ __type: "EchoException", code: "Echo", message, Message: message })
        : `<ErrorResponse><Error><Type>Sender</Type><Code>Echo</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`;
      send(socket, { status: 400, type: isJson ? JSON_TYPE : "text/xml", body });
    },
  },
  {
    name: "echo-code",
    answer: (socket, { raw }) =>
      send(socket, { status: 400, type: JSON_TYPE, body: JSON.stringify({ __type: raw, code: raw, message: raw }) }),
  },
  {
    name: "echo-denied",
    answer: (socket, { raw, headers }) => {
      const isJson = headers["content-type"] !== "application/x-www-form-urlencoded" && !raw.startsWith("GET /?");
      const body = isJson
        ? JSON.stringify({ __type: "AccessDeniedException", message: raw })
        : `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${escaped(raw)}</Message></Error></ErrorResponse>`;
      send(socket, { status: 403, type: isJson ? JSON_TYPE : "text/xml", body });
    },
  },
  { name: "echo-text", answer: (socket, { raw }) => send(socket, { status: 200, type: "text/html", body: raw }) },
  {
    name: "echo-broken-json",
    answer: (socket, { raw }, honest) =>
      send(socket, { status: 200, type: JSON_TYPE, body: `${honest.body.slice(0, -1)},${raw}` }),
  },
  {
    // Replaces every text with the received request.
    name: "echo-values",
    answer: (socket, { raw }, honest) =>
      send(
        socket,
        changed(honest, (text) => (text === "" ? text : raw.replaceAll("\r\n", " "))),
      ),
  },
  {
    name: "quote-of-the-answer",
    answer: (socket, _, honest) =>
      send(socket, { status: 200, type: honest.type, body: honest.body.replace(/^\{/, "").replaceAll(":", " ") }),
  },
];

const deep = "[".repeat(50_000) + "]".repeat(50_000);
const bodies: Readonly<Record<string, string>> = {
  empty: "",
  null: "null",
  list: "[]",
  "list-of-null": "[null]",
  text: '"text"',
  number: "7",
  object: "{}",
  deep,
  "not-json": "{",
  html: "<html><body>Log in</body></html>",
  nul: "\0\0\0\0",
  escapes: '{"message":"\\u001b[2J\\u001b]0;title\\u0007"}',
};
const wrongBodies = Object.entries(bodies).flatMap(([name, body]): Behaviour[] => [
  { name: `body-${name}`, answer: (socket, _, honest) => send(socket, { ...honest, body }) },
  {
    name: `refusal-${name}`,
    answer: (socket) => send(socket, { status: 400, type: JSON_TYPE, body }),
  },
]);

/** Replaces each value of the correct response with one of another type. */
const types: Readonly<Record<string, (value: unknown) => unknown>> = {
  "texts-to-numbers": (value) => (typeof value === "string" ? 7 : value),
  "texts-to-objects": (value) => (typeof value === "string" ? { a: 1 } : value),
  "texts-to-nothing": (value) => (typeof value === "string" ? "" : value),
  "numbers-to-texts": (value) => (typeof value === "number" ? "text" : value),
  "numbers-to-1e300": (value) => (typeof value === "number" ? 1e300 : value),
  "numbers-to-minus-1e300": (value) => (typeof value === "number" ? -1e300 : value),
  "lists-to-objects": (value) => (Array.isArray(value) ? {} : value),
  "lists-of-null": (value) => (Array.isArray(value) ? [null] : value),
  "lists-of-lists": (value) => (Array.isArray(value) ? [value] : value),
  "members-to-null": (value) =>
    isObject(value) ? Object.fromEntries(Object.keys(value).map((k) => [k, null])) : value,
  "dates-wrong": (value) => (isDate(value) ? "1e300" : value),
};
const wrongTypes = Object.entries(types).map(
  ([name, change]): Behaviour => ({
    name,
    answer: (socket, _, honest) => send(socket, changedValues(honest, change)),
  }),
);

function isDate(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
}

type Honest = Parameters<NonNullable<Behaviour["answer"]>>[2];

function changedValues(honest: Honest, change: (value: unknown) => unknown): Honest {
  if (!honest.type.includes("json")) {
    const text = (value: string) => {
      const to = change(value);
      return typeof to === "string" ? to : `<a>${JSON.stringify(to)}</a>`;
    };
    return changed(honest, text);
  }
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return change(value.map(walk));
    if (isObject(value)) {
      return change(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member)])));
    }
    return change(value);
  };
  return { ...honest, body: JSON.stringify(walk(JSON.parse(honest.body))) };
}

function changed(honest: Honest, change: (text: string) => string): Honest {
  if (honest.type.includes("json")) {
    return changedValues(honest, (value) => (typeof value === "string" ? change(value) : value));
  }
  return { ...honest, body: honest.body.replace(/>([^<]+)</g, (_, text: string) => `>${escaped(change(text))}<`) };
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

const pages: Behaviour[] = [
  {
    name: "pages-same-token",
    answer: (socket, _, honest) =>
      send(
        socket,
        withToken(honest, () => "again"),
      ),
  },
  {
    name: "pages-empty",
    slow: "works",
    answer: (socket, _, honest) => send(socket, withToken(emptied(honest), nextToken)),
  },
  { name: "pages-endless", slow: "works", answer: (socket, _, honest) => send(socket, withToken(honest, nextToken)) },
  // Valid but large: as many parameters as the standard tier allows in an account.
  {
    name: "ten-thousand-names",
    slow: "works",
    answer: (socket, request, honest) => send(socket, pageOf(request, honest)),
  },
];
const MANY = 10_000;
const PAGE = 10;

function pageOf({ operation, body }: HostileRequest, honest: Honest): Honest {
  if (operation !== "ssm.GetParametersByPath") return honest;
  const [first] = JSON.parse(honest.body).Parameters;
  if (first === undefined) return honest;
  const from = Number(JSON.parse(body).NextToken ?? 0);
  const Parameters = Array.from({ length: PAGE }, (_, at) => ({ ...first, Name: `${first.Name}-${from + at}` }));
  const next = from + PAGE < MANY ? { NextToken: String(from + PAGE) } : {};
  return { ...honest, body: JSON.stringify({ Parameters, ...next }) };
}

let tokens = 0;
function nextToken(): string {
  tokens += 1;
  return `token-${tokens}`;
}
function emptied(honest: Honest): Honest {
  if (!honest.type.includes("json")) return { ...honest, body: honest.body.replace(/<member>.*<\/member>/s, "") };
  return changedValues(honest, (value) => (Array.isArray(value) ? [] : value));
}
/** Token for the next page, of AWS services and of Kubernetes. */
function withToken(honest: Honest, token: () => string): Honest {
  if (!honest.type.includes("json")) {
    return { ...honest, body: honest.body.replace(/<\w+Result>/, `$&<NextToken>${token()}</NextToken>`) };
  }
  const value = JSON.parse(honest.body);
  return {
    ...honest,
    body: JSON.stringify({ ...value, NextToken: token(), nextToken: token(), metadata: { continue: token() } }),
  };
}

const statuses: Behaviour[] = [
  ...[204, 301, 302, 404, 500, 503].map(
    (status): Behaviour => ({
      name: `status-${status}`,
      answer: (socket) =>
        socket.write(`HTTP/1.1 ${status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n`),
    }),
  ),
  ...["AbortError", "TimeoutError", "Error", "TypeError", "ThrottlingException", "constructor", "__proto__"].map(
    (type): Behaviour => ({
      name: `type-${type}`,
      answer: (socket) =>
        send(socket, { status: 400, type: JSON_TYPE, body: JSON.stringify({ __type: type, message: "x" }) }),
    }),
  ),
];

const wire: Behaviour[] = [
  { name: "reset-at-connect", connect: (socket) => socket.resetAndDestroy() },
  { name: "close-at-connect", connect: (socket) => socket.destroy() },
  { name: "reset", answer: reset },
  { name: "close", answer: (socket) => socket.end() },
  { name: "not-http", answer: (socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n") },
  { name: "bad-length", answer: (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}") },
  {
    name: "bad-chunk",
    answer: (socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}"),
  },
  {
    name: "large-headers",
    answer: (socket, _, honest) => socket.end(head(honest).replace("\r\n", `\r\nx-large: ${"a".repeat(70_000)}\r\n`)),
  },
  { name: "continue-for-ever", slow: "waits", answer: (socket) => repeat(socket, "HTTP/1.1 100 Continue\r\n\r\n") },
  {
    name: "upgrade",
    answer: (socket) => socket.write("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
  },
];

function repeat(socket: Parameters<NonNullable<Behaviour["answer"]>>[0], text: string): void {
  const timer = setInterval(() => socket.write(text), 100);
  socket.on("close", () => clearInterval(timer));
}

const tlsFaults: Behaviour[] = [
  { name: "tls-expired", certificate: "expired" },
  { name: "tls-other-name", certificate: "other-name" },
  { name: "tls-unknown-authority", certificate: "unknown-authority" },
  { name: "tls-other-protocol", otherProtocol: true, slow: "waits" },
];

export const BEHAVIOURS: readonly Behaviour[] = [
  { name: "honest" },
  ...slow.map((behaviour): Behaviour => ({ ...behaviour, slow: "waits" })),
  ...floods.map((behaviour): Behaviour => ({ ...behaviour, slow: "works" })),
  ...echoes,
  ...wrongBodies,
  ...wrongTypes,
  ...pages,
  ...statuses,
  ...wire,
  ...tlsFaults,
];

/** Resets the connection after this many bytes of the correct response. */
export function resetAt(byte: number): Behaviour {
  return {
    name: `reset-at-${byte}`,
    answer: (socket, _, honest) => {
      const bytes = Buffer.from(head(honest, Buffer.byteLength(honest.body)) + honest.body);
      socket.write(bytes.subarray(0, byte), () => reset(socket));
    },
  };
}
