// The meaning of each response of STS: an identity, a denial, throttling, or a fault. Free text is never searched.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readStsResponse } from "../../../../functions/authenticator/identity/sts-response.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { errorBody, errorXml, identityBody } from "../fixtures.ts";

const ALICE = { account: "111122223333", arn: "arn:aws:iam::111122223333:user/alice", userId: "AIDALOCALALICE" };
const FIELDS = { Account: ALICE.account, Arn: ALICE.arn, UserId: ALICE.userId };
const META = { RequestId: "r" };

const THROTTLING = [
  ...["BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete"],
  ...["ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"],
  ...["RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException"],
  ...["TooManyRequestsException", "TransactionInProgressException"],
];

function usable(body: unknown, status = 200): void {
  readStsResponse({ status, body: typeof body === "string" ? body : JSON.stringify(body) });
}

test("a 200 of the exact shape returns account, ARN and user id", () => {
  assert.deepEqual(readStsResponse({ status: 200, body: identityBody(ALICE) }), FIELDS);
});

test("a 200 of another shape is a fault", () => {
  const result = (fields: unknown) => ({
    GetCallerIdentityResponse: { GetCallerIdentityResult: fields, ResponseMetadata: META },
  });
  const shapes: unknown[] = [
    ...["", "null", "[]", "{}", '"text"', "<xml/>", `${identityBody(ALICE)} `.slice(1), `${identityBody(ALICE)}x`],
    ...[FIELDS, { GetCallerIdentityResult: FIELDS }, [JSON.parse(identityBody(ALICE))]],
    { GetCallerIdentityResponse: FIELDS },
    { GetCallerIdentityResponse: [{ GetCallerIdentityResult: FIELDS }] },
    { GetCallerIdentityResponse: null },
    ...[null, [FIELDS], JSON.stringify(FIELDS)].map(result),
    ...["Account", "Arn", "UserId"].flatMap((name) =>
      [undefined, null, 1, true, [], {}].map((value) => result({ ...FIELDS, [name]: value })),
    ),
  ];
  for (const shape of shapes)
    assert.throws(() => usable(shape), { code: "sts_answer_unusable" }, JSON.stringify(shape));
});

test("keys that AWS may add are ignored at every level", () => {
  const inner = { GetCallerIdentityResult: FIELDS, ResponseMetadata: META };
  for (const shape of [
    { GetCallerIdentityResponse: inner, RequestCharged: "x" },
    { GetCallerIdentityResponse: { ...inner, Warnings: [] } },
    { GetCallerIdentityResponse: { ...inner, GetCallerIdentityResult: { ...FIELDS, SourceIdentity: "x", Tags: {} } } },
    { GetCallerIdentityResponse: { ...inner, ResponseMetadata: { RequestId: 17, More: "y" } } },
    { GetCallerIdentityResponse: { ...inner, ResponseMetadata: null } },
  ]) {
    assert.deepEqual(readStsResponse({ status: 200, body: JSON.stringify(shape) }), FIELDS, JSON.stringify(shape));
  }
});

test("other keys change nothing", () => {
  const others = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(others, others, others, (beside, inResponse, inResult) => {
      const body = {
        ...beside,
        GetCallerIdentityResponse: { ...inResponse, GetCallerIdentityResult: { ...inResult, ...FIELDS } },
      };
      assert.deepEqual(readStsResponse({ status: 200, body: JSON.stringify(body) }), FIELDS);
    }),
    { numRuns: 10_000 },
  );
});

test("status 429 is throttling, whatever its body says", () => {
  for (const body of ["", "<html>slow down</html>", errorBody("AccessDenied"), identityBody(ALICE)]) {
    assert.throws(() => usable(body, 429), { code: "sts_throttled" });
  }
});

test("each code of the exact list is throttling, with any error status", () => {
  for (const code of THROTTLING) {
    for (const status of [400, 403, 500, 503]) {
      assert.throws(() => usable(errorBody(code), status), { code: "sts_throttled" }, `${code} with ${status}`);
    }
  }
});

