// AWS JSON 1.1, which several services speak: POST /, the operation in X-Amz-Target, errors with `__type`.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

import { randomUUID } from "node:crypto";
import { isObject, parseJson } from "../functions/lib/json.ts";
import type { LocalRequest, LocalResponse } from "./http-server.ts";
import { ServiceError } from "./service-error.ts";

/** Narrower than LocalResponse, so that it fits a Fault as well. */
interface Text {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What `run` gives for this request, or what it throws, in the protocol's form. */
export function answerJson(run: () => object): LocalResponse {
  try {
    return respond(200, run());
  } catch (error) {
    if (error instanceof ServiceError) return refuse(error);
    return refuse(new ServiceError("InternalServerError", String(error), 500));
  }
}

/** The operation's name: what follows `service` and a dot in the header. Throws where the request is not of this protocol. */
export function operationOf({ method, target, headers }: LocalRequest, service: string): string {
  const named = headers["x-amz-target"] ?? "";
  if (method !== "POST" || target !== "/" || !named.startsWith(`${service}.`)) throw unknownOperation(method, named);
  if (!headers["content-type"]?.startsWith("application/x-amz-json-1.1")) {
    throw illTyped("The content type must be application/x-amz-json-1.1.");
  }
  // That a request is signed at all is checked, the signature is not: there is no secret to check it with.
  if (!/^AWS4-HMAC-SHA256 Credential=[^,]+, *SignedHeaders=[^,]+, *Signature=/.test(headers["authorization"] ?? "")) {
    throw new ServiceError("MissingAuthenticationToken", "Missing Authentication Token", 403);
  }
  return named.slice(service.length + 1);
}

export type Input = Readonly<Record<string, unknown>>;

/** The request body; an empty one is an empty object. */
export function parseInput(body: Buffer): Input {
  const parsed = body.length === 0 ? {} : parseJson(body.toString("utf8"));
  if (!isObject(parsed)) throw illTyped("the body is not a JSON object");
  return parsed;
}

export function illTyped(message: string): ServiceError {
  return new ServiceError("SerializationException", message);
}

export function throttled(): ServiceError {
  return new ServiceError("ThrottlingException", "Rate exceeded");
}

export function unknownOperation(method: string, named: string): ServiceError {
  return new ServiceError("UnknownOperationException", `No such operation: ${method} ${named}`);
}

export function refuse({ status, code, message }: ServiceError): Text {
  const { headers, body } = respond(status, { __type: code, message });
  return { status, headers: { ...headers, "x-amzn-errortype": code }, body };
}

function respond(status: number, output: object): Text {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() };
  return { status, headers, body: JSON.stringify(output) };
}
