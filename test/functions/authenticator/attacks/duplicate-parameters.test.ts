// CVE-2022-2385 (GHSA-pp3f-98qg-5g75): of a repeated parameter, the verifier reads one value and STS the other.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { doubledParameters } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { authenticatorAt, VICTIM, victimsUrl } from "./authenticate.ts";

const sts = await startSts({ now: () => NOW });
after(() => sts.close());
const authenticate = authenticatorAt(sts);
const url = await victimsUrl();
const doubled = doubledParameters(url);
const names = [...new Set(doubled.map(({ name }) => name))];

test("CVE-2022-2385: the unchanged token is granted (control)", async () => {
  assert.equal(await authenticate(tokenOf(url)), `granted ${VICTIM.arn}`);
  assert.equal(names.length, 9);
  sts.requests.length = 0;
});

for (const name of names) {
  test(`CVE-2022-2385: ${name} twice, in any spelling and either order, is refused without a call to STS`, async () => {
    for (const attacked of doubled.filter((each) => each.name === name)) {
      assert.equal(await authenticate(tokenOf(attacked.url)), "token_parameter_refused", attacked.url);
    }
    assert.equal(sts.requests.length, 0);
  });
}

test("CVE-2022-2385: a second action that the victim also signed is refused", async () => {
  for (const action of ["action", "ACTION", "aCTION"]) {
    const signed = await victimsUrl({ extraQuery: { [action]: "AssumeRole" } });
    assert.equal(await authenticate(tokenOf(signed)), "token_parameter_refused", signed);
  }
  assert.equal(sts.requests.length, 0);
});

test("CVE-2022-2385: a parameter of another name that STS would use is refused", async () => {
  for (const name of [
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "SignatureVersion",
    "AWSAccessKeyId",
    "Signature",
  ]) {
    const signed = await victimsUrl({ extraQuery: { [name]: "x" } });
    assert.equal(await authenticate(tokenOf(signed)), "token_parameter_refused", name);
  }
  assert.equal(sts.requests.length, 0);
});
