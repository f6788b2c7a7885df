// lint of files, which does not call AWS.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";

const NOW = Date.UTC(2026, 10, 24);
const role = (name: string, more: object = {}) => ({
  arn: `arn:aws:iam::111122223333:role/${name}`,
  username: name,
  ...more,
});

test("lint reads a file without AWS, and --fail sets the level that fails", async () => {
  const lint = (text: string, ...words: string[]) =>
    cli(["mappings", "lint", "-f", "-", ...words], { input: text, now: NOW });
  const good = `mappings:
  - {permissionSet: Admin, account: "111122223333", username: a, groups: [system:masters]}
  - {arn: arn:aws:iam::111122223333:role/dev, username: dev, principalId: AROADEV}
`;
  assert.equal((await lint(good)).code, 0);
  assert.equal((await lint(good, "--fail", "info")).code, 1);
  const wide = `${good}  - {account: "111122223333"}\n`;
  assert.equal((await lint(wide)).code, 1);
  assert.equal((await lint(wide, "--fail", "error")).code, 0);
  assert.match((await lint("mappings: []")).out, /warning +no-masters/);
  assert.equal((await lint("mappings: {}")).code, 2);
  assert.equal((await cli(["mappings", "lint"])).err, "Use --cluster or --file.\n");
});

test("every invalid mapping and duplicate in a file is a finding, in addition to other findings", async () => {
  const input = `mappings:
  - {arn: arn:aws:iam::111122223333:role/a, username: a}
  - {arn: arn:aws:iam::111122223333:role/x/A, username: other}
  - {arn: arn:aws:iam::111122223333:role/b, user: b}
  - {}
  - {arn: arn:aws:iam::111122223333:role/long, username: b, description: ${"x".repeat(4096)}}
  - {arnLike: "arn:aws:iam::1111*:role/x", username: c}
`;
  const { code, out } = await cli(["mappings", "lint", "-f", "-", "-o", "json"], { input, now: NOW });
  const found: { level: string; rule: string; where: string }[] = JSON.parse(out);
  assert.deepEqual(
    found.map(({ level, rule, where }) => `${level} ${rule} ${where}`),
    [
      "error invalid standard input, line 4 (arn:aws:iam::111122223333:role/b)",
      "error invalid standard input, line 5",
      "error duplicate role/111122223333/a",
      "error invalid role/111122223333/long",
      "warning account-wide pattern/any",
      "warning no-masters ",
      "info pinned ",
    ],
  );
  assert.equal(code, 1);
});

test("a pattern of an account takes precedence over one for any account", async () => {
  const lint = async (name: string) => {
    const [own, any] = [`arn:aws:iam::111122223333:role/a-*`, `arn:aws:iam::111122223333:role/${name}`];
    const mappings = [
      { arnLike: any, account: "any", username: "b" },
      { arnLike: own, username: "a" },
    ];
    return (await cli(["mappings", "lint", "-f", "-"], { input: JSON.stringify({ mappings }), now: NOW })).out;
  };
  assert.match(
    await lint("a-b-*"),
    /covered-pattern +pattern\/any +\S+:role\/a-b-\* never applies: \S+:role\/a-\* takes precedence/,
  );
  assert.doesNotMatch(await lint("*-b"), /covered/);
});

test("a mapping that names system:masters but cannot grant it is no administrator", async () => {
  const lint = async (mapping: object, ...deny: object[]) => {
    const input = JSON.stringify({ mappings: [mapping], deny });
    const environment = { RESERVED_PREFIXES: "kept:" };
    const { out } = await cli(["mappings", "lint", "-f", "-", "-o", "json"], { input, environment, now: NOW });
    return (JSON.parse(out) as { rule: string; message: string }[])
      .filter(({ rule }) => rule.endsWith("masters"))
      .map(({ message }) => message);
  };
  const group = { groups: ["system:masters"] };
  const denied = { arnLike: "arn:aws:iam::111122223333:role/*" };
  assert.deepEqual(await lint(role("a", group)), ["grants system:masters: a"]);
  const none = "no principal's mapping surely grants system:masters or access:cluster-admin";
  assert.deepEqual(await lint(role("a", group), denied), [none, "may grant system:masters: a"]);
  assert.deepEqual(await lint(role("a", { ...group, notAfter: "2026-11-01T00:00:00Z" })), [
    none,
    "no longer grants system:masters: a",
  ]);
  assert.deepEqual(await lint(role("a", { ...group, username: "kept:a" })), [none, "may grant system:masters: kept:a"]);
  const part = { arnLike: "arn:aws:iam::111122223333:role/AWSReservedSSO_Set_0*" };
  assert.deepEqual(await lint({ permissionSet: "Set", account: "111122223333", username: "s", ...group }, part), [
    none,
    "may grant system:masters: s",
  ]);
});
