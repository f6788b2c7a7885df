// A folder of mapping files through the real client: conversion of files, and edits without a restart.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { startParameterStore } from "../../../../local/aws/parameter-store/parameter-store.ts";
import { useFolder } from "../../../cli/fixtures.ts";
import { SIGNERS } from "../../../local-aws.ts";
import { refused, ssmClient } from "../clients.ts";

const DEVELOPERS = "role/111122223333/developers";

async function start(t: TestContext, files: Record<string, string>) {
  const { path: folder, write } = useFolder();
  for (const [file, text] of Object.entries(files)) write(file, text);
  const problems: string[] = [];
  const onProblem = (problem: string) => problems.push(problem);
  const store = await startParameterStore({ ...SIGNERS, folder, prefix: "/p", onProblem });
  t.after(() => store.close());
  const ssm = ssmClient(store.url);
  const get = async (name: string) => (await ssm.send(new GetParameterCommand({ Name: `/p/${name}` }))).Parameter;
  const remove = (file: string) => rmSync(join(folder, file));
  return { ssm, get, write, remove, problems };
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
  const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path: "/", Recursive: true }));
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
  const invalid = { "bad.yaml": "arn: [", "two.yaml": "arn: a\narn: b", "tag.yaml": "arn: !secret a", "cut.json": "{" };
  const files = Object.entries({ ...invalid, "good.yaml": "arn: a" }).map(([name, text]) => [`role/1/${name}`, text]);
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

test("the API is read-only, and its error names the folder; a missing folder fails at startup", async (t) => {
  const { ssm } = await start(t, { "role/1/a.yaml": "{}" });
  const put = new PutParameterCommand({ Name: "/p/role/1/a", Value: "{}", Type: "String", Overwrite: true });
  await refused(ssm.send(put), "AccessDeniedException", /To change \/p\/role\/1\/a, edit its file there/);
  await refused(ssm.send(new DeleteParameterCommand({ Name: "/p/role/1/a" })), "AccessDeniedException");
  const missing = join(useFolder().path, "no-such-folder");
  await assert.rejects(startParameterStore({ ...SIGNERS, folder: missing, prefix: "/p" }), /ENOENT/);
});
