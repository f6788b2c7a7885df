// CVE-2022-2385 (GHSA-pp3f-98qg-5g75): a parameter twice, of which the verifier reads one and STS the other.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { tokenOf } from "../../../token.ts";
import { NOW } from "../token/samples.ts";
import { authenticatorAt, VICTIM, victimsUrl } from "./authenticate.ts";

const sts = await startSts({ now: () => NOW });
after(() => sts.close());
const authenticate = authenticatorAt(sts);
const url = await victimsUrl();
const [base = "", query = ""] = url.split("?");
const pairs = query.split("&");

/** Other spellings of one name: by case, by percent-encoding of a letter, of all, and in either case of its digits. */
function spellings(name: string): string[] {
  const hex = [...name].map((letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const swapped = name.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
  return [
    ...[name, name.toLowerCase(), name.toUpperCase(), swapped, hex.join(""), hex.join("").toUpperCase()],
    ...[hex[0] + name.slice(1), name.slice(0, -1) + hex.at(-1), hex[0] + name.slice(1).toUpperCase()],
  ];
}

/** What an attacker would like one of the two readers to see. */
const FORGED: Readonly<Record<string, string>> = {
  Action: "AssumeRole",
  Version: "2010-05-08",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA1",
  "X-Amz-Credential": `${localIdentity("alice").accessKeyId}%2F20260102%2Fus-west-2%2Fsts%2Faws4_request`,
  "X-Amz-Date": "20260102T030505Z",
  "X-Amz-Expires": "900",
  "X-Amz-Security-Token": "forged",
  "X-Amz-Signature": "0".repeat(64),
  "X-Amz-SignedHeaders": "host",
};

test("CVE-2022-2385: the unchanged token is granted, so that the refusals below mean something", async () => {
  assert.equal(await authenticate(tokenOf(url)), `granted ${VICTIM.arn}`);
  assert.equal(pairs.length, Object.keys(FORGED).length);
  sts.requests.length = 0;
});

for (const [name, forged] of Object.entries(FORGED)) {
  test(`CVE-2022-2385: ${name} twice, in any spelling and either order, is refused and STS is not asked`, async () => {
    const index = pairs.findIndex((pair) => pair.startsWith(`${name}=`));
    const [, own = ""] = pairs[index]?.split("=") ?? [];
    for (const spelling of spellings(name)) {
      for (const value of [forged, own]) {
        for (const at of [0, index, index + 1, pairs.length]) {
          const attacked = `${base}?${pairs.toSpliced(at, 0, `${spelling}=${value}`).join("&")}`;
          assert.equal(await authenticate(tokenOf(attacked)), "token_parameter_refused", attacked);
        }
      }
      // The first spelling changed instead of the second
      const swapped = pairs.with(index, `${spelling}=${forged}`).toSpliced(index + 1, 0, `${name}=${own}`);
      assert.equal(await authenticate(tokenOf(`${base}?${swapped.join("&")}`)), "token_parameter_refused");
    }
    assert.equal(sts.requests.length, 0);
  });
}

test("CVE-2022-2385: a second action that the victim signed too is refused", async () => {
  for (const action of ["action", "ACTION", "aCTION"]) {
    const signed = await victimsUrl({ extraQuery: { [action]: "AssumeRole" } });
    assert.equal(await authenticate(tokenOf(signed)), "token_parameter_refused", signed);
  }
  assert.equal(sts.requests.length, 0);
});

test("CVE-2022-2385: the parameter of another name that STS would act on is refused", async () => {
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
