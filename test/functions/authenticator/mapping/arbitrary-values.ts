// Generators of arbitrary mapping values, most of them almost valid.

import fc from "fast-check";
import { HOME, OTHER, verified } from "../fixtures.ts";

export const MINE = `arn:aws:iam::${HOME}:role/Developers`;
const bob = verified("bob");

export const junk = fc.oneof(
  fc.constantFrom(null, 0, "", true, "x", "{x}", [], [""], {}),
  fc.jsonValue({ maxDepth: 1 }),
);
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  arn: [MINE, MINE.toUpperCase(), `arn:aws:iam::${OTHER}:role/Developers`, `arn:aws:iam::${HOME}:user/alice`],
  arnLike: [`arn:aws:iam::${HOME}:role/*`, `arn:aws:iam::${OTHER}:role/*`, "arn:*:*:*:*:*"],
  session: [bob.sessionName, "jane@example.com"],
  username: ["dev", "dev:{SessionName}"],
  groups: [[], ["a"], ["{AccountID}", "b"]],
  principalId: [bob.principalId, "AROAOTHER", "AIDAX"],
  notAfter: ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  deny: [true, false],
  description: ["text"],
};

/** Almost a mapping: a few keys with valid values, and often one mistake. */
export const nearly: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.subarray(["arn", "arnLike", "session"], { minLength: 1, maxLength: 1 }),
    fc.subarray(["username", "username", "groups", "principalId", "notAfter", "deny"], { maxLength: 3 }),
    fc.infiniteStream(fc.nat({ max: 11 })),
    fc.option(fc.tuple(fc.constantFrom(...Object.keys(GOOD), "note"), junk), { freq: 2 }),
  )
  .map(([own, keys, numbers, wrong]) => {
    const pick = (key: string) => (GOOD[key] ?? [])[(numbers.next().value ?? 0) % (GOOD[key]?.length ?? 1)];
    const value = Object.fromEntries([...own, ...keys].map((key) => [key, pick(key)]));
    return wrong === null ? value : { ...value, [wrong[0]]: wrong[1] };
  });
export const list = fc.array(nearly, { maxLength: 3 });
export const value = fc.oneof({ weight: 5, arbitrary: nearly }, { weight: 3, arbitrary: list }, junk);
export const text = fc.oneof({ weight: 9, arbitrary: value.map((v) => JSON.stringify(v)) }, fc.string());
