// The meaning of each response of STS: an identity, a denial, throttling, or a fault. Free text is
// never searched, and an error has exactly one code at its documented place, in JSON or XML.
// attacks/reflected-answer.test.ts has responses that only contain an identity.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readStsResponse,
  stsErrorCode,
} from "../../../../functions/authenticator/identity/sts-response.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { errorBody, errorXml, identityBody } from "../fixtures.ts";

const ALICE = {
  account: "111122223333",
  arn: "arn:aws:iam::111122223333:user/alice",
  userId: "AIDALOCALALICE",
};
const FIELDS = { Account: ALICE.account, Arn: ALICE.arn, UserId: ALICE.userId };
const NO_CODE = (status: number) =>
  `sts_answer_unusable: STS answered ${status} without an error code`;
const OTHER_CODE = (status: number, code: string) =>
  `sts_answer_unusable: STS answered ${status} with ${code}, which is not about the token`;

/** The fields of an identity, or the code and message of the error. */
function meaning(status: number, body: unknown): unknown {
  try {
    return readStsResponse({
      status,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  } catch (error) {
    assert.ok(isAuthenticatorError(error), String(error));
    return `${error.code}: ${error.message}`;
  }
}

function assertMeaning(expected: string, status: number, ...bodies: readonly unknown[]): void {
  for (const body of bodies)
    assert.equal(meaning(status, body), expected, `${status} ${JSON.stringify(body)}`);
}

test("a 200 of the exact shape returns account, ARN and user id", () => {
  assert.deepEqual(meaning(200, identityBody(ALICE)), FIELDS);
  const result = { Other: {}, ...FIELDS, Error: { Code: "Throttling" } };
  const response = { Other: [], GetCallerIdentityResult: result, ResponseMetadata: null };
  assert.deepEqual(
    meaning(200, { Error: 1, GetCallerIdentityResponse: response, Other: "x" }),
    FIELDS,
  );
});

test("a 200 of another shape is a fault", () => {
  const result = (GetCallerIdentityResult: unknown) => ({
    GetCallerIdentityResponse: { GetCallerIdentityResult },
  });
  const wrong = Object.keys(FIELDS).flatMap((name) =>
    [undefined, null, 1, true, [], {}].map((value) => result({ ...FIELDS, [name]: value })),
  );
  const texts = ["", "null", "[]", "{}", '"text"', "<xml/>"];
  const others = [...texts, FIELDS, { GetCallerIdentityResponse: null }, result(null), ...wrong];
  assertMeaning("sts_answer_unusable: STS answered 200 without an identity", 200, ...others);
});

const THROTTLING = [
  ...[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
  ],
  ...["ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"],
  ...[
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
  ],
  ...["TooManyRequestsException", "TransactionInProgressException"],
];

test("status 429, and each code of the exact list with any error status, is throttling", () => {
  const throttled = "sts_throttled: STS throttles";
  assertMeaning(
    throttled,
    429,
    "",
    "<html>slow down</html>",
    errorBody("AccessDenied"),
    identityBody(ALICE),
  );
  for (const code of THROTTLING) {
    for (const status of [400, 403, 500, 503])
      assertMeaning(throttled, status, errorBody(code), errorXml(code));
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
      ...[
        "RequestExpired",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
      ],
      ...[
        "UnrecognizedClientException",
        "InvalidAction",
        "MalformedQueryString",
        "InvalidParameterValue",
      ],
      "ValidationError",
    ].map((code) => [code, ""]),
  ),
};

test("a 4xx with a code about the token is a denial that names the code", () => {
  for (const [code, hint] of Object.entries(REFUSING)) {
    for (const status of [400, 401, 403, 404, 499]) {
      assertMeaning(
        `sts_refused: STS refused the token with ${code}${hint}`,
        status,
        errorBody(code),
        errorXml(code),
      );
    }
    for (const status of [500, 503])
      assertMeaning(OTHER_CODE(status, code), status, errorBody(code), errorXml(code));
  }
});

test("a code that is not about the token is a fault that names it", () => {
  for (const code of [
    ...[
      "AccessDenied",
      "AccessDeniedException",
      "RequestTimeout",
      "InternalFailure",
      "ServiceUnavailable",
    ],
    ...["InternalError", "OptInRequired", "NotAuthorized", "SomethingNew", "signaturedoesnotmatch"],
    ...["constructor", "toString", "valueOf", "hasOwnProperty"],
  ]) {
    assertMeaning(OTHER_CODE(403, code), 403, errorBody(code), errorXml(code));
  }
});

test("a 4xx without an error code is a fault, since a proxy's page is not about the token", () => {
  const codes = [null, 1, "", "two words", "line\nbreak", "x".repeat(65)].map((Code) => ({
    Error: { Code },
  }));
  const bodies = [
    "",
    "<html>Forbidden</html>",
    "{}",
    "null",
    '{"Error":null}',
    '{"Error":"AccessDenied"}',
  ];
  assertMeaning(NO_CODE(403), 403, ...bodies, ...codes);
});

test("5xx, 2xx other than 200, 1xx and 3xx are faults, whatever their body contains", () => {
  const errors = ["AccessDenied", "InternalFailure", "SignatureDoesNotMatch"].map(errorBody);
  for (const status of [0, 100, 199, 201, 202, 204, 206, 299, 300, 301, 302, 307, 308, 399]) {
    assertMeaning(NO_CODE(status), status, "", ...errors, identityBody(ALICE));
  }
  for (const status of [500, 502, 503, 504, 599])
    assertMeaning(NO_CODE(status), status, "", identityBody(ALICE));
});

const CODE = "SignatureDoesNotMatch";
const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** An error response with these children of `<Error>`. */
function xml(
  children: string,
  { before = "", attributes = ` xmlns="${NAMESPACE}"`, after = "" } = {},
): string {
  return `${before}<ErrorResponse${attributes}><Error>${children}</Error><RequestId>01234567-89ab</RequestId></ErrorResponse>${after}`;
}

const code = (text = CODE): string => `<Code>${text}</Code>`;

test("the code is read from JSON and from XML, indented or not, whatever a message quotes", () => {
  const quoted = "&lt;/Message&gt;&lt;Code&gt;Throttling&lt;/Code&gt; &amp; Throttling";
  for (const body of [
    ...[errorBody(CODE), errorXml(CODE), xml(code()), xml(`<Type>Sender</Type>${code()}<Detail/>`)],
    ...[
      xml(`<Message>${quoted}</Message>${code()}`),
      xml(`${code()}\n<Detail></Detail> <Message>${quoted}</Message>`),
    ],
  ]) {
    assert.equal(stsErrorCode(body), CODE, body);
  }
  assert.equal(
    stsErrorCode(xml(code(), { before: '<?xml version="1.0" encoding="UTF-8"?>\n', after: "\n" })),
    CODE,
  );
  assert.equal(stsErrorCode(xml(code(), { attributes: "" })), CODE);
  assert.equal(stsErrorCode(`<ErrorResponse><Error>${code()}</Error></ErrorResponse>`), CODE);
});

test("no code, two codes, and a code at another place give no code", () => {
  for (const body of [
    ...[
      "",
      "<ErrorResponse/>",
      code(),
      `<Error>${code()}</Error>`,
      xml(""),
      xml("<Code></Code>"),
      xml("<Code/>"),
    ],
    ...[
      xml(code() + code()),
      xml(code() + code("Throttling")),
      xml(`${code()}<Message>${code("SlowDown")}</Message>`),
    ],
    ...[xml(`<Detail>${code()}</Detail>`), xml(`<!-- ${code()} -->`), xml(`${code()}<!-- x -->`)],
    ...[
      xml(`<Code><![CDATA[${CODE}]]></Code>`),
      xml(`<Code x="y">${CODE}</Code>`),
      xml(`<code>${CODE}</code>`),
    ],
    ...[
      xml(`<Code>${CODE}</Type>`),
      xml(`<Code>${CODE}`),
      xml(`${code()}text`),
      xml(`text${code()}`),
    ],
    ...[
      xml(code("two words")),
      xml(code("a&amp;b")),
      xml(code("x".repeat(65))),
      xml(code(` ${CODE}`)),
    ],
    ...[
      xml(code(), { before: "x" }),
      xml(code(), { after: "x" }),
      xml(code(), { after: xml(code("Throttling")) }),
    ],
    ...[
      xml(code(), { before: '<!DOCTYPE x [<!ENTITY e "y">]>' }),
      xml(code(), { attributes: ' xmlns="a" b="c"' }),
    ],
    `<Response><Errors><Error>${code()}</Error></Errors></Response>`,
    `<ErrorResponse><Error>${code()}</Error><Error>${code("Throttling")}</Error></ErrorResponse>`,
    `<html><body>${xml(code())}</body></html>`,
    JSON.stringify({ Error: [{ Code: CODE }] }),
    JSON.stringify(xml(code())),
  ]) {
    assert.equal(stsErrorCode(body), undefined, body);
  }
});

test("a long body does not take long", () => {
  const before = process.threadCpuUsage();
  for (const body of [
    xml("<A>b</A>".repeat(8_000)),
    xml(`${" ".repeat(64_000)}x`),
    `<ErrorResponse><Error>${"<A>b</A> ".repeat(7_000)}`,
    `<ErrorResponse>${" ".repeat(64_000)}`,
    `<ErrorResponse><Error>${code()}</Error>${"\n".repeat(64_000)}x`,
  ]) {
    assert.equal(stsErrorCode(body), undefined);
  }
  // These take milliseconds. An expression that backtracks would take minutes.
  const { user } = process.threadCpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs`);
});
