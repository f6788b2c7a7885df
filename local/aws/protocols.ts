// AWS's protocols. JSON 1.1: POST /, the operation in X-Amz-Target, errors with `__type`. Query:
// requests are forms with Action and Version, responses are XML, and EC2's errors differ from
// IAM's. Also the rate limit of a service.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
// https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html and aws-query-protocol.html

import { randomUUID } from "node:crypto";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { type LocalRequest, type LocalResponse, ServiceError } from "./http-server.ts";

/** Calls `run` and returns its result, or the error that it throws, as a response. */
export function answerJson(run: () => object): LocalResponse {
  try {
    return respond(200, run());
  } catch (error) {
    if (error instanceof ServiceError) return refuse(error);
    return refuse(new ServiceError("InternalServerError", String(error), 500));
  }
}

/**
 * The names of errors that services with JSON 1.1 send, by the names of the Query protocol:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 */
const SIGNATURE_ERRORS: Readonly<Record<string, string>> = {
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  IncompleteSignature: "IncompleteSignatureException",
  InvalidClientTokenId: "UnrecognizedClientException",
  ExpiredToken: "ExpiredTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
};

/**
 * Returns the operation's name: the header without `service` and the dot. Throws ServiceError for a
 * request of another protocol.
 */
export function operationOf({ method, target, headers }: LocalRequest, service: string): string {
  const named = headers["x-amz-target"] ?? "";
  if (method !== "POST" || target !== "/" || !named.startsWith(`${service}.`))
    throw unknownOperation(method, named);
  if (!headers["content-type"]?.startsWith("application/x-amz-json-1.1")) {
    throw illTyped("The content type must be application/x-amz-json-1.1.");
  }
  return named.slice(service.length + 1);
}

export type Input = Readonly<Record<string, unknown>>;

/** Parses the body. An empty body is an empty object. */
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
  const ofSignature = SIGNATURE_ERRORS[code];
  const type = ofSignature ?? code;
  const { headers, ...answer } = respond(ofSignature === undefined ? status : 400, {
    __type: type,
    message,
  });
  return { ...answer, headers: { ...headers, "x-amzn-errortype": type } };
}

function respond(status: number, output: object): LocalResponse {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": randomUUID(),
  };
  return { status, headers, body: JSON.stringify(output) };
}

const SECOND_MS = 1000;

/**
 * Returns a function that reports whether another call is allowed. Rejected calls do not count.
 * `now` returns milliseconds.
 */
export function callsPerSecond(most: number, now: () => number): () => boolean {
  let admitted: number[] = [];
  return () => {
    const time = now();
    admitted = admitted.filter((at) => at > time - SECOND_MS);
    if (admitted.length >= most) return false;
    admitted.push(time);
    return true;
  };
}

/** Text, or elements by name. A list repeats its element; undefined members are omitted. */
export type XmlNode =
  | string
  | { readonly [name: string]: XmlNode | readonly XmlNode[] | undefined };

/** Returns a document with one root element. EC2 and IAM send a declaration, STS does not. */
export function xmlDocument(
  root: string,
  namespace: string | undefined,
  content: XmlNode,
  declaration = `<?xml version="1.0" encoding="UTF-8"?>\n`,
): string {
  const attribute = namespace === undefined ? "" : ` xmlns="${namespace}"`;
  return `${declaration}<${root}${attribute}>${inner(content)}</${root}>`;
}

function inner(node: XmlNode): string {
  if (typeof node === "string") return escapeText(node);
  return Object.entries(node)
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [value].flat().map((item) => `<${name}>${inner(item)}</${name}>`);
    })
    .join("");
}

function escapeText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

export type Service = "ec2" | "iam" | "cloudformation";

const NAMESPACES: Readonly<Record<Service, string>> = {
  ec2: "http://ec2.amazonaws.com/doc/2016-11-15/",
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  cloudformation: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
};

/** Parses the form in the body. Tests also use it to select faults by `Action`. */
export function readForm(request: LocalRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

/**
 * Returns the response of a service. IAM and CloudFormation wrap their results in `<Action>Result`;
 * EC2 does not.
 */
export function renderResult(service: Service, action: string, result: XmlNode): LocalResponse {
  const content =
    service === "ec2"
      ? { requestId: randomUUID(), ...(typeof result === "string" ? {} : result) }
      : { [`${action}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } };
  return xml(200, xmlDocument(`${action}Response`, NAMESPACES[service], content));
}

export function renderError(service: Service, error: ServiceError): LocalResponse {
  const detail = { Code: error.code, Message: error.message };
  const body =
    service === "ec2"
      ? xmlDocument("Response", undefined, { Errors: { Error: detail }, RequestID: randomUUID() })
      : xmlDocument("ErrorResponse", NAMESPACES[service], {
          Error: { Type: error.status < 500 ? "Sender" : "Receiver", ...detail },
          RequestId: randomUUID(),
        });
  return xml(error.status, body);
}

function xml(status: number, body: string): LocalResponse {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body };
}
