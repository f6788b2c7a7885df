// An HTTP API's events and responses (payload format 2.0), with the ids that AWS would assign.
// Calls a handler as Lambda does: JSON in, JSON out, with a context and a timeout.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { isObject } from "../../functions/lib/json.ts";
import { type Answer, readProxyResult } from "./answer.ts";
import type { GatewayRequest } from "./request.ts";

const ACCOUNT_ID = "123456789012";

const REGION = "us-east-1";

const API_ID = "localgw123";

const DOMAIN_NAME = `${API_ID}.execute-api.${REGION}.amazonaws.com`;

const FUNCTION_NAME = "authenticator";

/** Returns for example `24/Nov/2026:16:01:02 +0000`: Apache's log format, always UTC. */
function requestTime(time: number): string {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day}/${month}/${year}:${clock} +0000`;
}

/** Returns the values of each name, joined, in the order sent. */
function joined(pairs: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs)
    values.set(name, values.has(name) ? `${values.get(name)},${value}` : value);
  return Object.fromEntries(values);
}

/** Not forwarded (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Returns the headers by name in lower case. As on AWS: always HTTPS and port 443; the client's
 * address is last in X-Forwarded-For.
 */
function headersOf({ rawHeaders, sourceIp, traceId }: GatewayRequest): Record<string, string> {
  const sent = Array.from({ length: rawHeaders.length / 2 }, (_, index) => {
    return [(rawHeaders[2 * index] ?? "").toLowerCase(), rawHeaders[2 * index + 1] ?? ""] as const;
  });
  const forwardedFor = [
    ...sent.filter(([name]) => name === "x-forwarded-for").map(([, value]) => value),
    sourceIp,
  ];
  return {
    ...joined(sent.filter(([name]) => !HOP_BY_HOP.has(name))),
    "x-amzn-trace-id": traceId,
    "x-forwarded-for": forwardedFor.join(", "),
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
  };
}

/** Returns the event. Fields that have no value are absent. */
export function httpApiEvent(request: GatewayRequest, routeKey: string): APIGatewayProxyEventV2 {
  const headers = headersOf(request);
  const query = new URLSearchParams(request.query);
  const { path, clientCertificate } = request;

  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: request.query,
    headers,
    ...(query.size > 0 && { queryStringParameters: joined(query) }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      ...(clientCertificate && { authentication: { clientCert: clientCertificate } }),
      domainName: DOMAIN_NAME,
      domainPrefix: API_ID,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey,
      stage: "$default",
      time: requestTime(request.time),
      timeEpoch: request.time,
    },
    ...encodeBody(request.body, headers["content-type"]),
  };
}

/**
 * Returns the body as the event has it. An HTTP API sends `text/*` and the three types below as
 * text, with or without a charset. All other bodies are base64, including forms and bodies without
 * a Content-Type. AWS documents only that binary content is encoded:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * The list was measured on AWS in https://github.com/ministackorg/ministack/pull/766.
 */
export function encodeBody(
  body: Buffer,
  contentType = "",
): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const isText = type.startsWith("text/") || TEXT_TYPES.has(type);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
}

const TEXT_TYPES = new Set(["application/json", "application/xml", "application/javascript"]);

/**
 * Returns the response; `undefined` for a result that API Gateway rejects. `result` has been
 * through JSON.
 */
export function httpApiAnswer(result: unknown): Answer | undefined {
  // "API Gateway makes the following assumptions if your Lambda function returns valid JSON and
  // doesn't return a statusCode".
  if (!isObject(result) || !("statusCode" in result)) {
    const body = typeof result === "string" ? result : JSON.stringify(result);
    return { status: 200, headers: [["content-type", "application/json"]], body };
  }
  const read = readProxyResult(result);
  if (read === undefined) return undefined;
  const hasType = read.headers.some(([name]) => name.toLowerCase() === "content-type");
  return {
    status: read.status,
    headers: [
      // Observed on AWS, which does not document a default.
      ...(hasType ? [] : ([["content-type", "text/plain;charset=UTF-8"]] as const)),
      ...read.headers,
    ],
    body: read.isBase64Encoded ? Buffer.from(read.body, "base64") : read.body,
  };
}

/** The context of an async handler, without the callbacks that Lambda removed after Node.js 22. */
type LambdaContext = Omit<Context, "done" | "fail" | "succeed">;

/** Declared as a method to accept handlers with narrower parameter types. */
export interface Handler {
  handler(event: unknown, context: LambdaContext): Promise<unknown>;
}

interface InvokeOptions extends Handler {
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** The name of the handler's error if Lambda would reject the invocation. */
export const THROTTLING = "TooManyRequestsException";

/** `error` is what the handler threw, or a timeout. */
type Invoked = { readonly result: unknown } | { readonly error: unknown };

export async function invoke(event: unknown, options: InvokeOptions): Promise<Invoked> {
  const { timeoutMs, now } = options;
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Task timed out after ${timeoutMs / 1000} seconds`)),
    timeoutMs,
  );
  try {
    const context = createContext(timeoutMs, now);
    const returned = await Promise.race([options.handler(throughJson(event), context), timedOut]);
    return { result: throughJson(returned) };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns what a JSON round trip makes of a value: `undefined` becomes null. Throws for values that
 * JSON cannot represent.
 */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}

function createContext(timeoutMs: number, now: () => number): LambdaContext {
  const start = now();
  const day = new Date(start).toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: FUNCTION_NAME,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${FUNCTION_NAME}`,
    memoryLimitInMB: "256",
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${FUNCTION_NAME}`,
    logStreamName: `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`,
    getRemainingTimeInMillis: () => Math.max(0, timeoutMs - (now() - start)),
  };
}
