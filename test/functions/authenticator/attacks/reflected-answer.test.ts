// CVE-2020-16250: a response of STS echoes the caller's text, and a lenient parser finds an identity in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readStsResponse } from "../../../../functions/authenticator/identity/sts-response.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../../../local/identities.ts";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { authenticatorAt, victimsUrl } from "./authenticate.ts";

const ADMIN = { Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/admin", UserId: "AIDAADMIN" };
const IDENTITY = { GetCallerIdentityResponse: { GetCallerIdentityResult: ADMIN } };
const TEXT = JSON.stringify(IDENTITY);

function reader(status: number, body: unknown): () => unknown {
  return () => readStsResponse({ status, body: typeof body === "string" ? body : JSON.stringify(body) });
}

test("CVE-2020-16250: an identity at its documented place is read (control)", () => {
  assert.deepEqual(reader(200, IDENTITY)(), ADMIN);
  const withId = { GetCallerIdentityResponse: { ...IDENTITY.GetCallerIdentityResponse, ResponseMetadata: {} } };
  assert.deepEqual(reader(200, withId)(), ADMIN);
});

test("CVE-2020-16250: an error that echoes an identity is a denial, whose message does not contain it", () => {
  for (const status of [400, 403, 404]) {
    for (const error of [
      { Error: { Code: "InvalidAction", Message: `Could not find operation ${TEXT}` } },
      { Error: { Code: "InvalidAction", Message: TEXT, ...IDENTITY }, ...IDENTITY },
      { ...IDENTITY, Error: { Code: "SignatureDoesNotMatch" } },
    ]) {
      assert.throws(reader(status, error), (thrown) => {
        assert.ok(isDenial(thrown));
        assert.match(thrown.message, /^STS refused the token with (InvalidAction|SignatureDoesNotMatch)\b/);
        assert.doesNotMatch(thrown.message, /admin|arn:|\{/i);
        return true;
      });
    }
  }
});

test("CVE-2020-16250: a 200 of another action that echoes an identity is a fault", () => {
  for (const body of [
    { AssumeRoleResponse: { AssumeRoleResult: { SourceIdentity: TEXT } } },
    { GetSessionTokenResponse: IDENTITY },
    { GetCallerIdentityResponse: { GetCallerIdentityResult: TEXT } },
    { GetCallerIdentityResponse: { GetCallerIdentityResult: [ADMIN] } },
    { GetCallerIdentityResponse: [IDENTITY.GetCallerIdentityResponse] },
    { GetCallerIdentityResponse: { GetCallerIdentityResult: { Result: ADMIN } } },
    { Error: { Code: "InvalidAction", ...IDENTITY } },
    { AssumeRoleResponse: IDENTITY, ResponseMetadata: IDENTITY },
    { GetCallerIdentityResponse: { GetCallerIdentityResult: { ...ADMIN, Account: 111122223333 } } },
    { GetCallerIdentityResponse: { GetCallerIdentityResult: { ...ADMIN, Arn: [ADMIN.Arn] } } },
    { getCallerIdentityResponse: IDENTITY.GetCallerIdentityResponse },
    { Response: IDENTITY },
    [IDENTITY],
    TEXT.slice(0, -1),
    JSON.stringify(TEXT),
  ]) {
    assert.throws(reader(200, body), { code: "sts_answer_unusable" }, JSON.stringify(body));
  }
});

test("CVE-2020-16250: text around an identity, or a second one, is a fault", () => {
  for (const body of [
    `${TEXT}${TEXT}`,
    `${TEXT} trailing`,
    `leading ${TEXT}`,
    `<xml>${TEXT}</xml>`,
    `\uFEFF${TEXT}`,
    `)]}',\n${TEXT}`,
    `/* comment */ ${TEXT}`,
    `${TEXT}\0`,
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${ADMIN.Arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
    "",
  ]) {
    assert.throws(reader(200, body), { code: "sts_answer_unusable" }, body);
  }
});

test("CVE-2020-16250: an identity with a status other than 200 is not accepted", () => {
  for (const status of [0, 100, 199, 201, 202, 206, 226, 300, 302, 304, 400, 403, 500, 502, 600]) {
    assert.throws(reader(status, IDENTITY), { code: "sts_answer_unusable" }, `${status}`);
  }
});

test("CVE-2020-16250: an action that contains an identity never reaches STS, even with a valid signature", async (t) => {
  const sts = await startSts({ now: () => NOW, identities: LOCAL_IDENTITIES });
  t.after(() => sts.close());
  const authenticate = authenticatorAt(sts);
  for (const extraQuery of [{ Action: TEXT }, { Action: `GetCallerIdentity${TEXT}` }, { Version: TEXT }]) {
    const url = await victimsUrl({ identity: localIdentity("contractor"), extraQuery });
    assert.equal(await authenticate(tokenOf(url)), "token_parameter_refused");
  }
  assert.equal(sts.requests.length, 0);
});
