// AWS JSON 1.1 as Systems Manager speaks it: POST /, the operation in X-Amz-Target, errors with `__type`.
// Sources: smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and
// docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html

import { randomUUID } from "node:crypto";
import type { Fault } from "../faults.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import { type Input, parseInput } from "./input.ts";
import { describeParameters, getParametersByPath } from "./list-operations.ts";
import type { Parameters, Site } from "./parameter.ts";
import { getParameter, getParameterHistory, getParameters } from "./read-operations.ts";
import { ServiceError } from "./service-error.ts";
import { deleteParameter, deleteParameters, putParameter } from "./write-operations.ts";

type Operation = (parameters: Parameters, site: Site, input: Input) => object;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ["AmazonSSM.DeleteParameter", deleteParameter],
  ["AmazonSSM.DeleteParameters", deleteParameters],
  ["AmazonSSM.DescribeParameters", describeParameters],
  ["AmazonSSM.GetParameter", getParameter],
  ["AmazonSSM.GetParameterHistory", getParameterHistory],
  ["AmazonSSM.GetParameters", getParameters],
  ["AmazonSSM.GetParametersByPath", getParametersByPath],
  ["AmazonSSM.PutParameter", putParameter],
]);

/** `open` gives the parameters as they are at this request. */
export function answerSsm(request: LocalRequest, open: () => Parameters, site: Site): LocalResponse {
  try {
    const operation = route(request);
    return respond(200, operation(open(), site, parseInput(request.body)));
  } catch (error) {
    if (error instanceof ServiceError) return refuse(error.status, error.code, error.message);
    return refuse(500, "InternalServerError", String(error));
  }
}

/** What a client meets when it calls too fast; for `fail()`. */
export function ssmThrottling(): Fault {
  return { kind: "answer", ...refuse(400, "ThrottlingException", "Rate exceeded") };
}

function route({ method, target, headers }: LocalRequest): Operation {
  const operation = OPERATIONS.get(headers["x-amz-target"] ?? "");
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
  return operation;
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
