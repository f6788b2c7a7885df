// The meaning of each response of STS: an identity, a denial, throttling, or a fault. Free text is never searched.
// attacks/reflected-answer.test.ts has responses that only contain an identity.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readStsResponse } from "../../../../functions/authenticator/identity/sts-response.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { errorBody, errorXml, identityBody } from "../fixtures.ts";

const ALICE = { account: "111122223333", arn: "arn:aws:iam::111122223333:user/alice", userId: "AIDALOCALALICE" };
const FIELDS = { Account: ALICE.account, Arn: ALICE.arn, UserId: ALICE.userId };
const NO_CODE = (status: number) => `sts_answer_unusable: STS answered ${status} without an error code`;
const OTHER_CODE = (status: number, code: string) =>
  `sts_answer_unusable: STS answered ${status} with ${code}, which is not about the token`;

/** The fields of an identity, or the code and message of the error. */
function meaning(status: number, body: unknown): unknown {
  try {
    return readStsResponse({ status, body: typeof body === "string" ? body : JSON.stringify(body) });
  } catch (error) {
    assert.ok(isAuthenticatorError(error), String(error));
    return `${error.code}: ${error.message}`;
  }
}

function assertMeaning(expected: string, status: number, ...bodies: readonly unknown[]): void {
  for (const body of bodies) assert.equal(meaning(status, body), expected, `${status} ${JSON.stringify(body)}`);
}

test("a 200 of the exact shape returns account, ARN and user id, and keys that AWS may add at any level are ignored", () => {
  assert.deepEqual(meaning(200, identityBody(ALICE)), FIELDS);
  const result = { Other: {}, ...FIELDS, Error: { Code: "Throttling" } };
  const response = { Other: [], GetCallerIdentityResult: result, ResponseMetadata: null };
  assert.deepEqual(meaning(200, { Error: 1, GetCallerIdentityResponse: response, Other: "x" }), FIELDS);
});

test("a 200 of another shape is a fault", () => {
  const result = (GetCallerIdentityResult: unknown) => ({ GetCallerIdentityResponse: { GetCallerIdentityResult } });
  const wrong = Object.keys(FIELDS).flatMap((name) =>
    [undefined, null, 1, true, [], {}].map((value) => result({ ...FIELDS, [name]: value })),
  );
  const others = [
    "",
    "null",
    "[]",
    "{}",
    '"text"',
    "<xml/>",
    FIELDS,
    { GetCallerIdentityResponse: null },
    result(null),
  ];
  assertMeaning("sts_answer_unusable: STS answered 200 without an identity", 200, ...others, ...wrong);
});

const THROTTLING = [
  ...["BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete"],
  ...["ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"],
  ...["RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException"],
  ...["TooManyRequestsException", "TransactionInProgressException"],
];

test("status 429, and each code of the exact list with any error status, is throttling", () => {
  const throttled = "sts_throttled: STS throttles";
  assertMeaning(throttled, 429, "", "<html>slow down</html>", errorBody("AccessDenied"), identityBody(ALICE));
  for (const code of THROTTLING) {
    for (const status of [400, 403, 500, 503]) assertMeaning(throttled, status, errorBody(code), errorXml(code));
  }
});

test("throttling is never searched for in free text", () => {
  const quoted = { Error: { Code: "ValidationError", Message: "Throttling: Rate exceeded" } };
  assertMeaning("sts_refused: STS refused the token with ValidationError", 403, quoted);
  for (const code of ["NotThrottling", "throttling", "Throttling.User"])
    assertMeaning(OTHER_CODE(400, code), 400, errorBody(code));
  assertMeaning(NO_CODE(400), 400, "Throttling", "<Code>Throttling</Code>", { Code: "Throttling" });
});

/** Design, section 11: the codes that are about the token, with their hints. */
const REFUSING = {
  SignatureDoesNotMatch: ": it is for another cluster, or signed with a wrong key or clock",
  InvalidClientTokenId: ": its access key or session token is unknown or inactive",
  ExpiredToken: ": the AWS credentials that signed it have expired",
  ExpiredTokenException: ": the AWS credentials that signed it have expired",
  RegionDisabledException: ": STS is not activated in this region for the account",
  ...Object.fromEntries(
    [
      ...["RequestExpired", "IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException"],
      ...["UnrecognizedClientException", "InvalidAction", "MalformedQueryString", "InvalidParameterValue"],
      "ValidationError",
    ].map((code) => [code, ""]),
  ),
};

test("a 4xx with a code that is about the token is a denial that names the code, without text of STS", () => {
  for (const [code, hint] of Object.entries(REFUSING)) {
    for (const status of [400, 401, 403, 404, 499]) {
      assertMeaning(`sts_refused: STS refused the token with ${code}${hint}`, status, errorBody(code), errorXml(code));
    }
    for (const status of [500, 503]) assertMeaning(OTHER_CODE(status, code), status, errorBody(code), errorXml(code));
  }
});

test("a code that is not about the token is a fault that names it, also the name of an object's method", () => {
  for (const code of [
    ...["AccessDenied", "AccessDeniedException", "RequestTimeout", "InternalFailure", "ServiceUnavailable"],
    ...["InternalError", "OptInRequired", "NotAuthorized", "SomethingNew", "signaturedoesnotmatch"],
    ...["constructor", "toString", "valueOf", "hasOwnProperty"],
  ]) {
    assertMeaning(OTHER_CODE(403, code), 403, errorBody(code), errorXml(code));
  }
});

test("a 4xx without an error code is a fault, since a proxy's page is not about the token", () => {
  const codes = [null, 1, "", "two words", "line\nbreak", "x".repeat(65)].map((Code) => ({ Error: { Code } }));
  const bodies = ["", "<html>Forbidden</html>", "{}", "null", '{"Error":null}', '{"Error":"AccessDenied"}'];
  assertMeaning(NO_CODE(403), 403, ...bodies, ...codes);
});

test("5xx, 2xx other than 200, 1xx and 3xx are faults, whatever their body contains", () => {
  const errors = ["AccessDenied", "InternalFailure", "SignatureDoesNotMatch"].map(errorBody);
  for (const status of [0, 100, 199, 201, 202, 204, 206, 299, 300, 301, 302, 307, 308, 399]) {
    assertMeaning(NO_CODE(status), status, "", ...errors, identityBody(ALICE));
  }
  for (const status of [500, 502, 503, 504, 599]) assertMeaning(NO_CODE(status), status, "", identityBody(ALICE));
});
