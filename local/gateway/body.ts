// Decides whether a body travels as text or as base64, for both kinds of API.

/** A body as an event has it. */
export interface EventBody {
  /** Absent when the request has none. */
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/**
 * An HTTP API sends text for `text/*` and the three types below, with or without a charset, and base64 for all else,
 * also for forms and where there is no Content-Type. AWS documents only that binary content is encoded:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * The list was measured on AWS in https://github.com/ministackorg/ministack/pull/766.
 */
export function encodeHttpApiBody(body: Buffer, contentType: string | undefined): EventBody {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = mediaType(contentType);
  return encode(body, !(type.startsWith("text/") || TEXT_TYPES.has(type)));
}

const TEXT_TYPES = new Set(["application/json", "application/xml", "application/javascript"]);

/**
 * A REST API sends text unless a type is set as binary for it, and ours sets none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 */
export function encodeRestApiBody(body: Buffer): EventBody {
  return body.length === 0 ? { isBase64Encoded: false } : encode(body, false);
}

function encode(body: Buffer, binary: boolean): EventBody {
  return { body: body.toString(binary ? "base64" : "utf8"), isBase64Encoded: binary };
}

function mediaType(header = ""): string {
  return (header.split(";")[0] ?? "").trim().toLowerCase();
}
