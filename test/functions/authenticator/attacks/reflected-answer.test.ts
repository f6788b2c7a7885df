// Attacks by the answer of STS: it redirects the verifier to the attacker's server (Vault PR 3983,
// Project Zero 2066), or echoes the caller's text, in which a lenient parser finds an identity
// (CVE-2020-16250).

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { readStsResponse } from "../../../../functions/authenticator/identity/sts-response.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { startHttpServer } from "../../../../local/aws/http-server.ts";
import { callerIdentity } from "../../../../local/aws/sts/protocol.ts";
import { tokenOf } from "../../../token.ts";
import { identityBody } from "../fixtures.ts";
import { attacked, authenticatorAt, GRANTED, VICTIM } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
const attacker = await startHttpServer((request) => callerIdentity(request, VICTIM));
after(() => attacker.close());
beforeEach(() => sts.fail(undefined));

const token = tokenOf(url);

test("Vault PR 3983: the attacker's server would grant (control)", async () => {
  assert.equal(await authenticatorAt(attacker)(token), GRANTED);
  assert.equal(await authenticate(token), GRANTED);
  attacker.requests.length = 0;
});

const PAGE = `<meta http-equiv="refresh" content="0; url=${attacker.url}">`;
for (const [what, statuses, header, body] of [
  ["no 3xx is followed or retried", Array.from({ length: 100 }, (_, n) => 300 + n), "location", ""],
  [
    "a redirect with an identity in its body is not accepted",
    [302],
    "location",
    identityBody(VICTIM),
  ],
  ["a 2xx with a location is not followed", [200, 201], "location", PAGE],
  ["headers that redirect a browser are ignored", [200], "refresh", PAGE],
  ["an address of the content is ignored", [202], "content-location", PAGE],
  ["an alternative service is ignored", [200], "alt-svc", PAGE],
] as const) {
  test(`Vault PR 3983: ${what}, and is a fault`, async () => {
    for (const status of statuses) {
      for (const address of [`${attacker.url}/`, "/", `//${new URL(attacker.url).host}/?a=b`]) {
        sts.requests.length = 0;
        sts.fail({ kind: "answer", status, headers: { [header]: address }, body });
        assert.deepEqual(
          [await authenticate(token), sts.requests.length],
          ["sts_answer_unusable", 1],
          `${status}`,
        );
      }
    }
    assert.equal(attacker.requests.length, 0);
  });
}

const ADMIN = {
  Account: "111122223333",
  Arn: "arn:aws:iam::111122223333:user/admin",
  UserId: "AIDAADMIN",
};
const IDENTITY = { GetCallerIdentityResponse: { GetCallerIdentityResult: ADMIN } };
const TEXT = JSON.stringify(IDENTITY);
const inResult = (GetCallerIdentityResult: unknown) => ({
  GetCallerIdentityResponse: { GetCallerIdentityResult },
});
const error = (Code: string, more = {}) => ({ Error: { Code, ...more } });
const UNUSABLE = "sts_answer_unusable";

/** By attack: the code of the error, the statuses and the bodies. */
const ATTACKS: Readonly<
  Record<string, readonly [code: string, statuses: readonly number[], bodies: readonly unknown[]]>
> = {
  "an error that echoes an identity is a denial": [
    "sts_refused",
    [400, 403, 404],
    [
      error("InvalidAction", { Message: `Could not find operation ${TEXT}` }),
      { ...error("InvalidAction", { Message: TEXT, ...IDENTITY }), ...IDENTITY },
      { ...IDENTITY, ...error("SignatureDoesNotMatch") },
    ],
  ],
  "a 200 of another action that echoes an identity is a fault": [
    UNUSABLE,
    [200],
    [
      { AssumeRoleResponse: { AssumeRoleResult: { SourceIdentity: TEXT } } },
      { GetSessionTokenResponse: IDENTITY },
      ...[
        TEXT,
        [ADMIN],
        { Result: ADMIN },
        { ...ADMIN, Account: 111122223333 },
        { ...ADMIN, Arn: [ADMIN.Arn] },
      ].map(inResult),
      { GetCallerIdentityResponse: [IDENTITY.GetCallerIdentityResponse] },
      error("InvalidAction", IDENTITY),
      { AssumeRoleResponse: IDENTITY, ResponseMetadata: IDENTITY },
      { getCallerIdentityResponse: IDENTITY.GetCallerIdentityResponse },
      ...[{ Response: IDENTITY }, [IDENTITY], TEXT.slice(0, -1), JSON.stringify(TEXT)],
    ],
  ],
  "text around an identity, or a second one, is a fault": [
    UNUSABLE,
    [200],
    [
      ...[
        `${TEXT}${TEXT}`,
        `${TEXT} trailing`,
        `leading ${TEXT}`,
        `<xml>${TEXT}</xml>`,
        `\uFEFF${TEXT}`,
        `${TEXT}\0`,
      ],
      ...[`)]}',\n${TEXT}`, `/* comment */ ${TEXT}`],
      `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${ADMIN.Arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    ],
  ],
};

for (const [title, [code, statuses, bodies]] of Object.entries(ATTACKS)) {
  test(`CVE-2020-16250: ${title}, whose message does not contain it`, () => {
    for (const status of statuses) {
      for (const body of bodies.map((each) =>
        typeof each === "string" ? each : JSON.stringify(each),
      )) {
        assert.throws(
          () => readStsResponse({ status, body }),
          (thrown) =>
            isAuthenticatorError(thrown) &&
            thrown.code === code &&
            !/admin|arn:|\{/i.test(thrown.message),
          `${status} ${body}`,
        );
      }
    }
  });
}
