// Reads the SigV4 authentication of a request, from the query string (presigned) or the Authorization header, verifies its
// signature, and returns the identity that signed it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { LocalIdentity } from "../identities.ts";
import type { LocalRequest } from "./http-server.ts";
import {
  canonicalQuery,
  encode,
  expiredToken,
  incompleteSignature,
  missingAuthentication,
  type Parameter,
  signatureMismatch,
  unknownKey,
} from "./sts/protocol.ts";

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

interface Dependencies {
  /** By access key id. */
  readonly identities: ReadonlyMap<string, LocalIdentity>;
  readonly extraHosts: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const TOLERANCE_MS = 15 * 60 * 1000;

/** Returns the identity whose key signed `request`; throws a `ServiceError` otherwise. */
export function verify(
  request: LocalRequest,
  query: readonly Parameter[],
  { identities, extraHosts, now }: Dependencies,
): LocalIdentity {
  const authentication = readAuthentication(request, query);
  checkTime(authentication.timestamp, now);

  const identity = identities.get(authentication.accessKeyId);
  if (identity === undefined || identity.sessionToken !== authentication.sessionToken) throw unknownKey();
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) throw expiredToken();

  checkScope(authentication, request.headers["host"] ?? "", extraHosts);
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
  host: string,
  extraHosts: readonly string[],
): void {
  if (date !== timestamp.slice(0, 8)) {
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  if (!servesRegion(host, region, extraHosts)) {
    throw signatureMismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  }
  if (service !== "sts") throw signatureMismatch("Credential should be scoped to correct service: 'sts'.");
  if (terminator !== "aws4_request") {
    throw signatureMismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  if (!signedHeaders.includes("host")) {
    throw signatureMismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
}

function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"));
}

// Host names: https://docs.aws.amazon.com/general/latest/gr/sts.html

const REGIONAL = /^sts(?:-fips)?\.((?!us-gov-)[a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|api\.aws)$/;

const INTERFACE_ENDPOINT = /^vpce-[a-z0-9-]+\.sts\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/;

/** Valid for any region: clients that connect to the local address sign one of these names. */
const LOCAL = new Set(["127.0.0.1", "localhost", "host.docker.internal"]);

/** Whether `host` accepts a signature for `region`; the global endpoint is in `us-east-1`. */
function servesRegion(host: string, region: string, extraHosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:[0-9]+$/, "");
  if (name === "sts.amazonaws.com") return region === "us-east-1";
  const match = REGIONAL.exec(name) ?? INTERFACE_ENDPOINT.exec(name);
  return match === null ? LOCAL.has(name) || extraHosts.includes(name) : match[1] === region;
}
