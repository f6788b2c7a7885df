// CVE-2020-16250: a response of STS echoes the caller's text, and a lenient parser finds an identity in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readStsResponse } from "../../../../functions/authenticator/identity/sts-response.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { localIdentity } from "../../../../local/identities.ts";
import { tokenOf } from "../../../token.ts";
import { attacked, victimsUrl } from "./authenticate.ts";

const ADMIN = { Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/admin", UserId: "AIDAADMIN" };
const IDENTITY = { GetCallerIdentityResponse: { GetCallerIdentityResult: ADMIN } };
const TEXT = JSON.stringify(IDENTITY);
const inResult = (GetCallerIdentityResult: unknown) => ({ GetCallerIdentityResponse: { GetCallerIdentityResult } });
const error = (Code: string, more = {}) => ({ Error: { Code, ...more } });
const UNUSABLE = "sts_answer_unusable";

test("CVE-2020-16250: an identity at its documented place is read (control)", () => {
  assert.deepEqual(readStsResponse({ status: 200, body: TEXT }), ADMIN);
});

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
      ...[TEXT, [ADMIN], { Result: ADMIN }, { ...ADMIN, Account: 111122223333 }, { ...ADMIN, Arn: [ADMIN.Arn] }].map(
        inResult,
      ),
      { GetCallerIdentityResponse: [IDENTITY.GetCallerIdentityResponse] },
      error("InvalidAction", IDENTITY),
      { AssumeRoleResponse: IDENTITY, ResponseMetadata: IDENTITY },
      { getCallerIdentityResponse: IDENTITY.GetCallerIdentityResponse },
      { Response: IDENTITY },
      [IDENTITY],
      TEXT.slice(0, -1),
      JSON.stringify(TEXT),
    ],
  ],
  "text around an identity, or a second one, is a fault": [
    UNUSABLE,
    [200],
    [
      ...[`${TEXT}${TEXT}`, `${TEXT} trailing`, `leading ${TEXT}`, `<xml>${TEXT}</xml>`, `\uFEFF${TEXT}`, `${TEXT}\0`],
      ...[`)]}',\n${TEXT}`, `/* comment */ ${TEXT}`],
      `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${ADMIN.Arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    ],
  ],
  "an identity with a status other than 200 is not accepted": [
    UNUSABLE,
    [0, 100, 199, 201, 202, 206, 226, 300, 302, 304, 400, 403, 500, 502, 600],
    [IDENTITY],
  ],
};

for (const [title, [code, statuses, bodies]] of Object.entries(ATTACKS)) {
  test(`CVE-2020-16250: ${title}, whose message does not contain it`, () => {
    for (const status of statuses) {
      for (const body of bodies.map((each) => (typeof each === "string" ? each : JSON.stringify(each)))) {
        assert.throws(
          () => readStsResponse({ status, body }),
          (thrown) => isAuthenticatorError(thrown) && thrown.code === code && !/admin|arn:|\{/i.test(thrown.message),
          `${status} ${body}`,
        );
      }
    }
  });
}

test("CVE-2020-16250: an action that contains an identity never reaches STS, even with a valid signature", async () => {
  const { sts, authenticate } = await attacked();
  for (const extraQuery of [{ Action: TEXT }, { Action: `GetCallerIdentity${TEXT}` }, { Version: TEXT }]) {
    const url = await victimsUrl({ identity: localIdentity("contractor"), extraQuery });
    assert.equal(await authenticate(tokenOf(url)), "token_parameter_refused");
  }
  assert.equal(sts.requests.length, 0);
});
