// Reads the SigV4 authentication of a request, from the query string (presigned) or the
// Authorization header, and computes the signature that it must have. Query strings are read byte
// by byte, as SigV4 encodes them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac } from "node:crypto";
import { type LocalRequest, ServiceError } from "./http-server.ts";

export interface Authentication {
  readonly accessKeyId: string;
  /** The credential scope, split. */
  readonly scope: readonly [date: string, region: string, service: string, terminator: string];
  /** In lower case, sorted. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `X-Amz-Date`, as sent. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** All parameters except the signature. */
  readonly signedQuery: readonly Parameter[];
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** Returns what a request states about its signature. Throws the service's error. */
export function readAuthentication(
  request: LocalRequest,
  query: readonly Parameter[],
): Authentication {
  // The last parameter of a name applies. Names are case-sensitive.
  const parameters = new Map(query);
  if (parameters.has("X-Amz-Algorithm") || parameters.has("X-Amz-Signature"))
    return fromQuery(parameters, query);
  const header = request.headers["authorization"];
  if (header === undefined) throw missingAuthentication();
  return fromHeader(header, request.headers, query);
}

function fromQuery(
  parameters: ReadonlyMap<string, string>,
  query: readonly Parameter[],
): Authentication {
  const required = (name: string): string => {
    const value = parameters.get(name);
    if (value !== undefined && value !== "") return value;
    throw incompleteSignature(
      `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`,
    );
  };
  checkAlgorithm(required("X-Amz-Algorithm"));
  return {
    ...readCredential(required("X-Amz-Credential")),
    signedHeaders: readSignedHeaders(required("X-Amz-SignedHeaders")),
    signature: required("X-Amz-Signature"),
    timestamp: required("X-Amz-Date"),
    sessionToken: parameters.get("X-Amz-Security-Token"),
    signedQuery: query.filter(([name]) => name !== "X-Amz-Signature"),
  };
}

function fromHeader(
  header: string,
  headers: LocalRequest["headers"],
  signedQuery: readonly Parameter[],
): Authentication {
  const [algorithm = "", ...rest] = header.split(" ");
  checkAlgorithm(algorithm);
  const fields = new Map(
    rest
      .join("")
      .split(",")
      .map((field): [string, string] => {
        const equals = field.indexOf("=");
        return [field.slice(0, equals), field.slice(equals + 1)];
      }),
  );
  const required = (name: string): string => {
    const value = fields.get(name);
    if (value !== undefined && value !== "") return value;
    throw incompleteSignature(`Authorization header requires '${name}' parameter.`);
  };
  const timestamp = headers["x-amz-date"];
  if (timestamp === undefined) {
    throw incompleteSignature(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  return {
    ...readCredential(required("Credential")),
    signedHeaders: readSignedHeaders(required("SignedHeaders")),
    signature: required("Signature"),
    timestamp,
    sessionToken: headers["x-amz-security-token"],
    signedQuery,
  };
}

function checkAlgorithm(algorithm: string): void {
  if (algorithm !== ALGORITHM)
    throw incompleteSignature(`Unsupported AWS 'algorithm': '${algorithm}'.`);
}

function readCredential(credential: string): Pick<Authentication, "accessKeyId" | "scope"> {
  const [accessKeyId = "", date = "", region = "", service = "", terminator, ...more] =
    credential.split("/");
  if (terminator === undefined || more.length > 0) {
    throw incompleteSignature(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  return { accessKeyId, scope: [date, region, service, terminator] };
}

function readSignedHeaders(list: string): readonly string[] {
  return list.toLowerCase().split(";").sort();
}

/** Returns the signature: 64 hex digits, or `undefined` if a signed header is missing. */
export function expectedSignature(
  request: LocalRequest,
  { scope, signedHeaders, signedQuery, timestamp }: Authentication,
  secretAccessKey: string,
): string | undefined {
  const headers = canonicalHeaders(request.rawHeaders, signedHeaders);
  if (headers === undefined) return undefined;
  const path = request.target.split("?", 1)[0] ?? "/";
  const canonicalRequest = [
    request.method,
    path.split("/").map(encode).join("/"),
    canonicalQuery(signedQuery),
    headers,
    signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const stringToSign = [ALGORITHM, timestamp, scope.join("/"), sha256(canonicalRequest)].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign).toString("hex");
}

/**
 * Returns one line per name; `undefined` if a name is missing: values trimmed, inner spaces
 * collapsed, repeated headers joined in the order sent.
 */
function canonicalHeaders(
  rawHeaders: readonly string[],
  names: readonly string[],
): string | undefined {
  const sent = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const value = (rawHeaders[at + 1] ?? "").trim().replace(/ +/g, " ");
    sent.set(name, [...(sent.get(name) ?? []), value]);
  }
  let lines = "";
  for (const name of names) {
    const values = sent.get(name);
    if (values === undefined) return undefined;
    lines += `${name}:${values.join(",")}\n`;
  }
  return lines;
}

// Received strings have one character per byte, hence latin1.

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(bytes(data)).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", bytes(key)).update(bytes(data)).digest();
}

function bytes(data: string | Buffer): Buffer {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}

const malformedQuery = (): ServiceError =>
  new ServiceError("MalformedQueryString", "The query string contains a syntax error", 404);

const missingAuthentication = (): ServiceError =>
  new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);

export const incompleteSignature = (message: string): ServiceError =>
  new ServiceError("IncompleteSignature", message);

/** A decoded name and value, one character per byte. */
export type Parameter = readonly [name: string, value: string];

/** Returns the parameters of a raw query string or form body, in the order sent. */
export function parseForm(raw: string): readonly Parameter[] {
  return raw
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0
        ? [decode(pair), ""]
        : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
}

/** Encodes parameters, sorted by name, then by value. */
function canonicalQuery(parameters: readonly Parameter[]): string {
  return parameters
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/**
 * Encodes by SigV4's UriEncode: `%XX` in upper case, except for RFC 3986's unreserved characters.
 */
export function encode(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Decodes text. As in AWS, a plus sign is a space, so an unencoded session token is corrupted. */
function decode(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw malformedQuery();
  return text
    .replaceAll("+", " ")
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
