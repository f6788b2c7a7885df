// The AWS JSON 1.1 protocol: POST /, the operation in X-Amz-Target, errors with `__type`.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

import { randomUUID } from "node:crypto";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { LocalRequest, LocalResponse } from "./http-server.ts";
import { ServiceError } from "./service-error.ts";

/** Calls `run` and returns its result, or the error that it throws, as a response. */
export function answerJson(run: () => object): LocalResponse {
  try {
    return respond(200, run());
  } catch (error) {
    if (error instanceof ServiceError) return refuse(error);
    return refuse(new ServiceError("InternalServerError", String(error), 500));
  }
}

/** The operation's name: the header without `service` and the dot. Throws ServiceError for a request of another protocol. */
export function operationOf({ method, target, headers }: LocalRequest, service: string): string {
  const named = headers["x-amz-target"] ?? "";
  if (method !== "POST" || target !== "/" || !named.startsWith(`${service}.`)) throw unknownOperation(method, named);
  if (!headers["content-type"]?.startsWith("application/x-amz-json-1.1")) {
    throw illTyped("The content type must be application/x-amz-json-1.1.");
  }
  // Requires a signature but does not verify it: the server knows no secret keys.
  if (!/^AWS4-HMAC-SHA256 Credential=[^,]+, *SignedHeaders=[^,]+, *Signature=/.test(headers["authorization"] ?? "")) {
    throw new ServiceError("MissingAuthenticationToken", "Missing Authentication Token", 403);
  }
  return named.slice(service.length + 1);
}

export type Input = Readonly<Record<string, unknown>>;

/** Parses the body; an empty body returns an empty object. */
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

export function refuse({ status, code, message }: ServiceError): LocalResponse {
  const { headers, body } = respond(status, { __type: code, message });
  return { status, headers: { ...headers, "x-amzn-errortype": code }, body };
}

function respond(status: number, output: object): LocalResponse {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() };
  return { status, headers, body: JSON.stringify(output) };
}
