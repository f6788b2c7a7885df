// Reads the SigV4 authentication of a request, from the query string (presigned) or the Authorization header.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html

import type { LocalRequest } from "../http-server.ts";
import { incompleteSignature, missingAuthentication } from "./errors.ts";
import type { Parameter } from "./query.ts";

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

export function readAuthentication(request: LocalRequest, query: readonly Parameter[]): Authentication {
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
