// docs/reference.md matches the code: settings and defaults, log fields, metrics, examples.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { logEntry } from "../../functions/authenticator/http/log-review.ts";
import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { newRecord } from "../../functions/authenticator/review/record.ts";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { fault } from "../../functions/errors.ts";
import { METRICS } from "../../functions/telemetry/metrics.ts";
import { cli } from "../cli/cli.ts";

const reference = readFileSync(new URL("../../docs/reference.md", import.meta.url), "utf8");

/** The rows of the table below a heading; cells without backticks. */
function table(heading: string): string[][] {
  const section = reference.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.split("|").map((cell) => cell.replaceAll("`", "").trim()));
}

test("the table of settings lists each variable that the function reads", () => {
  const files = [
    "../../functions/authenticator/settings.ts",
    "../../functions/authenticator/jwt-settings.ts",
    "../../functions/settings/common.ts",
  ];
  const source = files.map((file) => readFileSync(new URL(file, import.meta.url), "utf8")).join();
  const read = new Set([...source.matchAll(/"([A-Z_]{5,})"/g)].map(([, name]) => name));
  for (const ofTheSdk of ["AWS_REGION", "AWS_ENDPOINT_URL"]) assert.ok(read.delete(ofTheSdk));
  assert.deepEqual(new Set(table("Settings").map(([, name]) => name)), read);
});

const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "a", CALLER_AUTH: "bearer" };

test("each documented default is the real one, and required settings cannot be omitted", () => {
  const unset = readSettings(REQUIRED);
  const rows = table("Settings").map(([, name = "", byDefault = ""]) => ({ name, byDefault }));
  const literal = rows.filter(({ byDefault }) => /^(all|full|info|\/\S+)$/.test(byDefault));
  assert.equal(literal.length, 4);
  for (const { name, byDefault } of literal) {
    const value = byDefault.replace("<CLUSTER_ID>", REQUIRED.CLUSTER_ID);
    assert.deepEqual(readSettings({ ...REQUIRED, [name]: value }), unset, name);
  }
  const required = rows.filter(({ byDefault }) => byDefault === "required");
  assert.equal(required.length, 2);
  for (const { name } of required) assert.throws(() => readSettings({ ...REQUIRED, [name]: "" }), new RegExp(name));
});

test("the reference lists each field of the log line and each metric", () => {
  const [, section = ""] = reference.split("## Logs and metrics\n");
  const [fields = ""] = section.split("\n\n");
  const log = logEntry(newRecord(0), "fault", fault("internal_fault", "test", { cause: new Error("test") }), 0);
  for (const field of Object.keys(log)) assert.match(fields, new RegExp(`\\b${field}\\b`), field);
  const listed = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, keys = ""]) => [
    name,
    [...keys.matchAll(/\w+/g)].map(([key]) => key),
  ]);
  assert.deepEqual(Object.fromEntries(listed), METRICS);
});

/** The code blocks in a language below a heading. */
function blocks(heading: string, language: string): string[] {
  const section = reference.split(`${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text = ""]) => text);
}

test("the reference's examples are valid: a mapping, a list of sessions, a deny list, a mapping file", async () => {
  const [mapping = "", sessions = "", denyList = ""] = blocks("## Mappings", "json");
  assert.equal(checkMapping(JSON.parse(mapping), "role").valid, true);
  for (const entry of JSON.parse(sessions)) assert.equal(checkMapping(entry, "sso-session").valid, true);
  const denials = readStored("deny", { account: "111122223333", partition: "aws" }, { value: denyList, secure: false });
  assert.deepEqual([denials.isReadable, denials.problems], [true, []]);
  const [file = ""] = blocks("### The mapping file", "yaml");
  const { code, err } = await cli(["mappings", "lint", "-f", "-"], { input: file });
  assert.notEqual(code, 2, err);
});