test("throttling is never searched for in free text", () => {
  const quoted = JSON.stringify({ Error: { Code: "ValidationError", Message: "Throttling: Rate exceeded" } });
  assert.throws(() => usable(quoted, 403), { code: "sts_refused" });
  for (const code of ["NotThrottling", "throttling", "Throttling.User", "ThrottlingX"]) {
    assert.throws(() => usable(errorBody(code), 400), { code: "sts_answer_unusable" }, code);
  }
  for (const body of ["Throttling", "<Code>Throttling</Code>", JSON.stringify({ Code: "Throttling" })]) {
    assert.throws(() => usable(body, 400), { code: "sts_answer_unusable" }, body);
  }
});

/** Design, section 11: the codes that are about the token. */
const REFUSING = [
  ...["SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "RequestExpired"],
  ...["IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException"],
  ...["UnrecognizedClientException", "InvalidAction", "MalformedQueryString", "InvalidParameterValue"],
  ...["ValidationError", "RegionDisabledException"],
];

test("a 4xx with a code that is about the token is a denial that names the code, without text of STS", () => {
  for (const code of REFUSING) {
    for (const status of [400, 401, 403, 404, 499]) {
      for (const body of [errorBody(code), errorXml(code)]) {
        assert.throws(
          () => usable(body, status),
          (error: unknown) => {
            assert.ok(hasCode(error, "sts_refused"), `${status} ${code}: ${error}`);
            assert.match(error.message, new RegExp(`^STS refused the token with ${code}(: |$)`));
            return !error.message.includes("text of STS");
          },
        );
      }
    }
  }
});

test("a code that is not about the token is a fault that names it", () => {
  const codes = ["AccessDenied", "AccessDeniedException", "RequestTimeout", "InternalFailure", "ServiceUnavailable"];
  codes.push("InternalError", "OptInRequired", "NotAuthorized", "SomethingNew", "signaturedoesnotmatch");
  for (const code of codes) {
    for (const body of [errorBody(code), errorXml(code)]) {
      assert.throws(() => usable(body, 403), {
        code: "sts_answer_unusable",
        status: 500,
        message: `STS answered 403 with ${code}, which is not about the token`,
      });
    }
  }
});

test("an error in STS's XML has the same meaning as in JSON, including throttling", () => {
  assert.throws(() => usable(errorXml("Throttling"), 400), { code: "sts_throttled" });
  assert.throws(() => usable(errorXml("RequestLimitExceeded"), 503), { code: "sts_throttled" });
  assert.throws(() => usable(errorXml("SignatureDoesNotMatch"), 503), { code: "sts_answer_unusable" });
});

test("error codes that need an explanation have a hint", () => {
  const hinted = {
    SignatureDoesNotMatch: /another cluster/,
    InvalidClientTokenId: /unknown or inactive/,
    ExpiredToken: /expired/,
  };
  for (const [code, hint] of Object.entries(hinted)) {
    assert.throws(() => usable(errorBody(code), 403), { code: "sts_refused", message: hint });
  }
});

test("a code with the name of an object's method is unknown", () => {
  for (const code of ["constructor", "toString", "valueOf", "hasOwnProperty"]) {
    const message = `STS answered 403 with ${code}, which is not about the token`;
    assert.throws(() => usable(errorBody(code), 403), { message });
  }
});

test("a 4xx without an error code is a fault, since a proxy's page is not about the token", () => {
  const bodies = ["", "<html>Forbidden</html>", "{}", "null", '{"Error":null}', '{"Error":"AccessDenied"}'];
  const codes = [null, 1, "", "two words", "line\nbreak", "x".repeat(65)].map((Code) => ({ Error: { Code } }));
  const message = "STS answered 403 without an error code";
  for (const body of [...bodies, ...codes]) {
    assert.throws(() => usable(body, 403), { code: "sts_answer_unusable", message });
  }
});

test("5xx, 2xx other than 200, 1xx and 3xx are faults, whatever their body contains", () => {
  for (const status of [0, 100, 199, 201, 202, 204, 206, 299, 300, 301, 302, 307, 308, 399, 500, 502, 503, 504, 599]) {
    const errors = ["AccessDenied", "InternalFailure", "SignatureDoesNotMatch"].map(errorBody);
    for (const body of ["", ...errors, identityBody(ALICE)]) {
      assert.throws(() => usable(body, status), { code: "sts_answer_unusable" }, `${status}`);
    }
  }
});
