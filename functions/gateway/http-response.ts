// The HTTP response, in a form that API Gateway accepts with both payload formats.

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): HttpResponse {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
