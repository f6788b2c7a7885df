// The AWS query protocols: requests are forms with Action and Version, responses are XML. EC2 and IAM errors differ.
// Sources: smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html and .../aws-query-protocol.html

import { randomUUID } from "node:crypto";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import type { ServiceError } from "../service-error.ts";
import { type XmlNode, xmlDocument } from "../xml.ts";

export type Service = "ec2" | "iam";

const NAMESPACES: Readonly<Record<Service, string>> = {
  ec2: "http://ec2.amazonaws.com/doc/2016-11-15/",
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
};

/** Parses the form in the body. Tests also use it to select faults by `Action`. */
export function readForm(request: LocalRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

/** IAM wraps its result in `<Action>Result`; EC2 does not. */
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
      : xmlDocument("ErrorResponse", NAMESPACES.iam, {
          Error: { Type: error.status < 500 ? "Sender" : "Receiver", ...detail },
          RequestId: randomUUID(),
        });
  return xml(error.status, body);
}

function xml(status: number, body: string): LocalResponse {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8" }, body };
}
