// Authentication of callers by bearer token: only its hash is stored, and no message contains the token.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { checkBearer } from "../../../../functions/authenticator/caller/bearer.ts";
import { deadlineOf, fixedClock } from "../fixtures.ts";
import { check, entry, NAME, refused } from "./ask.ts";

test("every character of a bearer token is accepted (RFC 6750, section 2.1), and each counts", async () => {
  const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
  await check(`Bearer ${token}`, [entry("other"), entry(token)]);
  for (const left of token) await refused(`Bearer ${token.replace(left, "")}`, [entry(token)]);
});

test("another token, its hash, a part of it and another case of it are refused", async () => {
  for (const token of ["other", "Secret", "secre", "secrets", hash("sha256", "secret"), "=", "secret=", "null"]) {
    await refused(`Bearer ${token}`, [entry("secret")]);
  }
});

test("without a bearer token, the caller is refused and nothing is read", async () => {
  const none = [undefined, "", "Bearer", "Bearer ", "Basic c2VjcmV0", "secret"];
  for (const header of [...none, "Bearer a b", "Bearer a,b", "xBearer a", "Bearer a\n", "Bearer \u00e9"]) {
    const read = () => Promise.reject(new Error("was read"));
    const expected = { code: "caller_refused", message: "a bearer token is required" };
    await assert.rejects(checkBearer(header, NAME, read, deadlineOf(fixedClock())), expected, header);
  }
});

test("the scheme is accepted in any case, with any number of spaces after it", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) await check(`${scheme} secret`, [entry("secret")]);
});

test("no message contains the token or a hash", async () => {
  const sha256 = hash("sha256", "secret");
  for (const callers of [[], [entry("other")], undefined, `{"sha256":"${sha256}"}`]) {
    await assert.rejects(check("Bearer secret", callers), ({ message }: Error) => {
      return !/secret/.test(message) && !message.includes(sha256.slice(0, 12));
    });
  }
});
