// Answers in STS's own shapes: JSON for whoever accepts it, XML for all others.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

import { randomUUID } from "node:crypto";
import type { Fault } from "../faults.ts";
import type { LocalRequest, LocalResponse } from "../http-server.ts";
import type { LocalIdentity } from "../identities.ts";
import { Refusal } from "./refusal.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The answer to GetCallerIdentity. */
export function callerIdentity(request: LocalRequest, { account, arn, userId }: LocalIdentity): LocalResponse {
  const id = randomUUID();
  if (acceptsJson(request)) {
    const GetCallerIdentityResult = { Account: account, Arn: arn, UserId: userId };
    return json(200, id, {
      GetCallerIdentityResponse: { GetCallerIdentityResult, ResponseMetadata: { RequestId: id } },
    });
  }
  return xml(
    200,
    id,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}">
  <GetCallerIdentityResult>
    <Arn>${escapeXml(arn)}</Arn>
    <UserId>${escapeXml(userId)}</UserId>
    <Account>${account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>${id}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`,
  );
}

/** The answer to a request that was refused. */
export function refused(request: LocalRequest, { code, status, message }: Refusal): LocalResponse {
  const id = randomUUID();
  if (acceptsJson(request)) {
    return json(status, id, { Error: { Code: code, Message: message, Type: "Sender" }, RequestId: id });
  }
  return xml(
    status,
    id,
    `<ErrorResponse xmlns="${NAMESPACE}">
  <Error>
    <Type>Sender</Type>
    <Code>${code}</Code>
    <Message>${escapeXml(message)}</Message>
  </Error>
  <RequestId>${id}</RequestId>
</ErrorResponse>
`,
  );
}

/** STS at its limit, to be given to `fail` as it is: `sts.fail(stsThrottling)`. */
export function stsThrottling(request: LocalRequest): Fault {
  const { status, headers, body } = refused(request, new Refusal("Throttling", 400, "Rate exceeded"));
  return { kind: "answer", status, ...(headers && { headers }), body: body.toString() };
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

function xml(status: number, id: string, body: string): LocalResponse {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": id }, body };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
