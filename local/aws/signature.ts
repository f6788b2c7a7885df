// Reads the SigV4 authentication of a request, from the query string (presigned) or the Authorization header, verifies its
// signature, and returns the identity that signed it. Query strings are read byte by byte, as SigV4 encodes them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { LocalIdentity } from "../identities.ts";
import { type LocalRequest, ServiceError } from "./http-server.ts";

interface Authentication {
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

function readAuthentication(request: LocalRequest, query: readonly Parameter[]): Authentication {
  // The last parameter of a name applies; names are case-sensitive
  const parameters = new Map(query);
  if (parameters.has("X-Amz-Algorithm") || parameters.has("X-Amz-Signature")) return fromQuery(parameters, query);
  const header = request.headers["authorization"];
  if (header === undefined) throw missingAuthentication();
  return fromHeader(header, request.headers, query);
}

function fromQuery(parameters: ReadonlyMap<string, string>, query: readonly Parameter[]): Authentication {
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
    throw incompleteSignature("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
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
  if (algorithm !== ALGORITHM) throw incompleteSignature(`Unsupported AWS 'algorithm': '${algorithm}'.`);
}

function readCredential(credential: string): Pick<Authentication, "accessKeyId" | "scope"> {
  const [accessKeyId, date, region, service, terminator, ...more] = credential.split("/");
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    terminator === undefined ||
    more.length > 0
  ) {
    throw incompleteSignature(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  return { accessKeyId, scope: [date, region, service, terminator] };
}

function readSignedHeaders(list: string): readonly string[] {
  return list.toLowerCase().split(";").sort();
}

/** 64 hex digits, or `undefined` if a signed header is missing. */
function expectedSignature(
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
  const stringToSign = ["AWS4-HMAC-SHA256", timestamp, scope.join("/"), sha256(canonicalRequest)].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign).toString("hex");
}

/** One line per name: values trimmed, inner spaces collapsed, repeated headers joined in the order sent. */
function canonicalHeaders(rawHeaders: readonly string[], names: readonly string[]): string | undefined {
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

// Received strings have one character per byte, hence latin1

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(bytes(data)).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", bytes(key)).update(bytes(data)).digest();
}

function bytes(data: string | Buffer): Buffer {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}

/** Options of each service. */
export interface ServiceOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Another address of this machine to listen at, for containers; default none. */
  readonly bridge?: string | undefined;
  /** Who may call. Of identities with the same access key, the first applies. */
  readonly identities: readonly LocalIdentity[];
  /** Milliseconds since the epoch, to compare signatures with; default Date.now. */
  readonly clock?: () => number;
  /** Accepts signatures of any time, from clients that take the time from responses. Default false. */
  readonly anyTime?: boolean;
  /** Regions in the credential scope that are accepted besides the service's; default none. */
  readonly moreRegions?: readonly string[];
}

/** What a service accepts. */
export interface SignatureRules {
  /** By access key id. */
  readonly identities: ReadonlyMap<string, LocalIdentity>;
  readonly clock: () => number;
  readonly anyTime?: boolean | undefined;
  /** In the credential scope, such as `ssm`. */
  readonly service: string;
  /** Whether the endpoint `host` is in the region of the scope. */
  readonly servesRegion: (region: string, host: string) => boolean;
  /** Replacements for the Query protocol's errors, by code. */
  readonly errors?: Readonly<Record<string, readonly [code: string, status: number, message?: string]>>;
}

const TOLERANCE_MS = 15 * 60 * 1000;

export function byAccessKey(identities: readonly LocalIdentity[]): Map<string, LocalIdentity> {
  return new Map(identities.toReversed().map((identity) => [identity.accessKeyId, identity]));
}

/** Returns the identity whose key signed `request`; throws a `ServiceError` otherwise. */
export function verify(request: LocalRequest, query: readonly Parameter[], rules: SignatureRules): LocalIdentity {
  try {
    return signerOf(request, query, rules);
  } catch (error) {
    const replaced = error instanceof ServiceError ? rules.errors?.[error.code] : undefined;
    if (!(error instanceof ServiceError) || replaced === undefined) throw error;
    const [code, status, message = error.message] = replaced;
    throw new ServiceError(code, message, status);
  }
}

function signerOf(request: LocalRequest, query: readonly Parameter[], rules: SignatureRules): LocalIdentity {
  const authentication = readAuthentication(request, query);
  const now = rules.clock();
  if (rules.anyTime !== true) checkTime(authentication.timestamp, now);

  const identity = rules.identities.get(authentication.accessKeyId);
  if (identity === undefined || identity.sessionToken !== authentication.sessionToken) throw unknownKey();
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) throw expiredToken();

  checkScope(authentication, request.headers, rules);
  const expected = expectedSignature(request, authentication, identity.secretAccessKey);
  if (expected === undefined || !same(expected, authentication.signature)) {
    throw signatureMismatch(
      "The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  return identity;
}

/** Allows 15 minutes before or after now. STS ignores X-Amz-Expires: https://github.com/aws/aws-sdk-go/issues/2167 */
function checkTime(timestamp: string, now: number): void {
  const signed = Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(signed) || compact(signed) !== timestamp) {
    throw incompleteSignature(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  }
  if (signed < now - TOLERANCE_MS) {
    const limit = compact(now - TOLERANCE_MS);
    throw signatureMismatch(`Signature expired: ${timestamp} is now earlier than ${limit} (${compact(now)} - 15 min.)`);
  }
  if (signed > now + TOLERANCE_MS) {
    const limit = compact(now + TOLERANCE_MS);
    throw signatureMismatch(
      `Signature not yet current: ${timestamp} is still later than ${limit} (${compact(now)} + 15 min.)`,
    );
  }
}

function checkScope(
  { scope: [date, region, service, terminator], signedHeaders, timestamp }: Authentication,
  headers: LocalRequest["headers"],
  { service: wanted, servesRegion }: SignatureRules,
): void {
  if (date !== timestamp.slice(0, 8)) {
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  if (!servesRegion(region, headers["host"] ?? "")) {
    throw signatureMismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (service !== wanted) throw signatureMismatch(`Credential should be scoped to correct service: '${wanted}'.`);
  if (terminator !== "aws4_request") {
    throw signatureMismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (!signedHeaders.includes("host")) {
    throw signatureMismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (headers["x-amz-target"] !== undefined && !signedHeaders.includes("x-amz-target")) {
    throw signatureMismatch("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"));
}

const malformedQuery = (): ServiceError =>
  new ServiceError("MalformedQueryString", "The query string contains a syntax error", 404);

const missingAuthentication = (): ServiceError =>
  new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);

const incompleteSignature = (message: string): ServiceError => new ServiceError("IncompleteSignature", message);

const unknownKey = (): ServiceError =>
  new ServiceError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);

const expiredToken = (): ServiceError =>
  new ServiceError("ExpiredToken", "The security token included in the request is expired", 403);

/** Wrong signature, date or scope. */
const signatureMismatch = (message: string): ServiceError => new ServiceError("SignatureDoesNotMatch", message, 403);

/** A decoded name and value, one character per byte. */
export type Parameter = readonly [name: string, value: string];

/** The parameters of a raw query string or form body, in the order sent. */
export function parseForm(raw: string): readonly Parameter[] {
  return raw
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [decode(pair), ""] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
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

/** SigV4's UriEncode: `%XX` in upper case, except for RFC 3986's unreserved characters. */
export function encode(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

// As in AWS, a plus sign is a space, so an unencoded session token is corrupted
function decode(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw malformedQuery();
  return text.replaceAll("+", " ").replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
