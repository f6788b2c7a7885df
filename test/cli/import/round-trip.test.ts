// From aws-auth to Parameter Store and back: the exported ConfigMap means what the imported one meant.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import type { Entry } from "../../../cli/document/entry.ts";
import { readParameter, toParameters } from "../../../cli/document/parameters.ts";
import { exportAwsAuth } from "../../../cli/export/aws-auth.ts";
import { carry } from "../../../cli/import/foreign.ts";
import { merge } from "../../../cli/import/merge.ts";
import { readForeign } from "../../../cli/import/sources.ts";
import { cli } from "../cli.ts";
import { type LocalCluster, startCluster } from "../mappings/cluster.ts";
import { realWorldAwsAuth } from "./aws-auth-sample.ts";

let cluster: LocalCluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.store.close());

interface Item {
  rolearn?: string;
  userarn?: string;
  username: string;
  groups?: string[];
}

/**
 * What aws-iam-authenticator makes of a ConfigMap, written anew for this test: keys in any case, the last of a section
 * wins, roles before users, and a role's ARN with a path matches nobody, unless `pathsMatch`, which is what we promise.
 */
function meaning(configMap: string): Map<string, string> {
  const { data = {} } = parse(configMap);
  const list = (key: string): Item[] => parse(data[key] ?? "[]");
  const bare = (arn: string) => arn.toLowerCase().replace(/:role\/.*\//, ":role/");
  const hasPath = (arn: string) => bare(arn) !== arn.toLowerCase();
  const found = new Map<string, string>();
  const add = (arn: string, { username, groups = [] }: Item) => found.set(arn, JSON.stringify([username, groups]));
  // In the order of growing weight: a later one replaces an earlier one.
  for (const item of list("mapRoles")) if (hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const item of list("mapUsers")) add(item.userarn?.toLowerCase() ?? "", item);
  for (const item of list("mapRoles")) if (!hasPath(item.rolearn ?? "")) add(bare(item.rolearn ?? ""), item);
  for (const account of parse(data["mapAccounts"] ?? "[]")) found.set(String(account), "account");
  return found;
}

/** Import, the parameters it would write, what is read back of them, export. */
function roundTrip(configMap: string): { exported: string; problems: readonly string[] } {
  const carried = readForeign(configMap, "aws-auth").map((foreign) => carry(foreign, false));
  const { entries } = merge(
    carried.map((item) => {
      assert.ok(!("problem" in item));
      return item;
    }),
  );
  const stored = toParameters("/p", entries);
  const read = [...stored].flatMap(([name, value]): readonly Entry[] => {
    const { entries: again, problems } = readParameter("/p", name, { value, secure: false });
    assert.deepEqual(problems, []);
    return again;
  });
  const { configMap: exported, problems } = exportAwsAuth(read);
  return { exported, problems };
}

const name = fc.stringMatching(/^[A-Za-z0-9+=,.@_-]{1,12}$/);
const account = fc.constantFrom("111122223333", "012345678901");
const path = fc.constantFrom("", "", "", "team/", "a/b.c/");
const placeholder = fc.constantFrom("{{AccountID}}", "{{SessionName}}", "{{SessionNameRaw}}", "{{AccessKeyID}}");
const template = fc
  .array(fc.oneof(fc.stringMatching(/^[a-z:@#'"\\ ä-]{1,8}$/), placeholder, fc.constant("{{EC2PrivateDNSName}}")), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(""));
const names = fc.record(
  { username: template, groups: fc.array(template, { maxLength: 3 }) },
  { requiredKeys: ["username"] },
);
const roleItem = fc
  .tuple(account, path, name, names)
  .map(([a, p, n, rest]) => ({ rolearn: `arn:aws:iam::${a}:role/${p}${n}`, ...rest }));
const userItem = fc
  .tuple(account, path, name, names)
  .map(([a, p, n, rest]) => ({ userarn: `arn:aws:iam::${a}:user/${p}${n}`, ...rest }));
const configMaps = fc
  .record({
    mapRoles: fc.array(roleItem, { maxLength: 12 }),
    mapUsers: fc.uniqueArray(userItem, {
      maxLength: 8,
      selector: ({ userarn }) => userarn.split("/").at(-1)?.toLowerCase(),
    }),
    mapAccounts: fc.uniqueArray(account),
  })
  .map((data) =>
    stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, stringify(value)])),
    }),
  );

test("a generated ConfigMap means the same after import and export", () => {
  fc.assert(
    fc.property(configMaps, (configMap) => {
      const { exported, problems } = roundTrip(configMap);
      assert.deepEqual(problems, []);
      assert.deepEqual(meaning(exported), meaning(configMap));
    }),
    { numRuns: 300 },
  );
});

test("300 entries as they grow in the real world: import, diff, apply, list, edit, export", async () => {
  const configMap = realWorldAwsAuth(300);
  const imported = await cli(["mappings", "import", "-f", "-"], { input: configMap });
  assert.equal(imported.code, 0, imported.err);
  const file = imported.out;
  const diff = await cluster.mappings(["diff", "-f", "-"], { input: file });
  assert.equal(diff.code, 1);
  const count = parse(file).mappings.length;
  assert.match(diff.out, new RegExp(`\\n${count} to add, 0 to change, 0 to remove, 0 unchanged\\.\\n$`));
  assert.equal((await cluster.mappings(["apply", "-f", "-", "-y"], { input: file })).code, 0);
  assert.equal((await cluster.mappings(["diff", "-f", "-", "--prune"], { input: file })).code, 0);
  assert.equal((await cluster.mappings(["list"])).out.split("\n").length - 2, count);

  const exported = await cluster.mappings(["export", "--format", "aws-auth"]);
  assert.equal(exported.code, 0, exported.err);
  assert.deepEqual(meaning(exported.out), meaning(configMap));
  const own = await cluster.mappings(["export"]);
  assert.equal((await cluster.mappings(["diff", "-f", "-", "--prune"], { input: own.out })).code, 0);

  const one = "arn:aws:iam::111122223333:role/team-7-deploy";
  assert.equal((await cluster.mappings(["set", one, "--add-group", "on-call", "-y"])).code, 0);
  const changed = await cluster.mappings(["diff", "-f", "-", "--prune"], { input: file });
  assert.match(changed.out, /^~ role\/111122223333\/team-7-deploy\n {4}groups: .*\n0 to add, 1 to change, 0 to remove/);
  assert.equal((await cluster.mappings(["rollback", one, "-y"])).code, 0);
  assert.equal((await cluster.mappings(["diff", "-f", "-", "--prune"], { input: file })).code, 0);
});

test("what aws-auth cannot say is left out and told", async () => {
  const entries = [
    ["pattern/any", [{ arnLike: "arn:aws:iam::*:role/x-*", username: "x" }]],
    ["sso/111122223333/admin", { username: "a" }],
    ["account/999999999999", { username: "b" }],
    ["user/111122223333/gone", { arn: "arn:aws:iam::111122223333:user/gone", deny: true }],
    [
      "user/111122223333/late",
      { arn: "arn:aws:iam::111122223333:user/late", username: "l", notAfter: "2100-01-01T00:00:00Z" },
    ],
    ["role/111122223333/broken", { username: 1 }],
  ] as const;
  for (const [key, value] of entries) cluster.store.put(`/iam-authenticator/prod/${key}`, JSON.stringify(value));
  const { code, err, out } = await cluster.mappings(["export", "--format", "aws-auth"]);
  assert.equal(code, 1);
  assert.equal(err.match(/^Left out, /gm)?.length, 6);
  assert.doesNotMatch(out, /gone|late|broken/);
});
