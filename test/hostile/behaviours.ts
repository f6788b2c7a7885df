// Behaviours of a hostile server.

import { isObject } from "../../functions/lib/json.ts";
import { type Answer, type HostileRequest, refusal } from "./honest.ts";
import { type Behaviour, head, reset, send } from "./server.ts";

const JSON_TYPE = "application/json";

type Reply = NonNullable<Behaviour["answer"]>;
type ReplySocket = Parameters<Reply>[0];

function replies(
  name: string,
  reply: (honest: Answer, request: HostileRequest) => Answer,
): Behaviour {
  return { name, answer: (socket, request, honest) => send(socket, reply(honest, request)) };
}

/** Writes these bytes. The connection stays open, unless `ends`. */
function writes(name: string, bytes: (honest: Answer) => string, ends = false): Behaviour {
  return {
    name,
    answer(socket, _, honest) {
      socket.write(bytes(honest));
      if (ends) socket.end();
    },
  };
}

const slow: Behaviour[] = [
  { name: "silent", answer: () => {} },
  { name: "silent-from-connect", connect: (socket) => socket.pause() },
  writes("stall-in-headers", () => "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"),
  writes("stall-after-headers", (honest) => head(honest, 1000)),
  writes(
    "stall-in-body",
    (honest) => head(honest, honest.body.length) + honest.body.slice(0, honest.body.length / 2),
  ),
  {
    name: "drip-headers",
    answer: (socket) => drip(socket, `HTTP/1.1 200 OK\r\nx-drip: ${"a".repeat(10_000)}`),
  },
  {
    name: "drip-body",
    answer: (socket, _, honest) => {
      socket.write(head(honest, 10_000));
      drip(socket, honest.body.padStart(10_000));
    },
  },
];

function drip(socket: ReplySocket, text: string): void {
  let at = 0;
  every(1_000, socket, () => text.charAt(at++));
}

function every(ms: number, socket: ReplySocket, text: () => string): void {
  const timer = setInterval(() => socket.write(text()), ms);
  socket.on("close", () => clearInterval(timer));
}

const floods: Behaviour[] = [
  { name: "flood-body", answer: (socket, _, honest) => pour(socket, head(honest), " ") },
  {
    name: "flood-text",
    answer: (socket, _, honest) => pour(socket, `${head(honest)}{"message":"`, "a"),
  },
  { name: "flood-headers", answer: (socket) => pour(socket, "HTTP/1.1 200 OK\r\nx-flood: ", "a") },
];

/** Sends up to 600 MB, as fast as the client reads. */
function pour(socket: ReplySocket, first: string, filling: string): void {
  const chunk = Buffer.alloc(65_536, filling);
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
// biome-ignore format: a table
const echoes: Behaviour[] = [
  // Without line breaks, at which some readers stop.
  replies("echo-refusal", (_, request) => refusal(request, 400, "EchoException", `received ${oneLine(request)}`)),
  replies("echo-code", (_, { raw }) => jsonOf(400, { __type: raw, code: raw, message: raw })),
  replies("echo-denied", (_, request) => refusal(request, 403, "AccessDenied", request.raw)),
  replies("echo-text", (_, { raw }) => ({ status: 200, type: "text/html", body: raw })),
  replies("echo-broken-json", ({ body }, { raw }) => ({ status: 200, type: JSON_TYPE, body: `${body.slice(0, -1)},${raw}` })),
  replies("echo-values", (honest, request) => changed(honest, (text) => (text === "" ? text : oneLine(request)))),
  replies("quote-of-the-answer", (honest) => ({ ...honest, body: honest.body.replace(/^\{/, "").replaceAll(":", " ") })),
];

function jsonOf(status: number, body: object): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(body) };
}

function oneLine({ raw }: HostileRequest): string {
  return raw.replaceAll("\r\n", " ");
}

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
  replies(`body-${name}`, (honest) => ({ ...honest, body })),
  replies(`refusal-${name}`, () => ({ status: 400, type: JSON_TYPE, body })),
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
const wrongTypes = Object.entries(types).map(([name, change]) =>
  replies(name, (honest) => changedValues(honest, change)),
);

function isDate(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
}

