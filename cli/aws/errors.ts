// Turns AWS and network errors into messages that state the problem and the fix in one sentence.

import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import { errorText, hasCode, isAuthenticatorError, isDenial } from "../../functions/errors.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { awsFailure, EXIT, Failure } from "../io/errors.ts";
import { HttpTimeout, HttpTooLarge, proxyFailure, quotedAnswer } from "../io/http.ts";
import type { Run } from "../io/run.ts";

/**
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html, and their
 * equivalents in STS
 */
const ENDED = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

const UNKNOWN_KEY = [
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "IncompleteSignature",
];

const WRONG_KEY = ["SignatureDoesNotMatch", "InvalidSignatureException"];

const FORBIDDEN = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];

/** Returns whether Parameter Store denied the call, also for an error with a hint. */
export function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return isAwsError(error, "AccessDeniedException") || isAccessDenied(error.cause);
}

const NO_CREDENTIALS = ["CredentialsProviderError", "TokenProviderError"];

/**
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#API_PutParameter_Errors
 */
const FULL: ReadonlyMap<string, string> = new Map([
  [
    "ParameterLimitExceeded",
    "This account and Region have as many parameters as Parameter Store permits (10,000 in the standard tier). Delete " +
      "parameters that you do not need, such as mappings that ended: mappings lint lists them.",
  ],
  [
    "ParameterMaxVersionLimitExceeded",
    "The parameter has 100 versions, and Parameter Store keeps the oldest one because it has a label. Remove the label: " +
      "aws ssm unlabel-parameter-version.",
  ],
]);

/**
 * The codes of Node's sockets, resolver and TLS.
 * https://nodejs.org/api/errors.html#common-system-errors
 */
const NETWORK =
  /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|ETIMEDOUT|EPIPE|EPROTO|HPE_\w+|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|\w+_CERT\w*|UNABLE_TO_\w+)$/;

/** A region that does not exist causes these codes too. */
const UNKNOWN_HOST = ["ENOTFOUND", "EAI_AGAIN"];

/**
 * Returns the error for a response that the AWS service never sends, such as one from a proxy.
 * `call` is such as `SSM GetParameters`, and `problem` such as `Parameters is missing`.
 */
export function unusableAnswer(call: string, problem: string, cause?: unknown): Failure {
  return awsFailure(`The response to ${call} is not from AWS (${problem}): ${CHECK_PROXY}.`, cause);
}

const CHECK_PROXY = "check for a proxy, and check AWS_ENDPOINT_URL";

/**
 * Returns the error for one that `toFailure` does not know: it names the call after which the
 * command failed. Responses are not checked against their schemas, so the cause is a bug, or a
 * response that AWS never sends. Leaves out the error's message, which may quote a token.
 */
export function unexpected(error: unknown, { memo }: Run): Failure {
  const call = memo.lastAnswered;
  const what = `${failureKind(error)}. Add --debug for details.`;
  const message =
    call === undefined
      ? `iam-authenticator: this is a bug, please report it: ${what}`
      : `The response to ${call} is unexpected: ${CHECK_PROXY}. Without one, please report this bug: ${what}`;
  return awsFailure(message, error);
}

export const CREDENTIALS_ENDED =
  "The AWS credentials have expired: sign in again, then run this again.";

/** Returns the message for an error; `undefined` for an unexpected one, which is a bug. */
export function toFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (hasCode(error, "setting_invalid"))
    return new Failure(EXIT.usage, `${error.message}.`, { cause: error });
  const proxy = proxyFailure(error);
  if (proxy !== undefined)
    return awsFailure(`No connection through ${proxy}. Check the proxy and NO_PROXY.`, error);
  if (isDenial(error)) return new Failure(EXIT.finding, `${error.message}.`, { cause: error });
  if (isAuthenticatorError(error)) return awsFailure(`${errorText(error)}.`, error);
  if (!(error instanceof Error)) return undefined;
  // Limits throw `HttpTimeout`, and AWS errors have `$fault`. Any other AbortError is the user's
  // Ctrl-C.
  if (error.name === "AbortError" && !("$fault" in error)) {
    return new Failure(EXIT.interrupted, "Interrupted.", { cause: error });
  }
  const sentence = sentenceOf(error);
  return sentence === undefined ? undefined : awsFailure(sentence, error);
}

/** Returns the reason in one or two words, for a list of failures. */
export function shortReasonOf(failure: Failure): string {
  let cause: unknown = failure;
  while (cause instanceof Failure && cause.cause !== undefined) cause = cause.cause;
  if (failure.message === "") return "not tried";
  if (cause instanceof HttpTimeout) return "no answer";
  const kind = failureKind(cause).replace(/Exception$/, "");
  const isOwn =
    cause instanceof Failure || failure.exitCode !== EXIT.awsFailure || /^Unknown/.test(kind);
  return isOwn ? REASONS[failure.exitCode] : kind;
}

