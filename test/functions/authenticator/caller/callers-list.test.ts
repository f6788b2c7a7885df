// The list of callers: entries that expire, invalid entries that are skipped, and an invalid list that is a fault.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { isCaller } from "../../../../functions/authenticator/caller/caller.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { NOW } from "../fixtures.ts";
import { check, entry, refused } from "./ask.ts";

test("an entry expires at notAfter, and not a millisecond before", async () => {
  const callers = [entry("secret", { notAfter: new Date(NOW).toISOString() })];
  await check("Bearer secret", callers, { now: NOW - 1 });
  await refused("Bearer secret", callers);
  await refused("Bearer secret", callers, { now: NOW + 1 });
});

test("an expired entry does not affect another entry for the same token", async () => {
  const over = entry("secret", { notAfter: "2020-01-01T00:00:00Z" });
  await check("Bearer secret", [over, entry("secret")]);
});

test("the old and the new token are both accepted during a rotation", async () => {
  const callers = [entry("old", { notAfter: "2027-01-01T00:00:00Z" }), entry("new", { name: "b" })];
  await check("Bearer old", callers);
  await check("Bearer new", callers);
});

test("an invalid entry is skipped, and does not lock out the other callers", async () => {
  const sha256 = hash("sha256", "secret");
  for (const invalid of [
    ...[null, 1, "text", [], {}, { sha256 }, { name: "a" }, { name: "", sha256 }, { name: 1, sha256 }],
    ...[
      { name: "a", sha256: sha256.toUpperCase() },
      { name: "a", sha256: sha256.slice(1) },
      { name: "a", sha256: 1 },
    ],
    ...[
      { name: "a", sha256: `${sha256}00` },
      { name: "a", sha256: [sha256] },
      { name: "a", sha256, note: 1 },
    ],
    ...[null, 1, "", "never", "2027-01-01"].map((notAfter) => ({ name: "a", sha256, notAfter })),
  ]) {
    await refused("Bearer secret", [invalid]);
    await check("Bearer good", [invalid, entry("good"), invalid]);
  }
});

test("an entry with a repeated key is skipped, and its neighbours are not", async () => {
  const [secret, good] = [hash("sha256", "secret"), hash("sha256", "good")];
  for (const repeated of [
    `{"name":"a","sha256":"${good}","sha256":"${secret}"}`,
    `{"name":"a","sha256":"${secret}","sha256":"${good}"}`,
    `{"name":"a","sha256":"${secret}","notAfter":"2020-01-01T00:00:00Z","notAfter":"2099-01-01T00:00:00Z"}`,
    `{"name":"a","name":"b","sha256":"${secret}"}`,
  ]) {
    await refused("Bearer secret", `[${repeated}]`);
    await check("Bearer good", `[${repeated},{"name":"c","sha256":"${good}"}]`);
  }
});

test("an entry with an arn is valid only for a role or user, with the unique id of its kind, and without a hash", async () => {
  const arn = "arn:aws:iam::111122223333:role/control-plane";
  const user = "arn:aws:iam::111122223333:user/control-plane";
  for (const entry of [
    { name: "a", arn },
    { name: "a", arn: "arn:aws:iam::111122223333:role/path/control-plane", principalId: "AROAEXAMPLE" },
    { name: "a", arn: user, principalId: "AIDAEXAMPLE", notAfter: "2027-01-01T00:00:00Z" },
  ]) {
    assert.equal(isCaller(entry), true, JSON.stringify(entry));
  }
  const sha256 = hash("sha256", "good");
  for (const entry of [
    ...[{ arn }, { name: "", arn }, { name: "a", arn, sha256 }, { name: "a", arn, description: "x" }],
    ...["", "control-plane", `${arn}*/x y`, "arn:aws:iam::111122223333:root", 1, null, [arn]].map((other) => ({
      name: "a",
      arn: other,
    })),
    { name: "a", arn: "arn:aws:sts::111122223333:assumed-role/control-plane/session" },
    { name: "a", arn: "arn:aws:sts::111122223333:federated-user/control-plane" },
    ...["AIDAEXAMPLE", "AROA", "aroaexample", "", 1, null].map((principalId) => ({ name: "a", arn, principalId })),
    { name: "a", arn: user, principalId: "AROAEXAMPLE" },
    { name: "a", arn, notAfter: "never" },
    { name: "a", sha256, principalId: "AROAEXAMPLE" },
  ]) {
    assert.equal(isCaller(entry), false, JSON.stringify(entry));
    await check("Bearer good", [entry, { name: "b", sha256 }]);
  }
});

test("an empty list accepts no caller", async () => {
  await refused("Bearer secret", []);
});

test("a missing or invalid list is a fault", async () => {
  const one = entry("secret");
  for (const callers of [
    undefined,
    "",
    "not JSON",
    "null",
    "{}",
    "1",
    '"text"',
    one,
    { callers: [one] },
    "[",
    "true",
  ]) {
    await assert.rejects(check("Bearer secret", callers), { code: "callers_invalid" }, JSON.stringify(callers));
  }
  await assert.rejects(check("Bearer secret", [one], { secure: true }), { code: "callers_invalid" });
});

test("whatever the list contains, only a token whose hash is in it is accepted", async () => {
  const any = fc.oneof(
    fc.json(),
    fc.array(
      fc.oneof(
        fc.jsonValue({ maxDepth: 1 }),
        fc.string().map((t) => entry(t)),
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(any, fc.constantFrom("", "a", "secret"), async (callers, token) => {
      const text = typeof callers === "string" ? callers : JSON.stringify(callers);
      const outcome = await check(`Bearer ${token}`, text).then(
        () => "in",
        (error: unknown) => (hasCode(error, "caller_refused") || hasCode(error, "callers_invalid") ? "out" : error),
      );
      assert.ok(outcome === "out" || (outcome === "in" && text.includes(hash("sha256", token))), String(outcome));
    }),
    { numRuns: 10_000 },
  );
});