function changedValues(honest: Answer, change: (value: unknown) => unknown): Answer {
  if (!honest.type.includes("json")) {
    return changed(honest, (value) => {
      const to = change(value);
      return typeof to === "string" ? to : `<a>${JSON.stringify(to)}</a>`;
    });
  }
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return change(value.map(walk));
    if (isObject(value)) {
      return change(
        Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member)])),
      );
    }
    return change(value);
  };
  return { ...honest, body: JSON.stringify(walk(JSON.parse(honest.body))) };
}

function changed(honest: Answer, change: (text: string) => string): Answer {
  if (honest.type.includes("json")) {
    return changedValues(honest, (value) => (typeof value === "string" ? change(value) : value));
  }
  return {
    ...honest,
    body: honest.body.replace(/>([^<]+)</g, (_, text: string) => `>${escaped(change(text))}<`),
  };
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

const pages: Behaviour[] = [
  replies("pages-same-token", (honest, request) => withToken(honest, request, () => "again")),
  {
    ...replies("pages-empty", (honest, request) => withToken(emptied(honest), request, nextToken)),
    slow: "works",
  },
  {
    ...replies("pages-endless", (honest, request) => withToken(honest, request, nextToken)),
    slow: "works",
  },
  // Valid but large: as many parameters as the standard tier allows in an account.
  { ...replies("ten-thousand-names", pageOf), slow: "works" },
];
const MANY = 10_000;
const PAGE = 10;

function pageOf(honest: Answer, { operation, body }: HostileRequest): Answer {
  if (operation !== "ssm.GetParametersByPath") return honest;
  const [first] = JSON.parse(honest.body).Parameters;
  if (first === undefined) return honest;
  const from = Number(JSON.parse(body).NextToken ?? 0);
  const Parameters = Array.from({ length: PAGE }, (_, at) => ({
    ...first,
    Name: `${first.Name}-${from + at}`,
  }));
  const next = from + PAGE < MANY ? { NextToken: String(from + PAGE) } : {};
  return { ...honest, body: JSON.stringify({ Parameters, ...next }) };
}

let tokens = 0;
function nextToken(): string {
  tokens += 1;
  return `token-${tokens}`;
}
function emptied(honest: Answer): Answer {
  if (!honest.type.includes("json"))
    return { ...honest, body: honest.body.replace(/<member>.*<\/member>/s, "") };
  return changedValues(honest, (value) => (Array.isArray(value) ? [] : value));
}
/**
 * Adds a token for the next page, of AWS services and of Kubernetes. The pages of Parameter Store
 * end.
 */
function withToken(honest: Answer, { operation }: HostileRequest, token: () => string): Answer {
  if (operation.startsWith("ssm.")) return honest;
  if (!honest.type.includes("json")) {
    return {
      ...honest,
      body: honest.body.replace(/<\w+Result>/, `$&<NextToken>${token()}</NextToken>`),
    };
  }
  const value = JSON.parse(honest.body);
  const tokens = { NextToken: token(), nextToken: token(), metadata: { continue: token() } };
  return { ...honest, body: JSON.stringify({ ...value, ...tokens }) };
}

const statuses: Behaviour[] = [
  ...[204, 301, 302, 404, 500, 503].map((status) => {
    const text = `HTTP/1.1 ${status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n`;
    return writes(`status-${status}`, () => text);
  }),
  ...[
    "AbortError",
    "TimeoutError",
    "Error",
    "TypeError",
    "ThrottlingException",
    "constructor",
    "__proto__",
  ].map((type) => replies(`type-${type}`, () => jsonOf(400, { __type: type, message: "x" }))),
];

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const wire: Behaviour[] = [
  { name: "reset-at-connect", connect: (socket) => socket.resetAndDestroy() },
  { name: "close-at-connect", connect: (socket) => socket.destroy() },
  { name: "reset", answer: reset },
  { name: "close", answer: (socket) => socket.end() },
  writes("not-http", () => "SSH-2.0-OpenSSH_9.9\r\n", true),
  writes("bad-length", () => "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}", true),
  writes("bad-chunk", () => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}", true),
  writes(
    "large-headers",
    (honest) => head(honest).replace("\r\n", `\r\nx-large: ${"a".repeat(70_000)}\r\n`),
    true,
  ),
  {
    name: "continue-for-ever",
    slow: "waits",
    answer: (socket) => every(100, socket, () => CONTINUE),
  },
  writes("upgrade", () => "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
];

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
