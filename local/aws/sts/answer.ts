// Formats STS responses: JSON for clients that accept it, else XML.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

import { randomUUID } from "node:crypto";
import type { LocalIdentity } from "../../identities.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import type { ServiceError } from "../service-error.ts";
import { type XmlNode, xmlDocument } from "../xml.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The result of an action. A Date becomes text in XML and seconds since 1970 in JSON. */
export interface Result {
  readonly [member: string]: string | Date | Result;
}

/** The response to GetCallerIdentity. */
export function callerIdentity(request: LocalRequest, { account, arn, userId }: LocalIdentity): LocalResponse {
  return answered(request, "GetCallerIdentity", { Arn: arn, UserId: userId, Account: account });
}

/** The response to a successful action. */
export function answered(request: LocalRequest, action: string, result: Result): LocalResponse {
  const id = randomUUID();
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: id } };
  if (acceptsJson(request)) {
    return json(200, id, { [`${action}Response`]: written(content, (time) => time.getTime() / 1000) });
  }
  return xml(200, id, `${action}Response`, written(content, (time) => time.toISOString()) as XmlNode);
}

/** The response to a failed request. */
export function refused(request: LocalRequest, { code, status, message }: ServiceError): LocalResponse {
  const id = randomUUID();
  if (acceptsJson(request)) {
    return json(status, id, { Error: { Code: code, Message: message, Type: "Sender" }, RequestId: id });
  }
  return xml(status, id, "ErrorResponse", {
    Error: { Type: "Sender", Code: code, Message: message },
    RequestId: id,
  });
}

function acceptsJson(request: LocalRequest): boolean {
  return request.headers["accept"]?.includes("application/json") ?? false;
}

function json(status: number, id: string, value: unknown): LocalResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-requestid": id },
    body: JSON.stringify(value),
  };
}

function xml(status: number, id: string, root: string, content: XmlNode): LocalResponse {
  const headers = { "content-type": "text/xml", "x-amzn-requestid": id };
  return { status, headers, body: xmlDocument(root, NAMESPACE, content, "") };
}

function written(result: Result, writeTime: (time: Date) => string | number): object {
  const members = Object.entries(result).map(([name, value]) => {
    if (value instanceof Date) return [name, writeTime(value)];
    return [name, typeof value === "string" ? value : written(value, writeTime)];
  });
  return Object.fromEntries(members);
}
