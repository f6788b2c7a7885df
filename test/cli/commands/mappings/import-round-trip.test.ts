// Import from aws-auth and export to it: both ConfigMaps grant the same access.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { exportAwsAuth } from "../../../../cli/commands/mappings/aws-auth.ts";
import { importEntry, merge } from "../../../../cli/commands/mappings/import.ts";
import { readForeign } from "../../../../cli/commands/mappings/read-foreign.ts";
import { readParameter } from "../../../../cli/model/entry.ts";
import { toParameters } from "../../../../cli/model/mapping-file.ts";
import { randomRuns } from "../../../extent.ts";

function roundTrip(configMap: string) {
  const imported = readForeign(configMap, "aws-auth", false).items.map((foreign) => {
    const item = importEntry(foreign, false);
    assert.ok(item.valid);
    return { ...item.value, where: foreign.where };
  });
  const entries = merge(imported).winners.map(({ entry }) => entry);
  const stored = [...toParameters("/p", entries)].map(
    ([name, value]) => [name, { value, secure: false }] as const,
  );
  for (const [name, value] of stored)
    assert.deepEqual(readParameter("/p", name, value).problems, []);
  const review = { prefix: "/p", partition: "aws", now: 0, reservedPrefixes: [] };
  return exportAwsAuth({ parameters: new Map(stored), review });
}

const name = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[A-Za-z0-9+=,.@_-]{1,12}$/) },
  // Few names, so that principals repeat, also in different case.
  fc.constantFrom("admin", "Admin", "ADMIN"),
  fc.constantFrom(
    "AWSReservedSSO_View_Only_0123456789abcdef",
    "AWSReservedSSO_Admin_fedcba9876543210",
  ),
);
const account = fc.constantFrom("111122223333", "012345678901");
const path = fc.constantFrom(
  "",
  "",
  "",
  "team/",
  "a/b.c/",
  "aws-reserved/sso.amazonaws.com/eu-west-1/",
);
const placeholder = fc.constantFrom(
  "{{AccountID}}",
  "{{SessionName}}",
  "{{SessionNameRaw}}",
  "{{AccessKeyID}}",
);
const plain = fc.stringMatching(/^[a-z:@#'"\\ ä-]{1,8}$/);
const template = fc
  .array(fc.oneof(plain, placeholder, fc.constant("{{EC2PrivateDNSName}}")), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(""));
const groups = fc.array(template, { maxLength: 3 });
const names = fc.record({ username: template, groups }, { requiredKeys: ["username"] });
const item = fc.tuple(account, path, name, names);
const roleItem = item.map(([a, p, n, rest]) => ({
  rolearn: `arn:aws:iam::${a}:role/${p}${n}`,
  ...rest,
}));
const userItem = item.map(([a, p, n, rest]) => ({
  userarn: `arn:aws:iam::${a}:user/${p}${n}`,
  ...rest,
}));
const nameOf = ({ userarn }: { userarn: string }) => userarn.split("/").at(-1)?.toLowerCase();
const lists = fc.record({
  mapRoles: fc.array(roleItem, { maxLength: 12 }),
  mapUsers: fc.uniqueArray(userItem, { maxLength: 8, selector: nameOf }),
  mapAccounts: fc.uniqueArray(account),
});
const configMaps = lists.map((all) => {
  const data = Object.entries(all).map(([key, value]) => [key, stringify(value)]);
  return stringify({ apiVersion: "v1", kind: "ConfigMap", data: Object.fromEntries(data) });
});

type Item = Readonly<Record<"username" | "rolearn" | "userarn", string>> & {
  readonly groups?: readonly string[];
};

/**
 * The users by principal, as aws-iam-authenticator evaluates them, implemented separately: keys are
 * case-insensitive, the last entry of a section wins, roles before users. A role's ARN with a path
 * matches, as after an import.
 */
function meaning(configMap: string): Map<string, string> {
  const { data = {} } = parse(configMap);
  const list = (key: string): Item[] => parse(data[key] ?? "[]");
  const bare = (arn: string) => arn.toLowerCase().replace(/:role\/.*\//, ":role/");
  const hasPath = (arn: string) => bare(arn) !== arn.toLowerCase();
  const found = new Map<string, string>();
  const add = (arn: string, { username, groups = [] }: Item) =>
    found.set(arn, JSON.stringify([username, groups]));
  // In order of increasing precedence: a later one replaces an earlier one.
  for (const item of list("mapRoles")) if (hasPath(item.rolearn)) add(bare(item.rolearn), item);
  for (const item of list("mapUsers")) add(item.userarn.toLowerCase(), item);
  for (const item of list("mapRoles")) if (!hasPath(item.rolearn)) add(bare(item.rolearn), item);
  for (const account of parse(data["mapAccounts"] ?? "[]")) found.set(String(account), "account");
  return found;
}

test("a generated ConfigMap grants the same access after import and export", () => {
  const same = fc.property(configMaps, (configMap) => {
    const { configMap: exported, problems } = roundTrip(configMap);
    assert.deepEqual(problems, []);
    assert.deepEqual(meaning(exported), meaning(configMap));
  });
  // After a change here, run it with IAM_AUTHENTICATOR_RUNS=10000.
  fc.assert(same, {
    numRuns: Number(process.env["IAM_AUTHENTICATOR_RUNS"] ?? randomRuns(200)),
    seed: 35,
  });
});
