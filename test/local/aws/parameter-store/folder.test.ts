// A folder of mapping files through the real client: conversion of files, edits without a restart,
// and writes.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join, relative } from "node:path";
import { type TestContext, test } from "node:test";
import type { PutParameterCommandInput, SSM } from "@aws-sdk/client-ssm";
import fc from "fast-check";
import { parseJson } from "../../../../functions/lib/json.ts";
import { openFolder } from "../../../../local/aws/parameter-store/folder.ts";
import { newest } from "../../../../local/aws/parameter-store/parameter.ts";
import {
  DEFAULT_THROUGHPUT,
  type StoreOptions,
  startParameterStore,
} from "../../../../local/aws/parameter-store/parameter-store.ts";
import { useFolder } from "../../../cli/fixtures.ts";
import { SIGNERS } from "../../../local-aws.ts";
import { refused, ssmClient } from "../clients.ts";

const DEVELOPERS = "role/111122223333/developers";

function startStore(folder: Parameters<typeof openFolder>[0], options: Partial<StoreOptions> = {}) {
  return startParameterStore((...of) => openFolder(folder, ...of), { ...SIGNERS, ...options });
}

async function start(
  t: TestContext,
  files: Record<string, string>,
  options: Partial<StoreOptions> = {},
) {
  const { path: folder, write } = useFolder();
  for (const [file, text] of Object.entries(files)) write(file, text);
  const problems: string[] = [];
  const onProblem = (problem: string) => problems.push(problem);
  const store = await startStore({ folder, prefix: "/p", onProblem }, options);
  t.after(() => store.close());
  const ssm = ssmClient(store.url);
  const get = async (name: string) => (await ssm.getParameter({ Name: `/p/${name}` })).Parameter;
  const put = (name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
    ssm.putParameter({ Name: `/p/${name}`, Value, Type: "String", ...more });
  const remove = (file: string) => rmSync(join(folder, file));
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  /** All files, also hidden ones. */
  const names = () => {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
  };
  return { ssm, get, put, write, remove, text, names, problems };
}

test("YAML files become JSON; JSON files stay unchanged; other files are not served", async (t) => {
  const { ssm } = await start(t, {
    [`${DEVELOPERS}.yaml`]:
      "arn: arn:aws:iam::111122223333:role/Developers\nusername: dev:{SessionName}\ngroups: [a]\n",
    "account/111122223333.yml": "notAfter: 2026-12-31T00:00:00Z\n",
    "pattern/any.json": '[\n  {"deny": true}\n]\n',
    "role/1/.40dmin.yaml": "{}",
    ".git/config.yaml": "a: b",
    "role/1/.#draft.yaml": "a: b",
    "README.md": "not a mapping",
  });
  const { Parameters = [] } = await ssm.getParametersByPath({ Path: "/", Recursive: true });
  assert.deepEqual(Object.fromEntries(Parameters.map(({ Name, Value }) => [Name, Value])), {
    "/p/account/111122223333": '{"notAfter":"2026-12-31T00:00:00Z"}',
    "/p/pattern/any": '[\n  {"deny": true}\n]',
    "/p/role/1/.40dmin": "{}",
    [`/p/${DEVELOPERS}`]:
      '{"arn":"arn:aws:iam::111122223333:role/Developers","username":"dev:{SessionName}","groups":["a"]}',
  });
});

test("an edited, new or deleted file applies at the next request, and a comment makes no version", async (t) => {
  const { get, write, remove } = await start(t, { [`${DEVELOPERS}.yaml`]: "groups: [a]" });
  assert.equal((await get(DEVELOPERS))?.Version, 1);
  for (const text of ["groups: [b]", "# only a comment\ngroups:\n  - b\n"]) {
    write(`${DEVELOPERS}.yaml`, text);
    const { Version, Value } = (await get(DEVELOPERS)) ?? {};
    assert.deepEqual([Version, Value], [2, '{"groups":["b"]}']);
  }
  write("account/1.yaml", "{}");
  assert.equal((await get("account/1"))?.Value, "{}");
  remove(`${DEVELOPERS}.yaml`);
  await refused(get(DEVELOPERS), "ParameterNotFound");
});

test("an invalid file is served unchanged, and other files still work", async (t) => {
  const invalid = {
    "bad.yaml": "arn: [",
    "two.yaml": "arn: a\narn: b",
    "tag.yaml": "arn: !secret a",
    "cut.json": "{",
  };
  const files = Object.entries({ ...invalid, "good.yaml": "arn: a" }).map(([name, text]) => [
    `role/1/${name}`,
    text,
  ]);
  const { get, problems } = await start(t, Object.fromEntries(files));
  for (const [name, text] of Object.entries(invalid)) {
    assert.equal((await get(`role/1/${name.split(".")[0]}`))?.Value, text);
  }
  assert.equal((await get("role/1/good"))?.Value, '{"arn":"a"}');
  assert.deepEqual(problems, []);
});

test("files that break the service's limits are not served, and are reported once", async (t) => {
  const { get, write, problems } = await start(t, {
    "role/1/large.yaml": `description: ${"x".repeat(4096)}`,
    "role/1/na me.yaml": "{}",
    "role/1/braces.yaml": "username: dev:{{SessionName}}",
    "role/1/both.yaml": "{}",
    "role/1/both.json": "{}",
    "role/1/good.yaml": "{}",
  });
  await get("role/1/good");
  await refused(get("role/1/large"), "ParameterNotFound");
  await refused(get("role/1/both"), "ParameterNotFound");
  assert.deepEqual(problems.map((problem) => problem.slice(0, 60)).sort(), [
    "role/1/both.json, role/1/both.yaml is not served: several fi",
    "role/1/braces.yaml is not served: Parameter value can't nest",
    "role/1/large.yaml is not served: Standard tier parameters su",
    "role/1/na me.yaml is not served: Parameter name: can't be pr",
  ]);
  write("role/1/large.yaml", "{}");
  assert.equal((await get("role/1/large"))?.Value, "{}");
  write("role/1/large.yaml", `description: ${"x".repeat(4096)}`);
  await refused(get("role/1/large"), "ParameterNotFound");
  assert.equal(problems.length, 5);
});

const history = async (ssm: SSM, name: string) => {
  const { Parameters = [] } = await ssm.getParameterHistory({ Name: `/p/${name}` });
  return Parameters.map(({ Version, Value }) => `${Version} ${Value}`);
};

test("a write replaces the file, and an edit by hand is a version", async (t) => {
  const { ssm, get, put, write, text, names } = await start(t, {
    [`${DEVELOPERS}.yaml`]: "# of the team\ngroups: [a]\n",
    "pattern/any.json": "[\n  1\n]\n",
  });
  const value = '{"arn":"arn:aws:iam::111122223333:role/Developers","groups":["b","no"]}';
  assert.equal((await put(DEVELOPERS, value, { Overwrite: true })).Version, 2);
  const file = "arn: arn:aws:iam::111122223333:role/Developers\ngroups:\n  - b\n  - no\n";
  assert.equal(text(`${DEVELOPERS}.yaml`), file);
  assert.equal((await get(DEVELOPERS))?.Value, value);
  write(`${DEVELOPERS}.yaml`, `# again\n${file}`);
  assert.equal((await get(DEVELOPERS))?.Version, 2);
  write(`${DEVELOPERS}.yaml`, "groups: [c]");
  assert.equal((await put(DEVELOPERS, '{"groups":[]}', { Overwrite: true })).Version, 4);
  const versions = ['1 {"groups":["a"]}', `2 ${value}`, '3 {"groups":["c"]}', '4 {"groups":[]}'];
  assert.deepEqual(await history(ssm, DEVELOPERS), versions);

  await put("pattern/any", '[{"a": 2}]', { Overwrite: true });
  await put("account/111122223333", '{"username":"x"}');
  await put("deny/any", "[{]");
  assert.deepEqual(["pattern/any.json", "account/111122223333.yaml", "deny/any.json"].map(text), [
    '[{"a": 2}]\n',
    "username: x\n",
    "[{]\n",
  ]);
  await put(DEVELOPERS, "no JSON", { Overwrite: true });
  assert.equal((await get(DEVELOPERS))?.Value, "no JSON");
  await ssm.deleteParameter({ Name: "/p/account/111122223333" });
  const Names = ["/p/deny/any", "/p/deny/none"];
  const { DeletedParameters, InvalidParameters } = await ssm.deleteParameters({ Names });
  assert.deepEqual([DeletedParameters, InvalidParameters], [Names.slice(0, 1), Names.slice(1)]);
  assert.deepEqual(names(), [`${DEVELOPERS}.json`, "pattern/any.json"].sort());
});

for (const [what, name, value, more, error, message] of [
  ["4,097 bytes", "role/1/b", "x".repeat(4097), {}, "ValidationException", /4096/],
  ["double braces", "role/1/b", '{"username":"{{x}}"}', {}, "ValidationException", /can't nest/],
  ["a character of the name", "role/1/a@b", "{}", {}, "ValidationException", /sub-paths/],
  ["a second creation", "role/1/a", "{}", {}, "ParameterAlreadyExists", /overwrite/],
  [
    "a secret",
    "role/1/b",
    "{}",
    { Type: "SecureString" },
    "ValidationException",
    /writes no SecureString to a file/,
  ],
  [
    "a second file",
    "role/1/two",
    "{}",
    {},
    "ValidationException",
    /Correct or delete the file: .*two\.json/,
  ],
  [
    "a file that is not served",
    "role/1/large",
    "{}",
    { Overwrite: true },
    "ValidationException",
    /large\.yaml/,
  ],
] as const) {
  test(`a write is refused and changes no file: ${what} in ${name}`, async (t) => {
    const files = {
      "a.yaml": "a: 1",
      "two.yaml": "a: 1",
      "two.json": "{}",
      "large.yaml": "x".repeat(5000),
    };
    const named = Object.entries(files).map(([file, text]) => [`role/1/${file}`, text]);
    const { put, text, names } = await start(t, Object.fromEntries(named));
    await refused(put(name, value, more), error, message);
    assert.deepEqual(names().map(text), ["a: 1", "x".repeat(5000), "{}", "a: 1"]);
  });
}

test("at most 3 writes a second", async (t) => {
  const { put, names } = await start(t, {}, { throughput: DEFAULT_THROUGHPUT });
  for (let i = 0; i < 3; i += 1) await put(`role/1/${i}`, "{}");
  await refused(put("role/1/3", "{}"), "ThrottlingException");
  assert.equal(names().length, 3);
});

test("names that no file has are kept in memory, and none leads out of the folder", async (t) => {
  const { ssm, names } = await start(t, { "role/1/a.yaml": "{}" });
  const outside = ["/other/a", "/p/../a", "/p/role/.zz", "/p"];
  for (const Name of outside) {
    await ssm.putParameter({ Name, Value: "v", Type: "String", Tier: "Standard" });
    assert.equal((await ssm.getParameter({ Name })).Parameter?.Value, "v");
  }
  assert.deepEqual(names(), ["role/1/a.yaml"]);
});

test("a missing folder fails at startup", async () => {
  const missing = join(useFolder().path, "no-such-folder");
  await assert.rejects(startStore({ folder: missing, prefix: "/p" }), /ENOENT/);
});

test("every value is stored exactly, and means the same after a restart", () => {
  const { path: folder } = useFolder();
  const location = { partition: "aws", region: "us-east-1", account: "111122223333" };
  const open = () =>
    openFolder({ folder, prefix: "/p", onProblem: assert.fail }, location, Date.now)();
  const stored = () => newest(open(), "/p/a")?.value ?? "";
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ minLength: 1, unit: "binary" })), (value) => {
      fc.pre(value.trim() === value && value.length < 1000 && !value.includes("{{"));
      open().remove("/p/a");
      const store = open();
      store.add("/p/a", { value, type: "String" });
      assert.equal(newest(store, "/p/a")?.value, value);
      const parsed = (text: string) => parseJson(text) ?? text;
      assert.deepEqual(parsed(stored()), parsed(value));
    }),
  );
});

test("a version of an earlier start is as old as its file", async (t) => {
  const { path: folder, write } = useFolder();
  utimesSync(write("a.yaml", "{}"), 1_000, 1_000);
  const store = await startStore({ folder, prefix: "/p", onProblem: assert.fail });
  t.after(() => store.close());
  const ssm = ssmClient(store.url);
  const modified = async () =>
    (await ssm.getParameter({ Name: "/p/a" })).Parameter?.LastModifiedDate;
  assert.equal((await modified())?.getTime(), 1_000_000);
  utimesSync(write("a.yaml", "a: 1"), 1_000, 1_000);
  assert.ok(Number(await modified()) > 1_000_000);
});
