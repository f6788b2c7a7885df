// In-process STS and Parameter Store below the function's HTTP clients, without real network.
// Stores nothing, so that only the function's memory can grow. Responses match the tokens of tokens.ts.

import { Agent } from "node:http";
import { Duplex } from "node:stream";
import { CALLERS } from "../review-event.ts";
import { readSignature } from "./tokens.ts";
import { ACCOUNT, mappingOf, PREFIX, roleName } from "./work.ts";

/** Connections to these ports are handled here; no server listens on them. */
export const STS_URL = "http://127.0.0.1:1";
export const PARAMETER_STORE_URL = "http://127.0.0.1:2";

type Answer = (url: string, body: string) => { readonly status: number; readonly body: string };

const ANSWERS: Readonly<Record<string, Answer>> = { 1: answerSts, 2: answerParameterStore };

/** Call before loading the function: its agents then use these connections instead of sockets. */
export function serveInProcess(): void {
  const connect = Agent.prototype.createConnection;
  Agent.prototype.createConnection = function (options, callback) {
    const answer = ANSWERS[String(options.port)];
    return answer === undefined ? connect.call(this, options, callback) : new Connection(answer);
  };
}

/** A keep-alive connection that responds in a later turn of the event loop. */
class Connection extends Duplex {
  readonly #answer: Answer;
  #received = "";

  constructor(answer: Answer) {
    super();
    this.#answer = answer;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#received += chunk.toString();
    const end = this.#received.indexOf("\r\n\r\n");
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (end >= 0 && this.#received.length >= end + 4 + length) {
      const request = this.#received;
      this.#received = "";
      setImmediate(() => this.#respond(request.split(" ", 2)[1] ?? "", request.slice(end + 4)));
    }
    done();
  }

  #respond(url: string, requestBody: string): void {
    const { status, body } = this.#answer(url, requestBody);
    this.push(
      `HTTP/1.1 ${status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  // Other socket methods that the HTTP client calls.
  setKeepAlive = (): this => this;
  setNoDelay = (): this => this;
  setTimeout = (): this => this;
  ref = (): this => this;
  unref = (): this => this;
}

function answerSts(url: string): ReturnType<Answer> {
  const signed = readSignature(url);
  if (signed === undefined) {
    return { status: 403, body: JSON.stringify({ Error: { Code: "SignatureDoesNotMatch", Message: "x" } }) };
  }
  const session = `s${signed.number}`;
  const GetCallerIdentityResult = {
    Account: ACCOUNT,
    Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName(signed.role)}/${session}`,
    UserId: `AROABENCH${String(signed.role).padStart(12, "0")}:${session}`,
  };
  return { status: 200, body: JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult } }) };
}

function answerParameterStore(_url: string, body: string): ReturnType<Answer> {
  const { Names }: { readonly Names: readonly string[] } = JSON.parse(body);
  const found = Names.map((Name) => ({ Name, Type: "String", Value: storedValue(Name) }));
  const InvalidParameters = Names.filter((name) => storedValue(name) === undefined);
  const Parameters = found.filter(({ Value }) => Value !== undefined);
  return { status: 200, body: JSON.stringify({ Parameters, InvalidParameters }) };
}

function storedValue(name: string): string | undefined {
  if (name === `${PREFIX}/callers`) return CALLERS;
  const index = /\/service-(\d+)$/.exec(name)?.[1];
  if (index === undefined) return undefined;
  const mapping = mappingOf(Number(index));
  return mapping.name === name ? mapping.value : undefined;
}