const REASONS = { 1: "refused", 2: "invalid", 3: "failed", 130: "interrupted" } as const;

function sentenceOf(error: Error): string | undefined {
  const { name, message } = error;
  if (error instanceof HttpTooLarge) return `The response is not from AWS: ${message}.`;
  if (error instanceof HttpTimeout)
    return `AWS does not answer (${message}): check the network and any proxy.`;
  const rejected = rejectedCredentials(error);
  if (rejected !== undefined) return rejected;
  if (isThrottlingError(error as SdkError)) {
    return "AWS still throttles these calls after several retries: run this again later, or with a lower --rate or --read-rate.";
  }
  if (NO_CREDENTIALS.includes(name)) return noCredentials(message);
  const full = FULL.get(name);
  if (full !== undefined) return full;
  const code = networkCode(error);
  if (code !== undefined) return noConnection(code, error);
  const isUnknown = /^Unknown(Error)?$/.test(name);
  if ("$fault" in error && !isUnknown)
    return `AWS returned an error: ${quotedAnswer(name)}, ${quotedSentence(message)}`;
  // The SDK received a response that the service never sends.
  return "$response" in error || isUnknown
    ? `The response is not from AWS: ${CHECK_PROXY}.`
    : undefined;
}

/**
 * Returns the message for an error with which AWS rejects the credentials or what they may do;
 * otherwise `undefined`.
 */
function rejectedCredentials(error: Error): string | undefined {
  const { name, message } = error;
  if (ENDED.includes(name)) return CREDENTIALS_ENDED;
  if (UNKNOWN_KEY.includes(name))
    return "AWS does not know these credentials, or they are for another partition.";
  if (FORBIDDEN.includes(name)) return `No permission: ${quotedSentence(message)}`;
  if (!WRONG_KEY.includes(name)) return undefined;
  return isOfAnotherRegion(error)
    ? "AWS rejects the signature, as the endpoint is of another region: check --region, AWS_REGION and AWS_ENDPOINT_URL."
    : "AWS rejects the signature: the secret key or this machine's clock is wrong.";
}

/** Returns whether AWS's endpoint is of another region than the one of the signature. */
export function isOfAnotherRegion(error: unknown): boolean {
  return (
    error instanceof Error &&
    WRONG_KEY.includes(error.name) &&
    /scoped to a valid region/.test(error.message)
  );
}

function noCredentials(message: string): string {
  return /multi-factor/.test(message)
    ? "The profile requires an MFA code: run this in a terminal, or sign in with the code first."
    : `No AWS credentials: sign in, or give --profile (${quotedSentence(message)})`;
}

/**
 * Returns the code of a socket error, which the SDK passes on. Node wraps those of several
 * addresses in an AggregateError.
 */
function networkCode(error: Error): string | undefined {
  if ("code" in error && typeof error.code === "string" && NETWORK.test(error.code))
    return error.code;
  return error.cause instanceof Error ? networkCode(error.cause) : undefined;
}

/**
 * Returns why there is no connection. Node's own messages repeat the code: `connect ECONNREFUSED
 * 127.0.0.1:443`.
 */
function noConnection(code: string, error: Error): string {
  // Of Node's HTTP parser: https://nodejs.org/api/errors.html#errors-hpe_
  if (/^HPE_/.test(code)) return `The response is not HTTP (${code}): ${CHECK_PROXY}.`;
  const [where] = addressesOf(error);
  return where === undefined
    ? `No connection (${code}): ${quotedSentence(error.message)}`
    : `No connection to ${where} (${code})${UNKNOWN_HOST.includes(code) ? ": check the region, and the network" : ""}.`;
}

/**
 * Returns the addresses, or the name that did not resolve.
 * https://nodejs.org/api/errors.html#class-systemerror
 */
function addressesOf(error: Error): string[] {
  if (error instanceof AggregateError)
    return error.errors.filter((cause) => cause instanceof Error).flatMap(addressesOf);
  const { address, port, hostname } = error as {
    address?: unknown;
    port?: unknown;
    hostname?: unknown;
  };
  if (typeof address === "string")
    return [typeof port === "number" ? `${address} port ${port}` : address];
  return typeof hostname === "string" ? [hostname] : [];
}

/** Returns the text of another program in one line, with a period. */
function quotedSentence(text: string): string {
  const line = quotedAnswer(text);
  return /[.!?)]$/.test(line) ? line : `${line}.`;
}
