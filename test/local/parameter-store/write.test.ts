// PutParameter and DeleteParameter through the real client, with each limit.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  DeleteParameterCommand,
  GetParameterHistoryCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { refused, ssmClient } from "./client.ts";

const store = await startParameterStore();
const ssm = ssmClient(store.url);
after(() => store.close());

const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: "String", ...more }));

test("an existing parameter gets a new version only with Overwrite", async () => {
  assert.equal((await put("/w/a", "1")).Version, 1);
  await refused(put("/w/a", "2"), "ParameterAlreadyExists", /set the overwrite option/);
  const second = await put("/w/a", "2", { Overwrite: true, Type: undefined, Description: "why" });
  assert.deepEqual([second.Version, second.Tier], [2, "Standard"]);
  assert.equal((await put("/w/new", "1", { Overwrite: true })).Version, 1);
});

test("the type is required at creation and cannot change", async () => {
  await refused(put("/w/t", "1", { Type: undefined }), "ValidationException", /type is required/);
  await put("/w/t", "1");
  const changed = put("/w/t", "2", { Type: "SecureString", Overwrite: true });
  await refused(changed, "HierarchyTypeMismatchException");
});

test("names must follow the service's rules", async () => {
  const levels = (n: number) => "/x".repeat(n);
  // The ARN prefix has 45 characters, including the name's first slash.
  const arn = "arn:aws:ssm:us-east-1:111122223333:parameter".length;
  await put(levels(15), "v");
  await put(`/${"n".repeat(1011 - arn - 1)}`, "v");
  await refused(put(levels(16), "v"), "HierarchyLevelLimitExceededException", /15 levels/);
  await refused(put(`/${"n".repeat(1011 - arn)}`, "v"), "ValidationException", /1011/);
  for (const name of ["aws", "AWSthing", "/aws-thing", "SSM-thing", "/Ssm/thing"]) {
    await refused(put(name, "v"), "ValidationException", /can't be prefixed/);
  }
  await refused(put("/AWS/thing", "v"), "AccessDeniedException", /reserved/);
  for (const name of ["/a b", "/a@b", "/ä", "a/b", "/a//b", "/a/", "/", "/a:1"]) {
    await refused(put(name, "v"), "ValidationException", /sub-paths/);
  }
});

test("values are limited to 4 KB, counted in bytes", async () => {
  assert.equal((await put("/w/4096", "x".repeat(4096))).Tier, "Standard");
  await refused(put("/w/4097", "x".repeat(4097)), "ValidationException", /4096/);
  await refused(put("/w/4097", `${"x".repeat(4095)}ä`), "ValidationException", /4096/);
});

test("empty values and values with double braces fail", async () => {
  await refused(put("/w/v", ""), "ValidationException", /greater than or equal to 1/);
  await refused(put("/w/v", "dev:{{SessionName}}"), "ValidationException", /can't nest another parameter/);
  await put("/w/v", '{"username":"dev:{SessionName}","a":{"b":{}}}');
});

test("the store keeps 100 versions and continues their numbers", async () => {
  for (let i = 1; i <= 105; i += 1) store.put("/w/many", `v${i}`);
  assert.equal((await put("/w/many", "v106", { Overwrite: true })).Version, 106);
  const history = await ssm.send(new GetParameterHistoryCommand({ Name: "/w/many" }));
  assert.equal(history.Parameters?.[0]?.Version, 7);
});

test("unsupported members fail", async () => {
  await refused(put("/w/x", "v", { AllowedPattern: ".*" }), "ValidationException", /AllowedPattern/);
  await refused(put("/w/x", "v", { Tier: "Advanced" }), "ValidationException", /Tier/);
  assert.equal((await put("/w/x", "v", { Tier: "Standard" })).Tier, "Standard");
  await refused(put("/w/x", "v", { DataType: "aws:ec2:image" }), "ValidationException", /data type/);
  // @ts-expect-error: no such type
  await refused(put("/w/x", "v", { Type: "Number" }), "ValidationException", /enum value set/);
});

test("DeleteParameter deletes a parameter", async () => {
  store.put("/d/a", "v");
  await ssm.send(new DeleteParameterCommand({ Name: "/d/a" }));
  await refused(ssm.send(new DeleteParameterCommand({ Name: "/d/a" })), "ParameterNotFound");
  assert.equal(store.put("/d/a", "v"), 1);
});
