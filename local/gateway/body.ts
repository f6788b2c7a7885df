// Encodes a request body as text or base64, for both kinds of API.

export interface EventBody {
  /** Absent when the request has none. */
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/**
 * An HTTP API sends `text/*` and the three types below as text, with or without a charset. All other bodies are base64,
 * including forms and bodies without a Content-Type. AWS documents only that binary content is encoded:
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
 * A REST API sends text unless its settings declare a type as binary; ours declare none.
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
