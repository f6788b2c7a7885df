// CVE-2022-2385 (GHSA-pp3f-98qg-5g75): of a repeated parameter, the verifier reads one value and STS the other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubledParameters } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { attacked, VICTIM, victimsUrl } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
const byName = Object.entries(Object.groupBy(doubledParameters(url), ({ name }) => name));

test("CVE-2022-2385: the unchanged token is granted (control)", async () => {
  assert.equal(await authenticate(tokenOf(url)), `granted ${VICTIM.arn}`);
  assert.equal(byName.length, 9);
  sts.requests.length = 0;
});

const signedWith = (names: readonly string[]) =>
  Promise.all(names.map((name) => victimsUrl({ extraQuery: { [name]: "AssumeRole" } })));
const others = ["RoleArn", "RoleSessionName", "DurationSeconds", "SignatureVersion", "AWSAccessKeyId", "Signature"];

for (const [what, urls] of [
  ...byName.map(
    ([name, doubled = []]) => [`${name} twice, in any spelling and order,`, doubled.map((d) => d.url)] as const,
  ),
  ["a second action that the victim also signed", await signedWith(["action", "ACTION", "aCTION"])] as const,
  ["a parameter of another name that STS would use", await signedWith(others)] as const,
]) {
  test(`CVE-2022-2385: ${what} is refused without a call to STS`, async () => {
    for (const forged of urls) assert.equal(await authenticate(tokenOf(forged)), "token_parameter_refused", forged);
    assert.equal(sts.requests.length, 0);
  });
}
