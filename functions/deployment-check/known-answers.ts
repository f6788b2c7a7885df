// Events whose answers do not depend on mappings, and the answers that a version must give.

import { partitionOfRegion } from "../aws/partitions.ts";
import { type ErrorCode, parseErrorText } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { isObject, memberAt, parseJson } from "../lib/json.ts";

/** Settings of the checked version that its answers depend on. */
export interface CheckedSettings {
  readonly callerAuth: string;
  /** A subject that `mtls` accepts, or `*` for any. */
  readonly callerSubject: string | undefined;
  /** A region whose plain STS host the version accepts. */
  readonly stsRegion: string;
  /** `jwt` refuses every `k8s-aws-v1.` token. */
  readonly tokens: "any" | "jwt";
}

export interface KnownAnswer {
  readonly name: string;
  /** API Gateway's event. */
  readonly event: object;
  readonly statuses: readonly number[];
  /** Checks the body of an answer with the first of `statuses`. */
  readonly isExpected: (body: Record<string, unknown>) => boolean;
}

/** What API Gateway knows about the caller of an event. */
interface EventCaller {
  readonly authorization?: string;
  readonly subjectDN?: string;
}

/**
 * Returns the events for these settings. With `bearer`, the check cannot get past the caller's
 * authentication: AWS stores only hashes of the tokens. A 401 still proves that the version starts
 * with its settings, reads Parameter Store, and answers in the right form.
 */
export function knownAnswers(settings: CheckedSettings, now: EpochMs): KnownAnswer[] {
  const { callerAuth, callerSubject, tokens } = settings;
  const refused = [
    ...(callerAuth === "bearer"
      ? both("an unknown caller", { authorization: "Bearer deployment-check" }, "", CALLER_REFUSED)
      : []),
    ...(callerAuth === "none" ? [] : both("no caller", {}, "", CALLER_REFUSED)),
  ];
  if (callerAuth === "bearer") return refused;
  const caller: EventCaller =
    callerAuth === "mtls" ? { subjectDN: callerSubject ?? "CN=deployment-check" } : {};
  return [
    ...refused,
    ...both(
      "a malformed token",
      caller,
      "k8s-aws-v1.!",
      denied(tokens === "jwt" ? "token_kind_refused" : "token_malformed"),
    ),
    ...both("a foreign token", caller, "deployment-check", {
      statuses: [200],
      isExpected: ({ status }) =>
        isObject(status) && status["authenticated"] === false && status["error"] === undefined,
    }),
    // Proves that the version reaches STS, also if STS throttles it. A version that refuses such
    // tokens never calls STS.
    ...(tokens === "jwt"
      ? []
      : both("a token of an unknown key", caller, tokenOfUnknownKey(settings, now), {
          ...denied("sts_refused"),
          statuses: [200, 429],
        })),
  ];
}

type Expectation = Pick<KnownAnswer, "statuses" | "isExpected">;

const CALLER_REFUSED: Expectation = {
  statuses: [401],
  isExpected: ({ kind, message }) => kind === "Status" && isErrorOf(message, "caller_refused"),
};

/** Expects a denial with this code. */
function denied(code: ErrorCode): Expectation {
  return {
    statuses: [200],
    isExpected: ({ kind, status }) =>
      kind === "TokenReview" &&
      isObject(status) &&
      status["authenticated"] === false &&
      isErrorOf(status["error"], code),
  };
}

/** Returns whether it is the text of an error with this code. */
function isErrorOf(text: unknown, code: ErrorCode): boolean {
  return typeof text === "string" && parseErrorText(text).code === code;
}

/** Returns the same request in both payload formats of API Gateway. */
function both(
  name: string,
  { authorization, subjectDN }: EventCaller,
  token: string,
  expectation: Expectation,
) {
  const path = "/authenticate";
  const body = JSON.stringify({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token },
  });
  const headers = {
    "content-type": "application/json",
    ...(authorization !== undefined && { authorization }),
  };
  const clientCert = subjectDN === undefined ? {} : { clientCert: { subjectDN } };
  const requestId = "deployment-check";
  return [
    {
      ...expectation,
      name: `${name} (payload 1.0)`,
      event: {
        path,
        httpMethod: "POST",
        headers,
        body,
        requestContext: { requestId, identity: clientCert },
      },
    },
    {
      ...expectation,
      name: `${name} (payload 2.0)`,
      event: {
        rawPath: path,
        headers,
        body,
        requestContext: { requestId, http: { method: "POST" }, authentication: clientCert },
      },
    },
  ];
}

/** Returns a well-formed token, signed by a key that does not exist: only STS can refuse it. */
function tokenOfUnknownKey({ stsRegion }: CheckedSettings, now: EpochMs): string {
  const date = `${new Date(now).toISOString().replace(/[:-]|\.\d+/g, "")}`;
  const credential = `AKIADEPLOYMENTCHECK0/${date.slice(0, 8)}/${stsRegion}/sts/aws4_request`;
  const query = new URLSearchParams({
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": credential,
    "X-Amz-Date": date,
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    "X-Amz-Signature": "0".repeat(64),
  });
  const url = `https://sts.${stsRegion}.${partitionOfRegion(stsRegion)?.domain}/?${query}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}

/** Returns what is wrong with an answer; `undefined` if it is as expected. */
export function problemOf(
  { statuses, isExpected }: KnownAnswer,
  answer: unknown,
): string | undefined {
  const statusCode = memberAt(answer, "statusCode");
  const body = bodyOf(answer);
  const known = statuses.some((status) => status === statusCode);
  if (!known || !isObject(body))
    return `answered ${statusCode} ${reasonOf(body)}, expected ${statuses.join(" or ")}`;
  return statusCode === statuses[0] && !isExpected(body)
    ? `answered ${statusCode} ${reasonOf(body)}`
    : undefined;
}

/** Returns the parsed body of an answer; `undefined` if it is not JSON. */
export function bodyOf(answer: unknown): unknown {
  const body = memberAt(answer, "body");
  return typeof body === "string" ? parseJson(body) : undefined;
}

/** Returns the error code of an answer, without its message. */
export function reasonOf(body: unknown): string {
  const { message, status } = isObject(body) ? body : {};
  const text = message ?? (isObject(status) ? status["error"] : undefined);
  if (typeof text !== "string") return "without a reason";
  return parseErrorText(text).code ?? "without a code";
}
