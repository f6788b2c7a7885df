// AWS JSON 1.1 as Systems Manager speaks it: POST /, the operation in X-Amz-Target, errors with `__type`.
// Sources: smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and
// docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html

import { randomUUID } from "node:crypto";
import type { Fault } from "../faults.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import { ServiceError } from "../service-error.ts";
import { type Input, parseInput } from "./input.ts";
import { getParametersByPath } from "./list-operations.ts";
import type { Parameters, StoreLocation } from "./parameter.ts";
import { getParameter, getParameterHistory, getParameters, listTagsForResource } from "./read-operations.ts";
import { throttled } from "./refusal.ts";
import type { Admit } from "./throughput.ts";
import { deleteParameter, putParameter } from "./write-operations.ts";

type Operation = (parameters: Parameters, location: StoreLocation, input: Input) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DeleteParameter: deleteParameter,
  GetParameter: getParameter,
  GetParameterHistory: getParameterHistory,
  GetParameters: getParameters,
  GetParametersByPath: getParametersByPath,
  ListTagsForResource: listTagsForResource,
  PutParameter: putParameter,
};

/** `open` gives the parameters as they are at this request; `admit` throws where its caller is too fast. */
export function answerSsm(
  request: LocalRequest,
  open: () => Parameters,
  location: StoreLocation,
  admit: Admit,
): LocalResponse {
  try {
    const [name, operation] = route(request);
    admit(name);
    return respond(200, operation(open(), location, parseInput(request.body)));
  } catch (error) {
    if (error instanceof ServiceError) return refuse(error.status, error.code, error.message);
    return refuse(500, "InternalServerError", String(error));
  }
}

/** What a client meets when it calls too fast; for `fail()`. */
export function ssmThrottling(): Fault {
  const { status, code, message } = throttled();
  return { kind: "answer", ...refuse(status, code, message) };
}

function route({ method, target, headers }: LocalRequest): [name: string, operation: Operation] {
  const name = (headers["x-amz-target"] ?? "").replace(/^AmazonSSM\./, "");
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (method !== "POST" || target !== "/" || operation === undefined) {
    throw new ServiceError(
      "UnknownOperationException",
      `No such operation: ${method} ${headers["x-amz-target"] ?? ""}`,
    );
  }
  if (!headers["content-type"]?.startsWith("application/x-amz-json-1.1")) {
    throw new ServiceError("SerializationException", "The content type must be application/x-amz-json-1.1.");
  }
  // That a request is signed at all is checked, the signature is not: there is no secret to check it with.
  if (!/^AWS4-HMAC-SHA256 Credential=[^,]+, *SignedHeaders=[^,]+, *Signature=/.test(headers["authorization"] ?? "")) {
    throw new ServiceError("MissingAuthenticationToken", "Missing Authentication Token", 403);
  }
  return [name, operation];
}

function refuse(status: number, code: string, message: string): Text {
  const { headers, body } = respond(status, { __type: code, message });
  return { status, headers: { ...headers, "x-amzn-errortype": code }, body };
}

/** Narrower than LocalResponse, so that it fits a Fault as well. */
interface Text {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function respond(status: number, output: object): Text {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() };
  return { status, headers, body: JSON.stringify(output) };
}
