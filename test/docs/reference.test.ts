// docs/reference.md matches the code: settings, context keys and their defaults, log fields,
// metrics, examples.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { logEntry } from "../../functions/authenticator/http/log-review.ts";
import { isParameterKind, KINDS, kindsWhere } from "../../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { newRecord } from "../../functions/authenticator/review/record.ts";
import { readSettings } from "../../functions/authenticator/settings.ts";
import { fault } from "../../functions/errors.ts";
import { parseStoredSettings } from "../../functions/settings/stored-settings.ts";
import { IS_STORED } from "../../functions/settings/variables.ts";
import { METRICS } from "../../functions/telemetry/metrics.ts";
import { readCluster } from "../../infra/context/cluster.ts";
import { readClusters } from "../../infra/context/read-context.ts";
import { clusterStack } from "../../infra/context/stacks.ts";
import { cli } from "../cli/cli.ts";
import { CLUSTERS } from "../infra/clusters.ts";

const source = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const reference = source("docs/reference.md");

function table(heading: string): string[][] {
  const section = reference.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) => row.split("|").map((cell) => cell.replaceAll("`", "").trim()));
}

test("the table of settings lists each variable that the function reads", () => {
  const files = ["authenticator/settings", "authenticator/jwt-settings", "settings/common"];
  const code = files.map((file) => source(`functions/${file}.ts`)).join();
  const read = new Set([...code.matchAll(/"([A-Z_]{5,})"/g)].map(([, name]) => name));
  const ofTheSdk = ["AWS_REGION", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];
  for (const name of ofTheSdk) assert.ok(read.delete(name));
  assert.deepEqual(new Set(table("Settings").map(([, name]) => name)), read);
});

test("the reference lists the variables that a stack stores, and its example is valid", () => {
  const section = reference.split("### Settings in Parameter Store\n")[1]?.split("\n## ")[0] ?? "";
  const [, listed = ""] =
    /has those of these variables that the function has: (.*?);/s.exec(section) ?? [];
  const stored = Object.entries(IS_STORED).flatMap(([name, isStored]) => (isStored ? [name] : []));
  assert.deepEqual(
    [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    stored.sort(),
  );
  const [, example = ""] = /```json\n(.*?)\n```/s.exec(section) ?? [];
  const check = parseStoredSettings(example);
  assert.partialDeepStrictEqual(check, { valid: true, value: { unknown: [] } });
});

test("docs/commands.md names each kind of parameter that a role may write", () => {
  const [, listed = ""] = /`<mappings>` are (.*?)\.$/ms.exec(source("docs/commands.md")) ?? [];
  const kinds = [...listed.matchAll(/`(?:<prefix>)?\/([a-z-]+)\/\*`/g)].map(([, kind]) => kind);
  assert.deepEqual(
    kinds,
    kindsWhere(() => true),
  );
});

test("no policy in a document or example allows writing every parameter below a prefix", () => {
  const files = globSync(["*.md", "docs/**/*.md", "examples/**/*"], {
    cwd: new URL("../..", import.meta.url),
  });
  const policies = files
    .filter((file) => /\.\w+$/.test(file))
    .flatMap((file) => source(file).match(/"Statement":.*?\n {0,3}\}\n/gs) ?? []);
  assert.ok(policies.length >= 4, policies.join("\n"));
  for (const statement of policies.flatMap((policy) => policy.split('"Effect"'))) {
    if (!/ssm:(Put|Delete)Parameter|"(ssm:)?\*"/.test(statement)) continue;
    const parents = [...statement.matchAll(/:parameter[\w./-]*?([\w.-]*)\/\*"/g)].map(
      ([, parent]) => parent,
    );
    assert.deepEqual(
      parents.filter((parent) => !isParameterKind(parent ?? "")),
      [],
      statement,
    );
  }
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
  for (const { name } of required)
    assert.throws(() => readSettings({ ...REQUIRED, [name]: "" }), new RegExp(name));
});

const failed = fault("internal_fault", "test", { cause: new Error("test") });
const LOGGED = Object.keys(logEntry(newRecord(0), "fault", failed, 0));

test("the reference lists each field of the log line and each metric", () => {
  const [, section = ""] = reference.split("## Logs and metrics\n");
  const [fields = ""] = section.split("\n\n");
  for (const field of LOGGED) assert.match(fields, new RegExp(`\\b${field}\\b`), field);
  const rows = section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm);
  const listed = [...rows].map(([, name, keys = ""]) => [
    name,
    [...keys.matchAll(/\w+/g)].map(([key]) => key),
  ]);
  assert.deepEqual(Object.fromEntries(listed), METRICS);
});

function blocks(heading: string, language: string): string[] {
  const section = reference.split(`${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(
    ([, text = ""]) => text,
  );
}

test("the reference's examples are valid", async () => {
  const [mapping = "", sessions = "", denyList = ""] = blocks("## Mappings", "json");
  assert.equal(checkMapping(JSON.parse(mapping), "role").valid, true);
  for (const entry of JSON.parse(sessions))
    assert.equal(checkMapping(entry, "sso-session").valid, true);
  const denials = readStored(
    "deny",
    { account: "111122223333", partition: "aws" },
    { value: denyList, secure: false },
  );
  assert.deepEqual([denials.isReadable, denials.problems], [true, []]);
  const [file = ""] = blocks("### The mapping file", "yaml");
  const { code, err } = await cli(["mappings", "lint", "-f", "-"], { input: file });
  assert.notEqual(code, 2, err);
});

test("the table of mappings lists the names of each kind", () => {
  const [, section = ""] = /^\| name below [^\n]*\n(.*?)\n\n/ms.exec(reference) ?? [];
  const listed = [...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const names = kindsWhere(() => true).flatMap((kind) => {
    const { path, name } = KINDS[kind];
    const own = `${kind}/<account>`;
    if (path === "named") return `${own}/<${name === "permission set" ? name : "name"}>`;
    return path === "account" ? own : [own, `${kind}/any`];
  });
  assert.deepEqual(listed.toSorted(), names.toSorted());
});

const words = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, word = ""]) => word);
/** Keys and defaults of the table, as written. */
const [, TABLE = ""] = /^\| key \| default \| meaning \|\n(.*?)\n\n/ms.exec(reference) ?? [];
const ROWS = [...TABLE.matchAll(/^\| (`.*?) \| (.*?) (?<!\\)\| /gm)].map(
  ([, keys = "", byDefault = ""]) => {
    return { keys: words(keys), byDefault };
  },
);
const [, SENTENCE = ""] =
  /with the same meaning and default: (.*?)\. The others are:/s.exec(reference) ?? [];
const PROPS = words(SENTENCE);
/** The props of the construct, with the `@default` of their comments. */
const DECLARED = ["infra/common-props.ts", "infra/props.ts"].flatMap((file) => {
  const props = source(file).matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\??:/gs);
  return [...props].map(([, comment = "", key = ""]) => {
    return { keys: [key], byDefault: /@default (.*)/.exec(comment)?.[1] ?? "" };
  });
});

/** The keys in the error for an unknown key. */
function keysOfSchema(cluster: object): string[] {
  try {
    readCluster(cluster);
  } catch (error) {
    const [, keys = ""] = /; the keys are (.*)$/.exec(String(error)) ?? [];
    return keys.split(", ");
  }
  return assert.fail("an unknown key did not fail");
}

const [, mtls, hidden] = CLUSTERS;
const SCHEMA = keysOfSchema({ clusterId: "a", zzz: 1 });

test("the table lists each key of the schema, except the construct's props", () => {
  assert.deepEqual([...ROWS.flatMap(({ keys }) => keys), ...PROPS].toSorted(), SCHEMA.toSorted());
});

const [, ENDPOINTS = ""] = /### Endpoints\n.*?```json\n(.*?)```/s.exec(reference) ?? [];
const OF_KIND = { http: {}, mtls: mtls?.endpoint, private: hidden?.endpoint };

test("the example of each kind of endpoint is valid and has each key of the schema", () => {
  const examples: { kind: keyof typeof OF_KIND }[] = JSON.parse(ENDPOINTS);
  const kinds = examples.map(({ kind }) => kind);
  assert.deepEqual(kinds, Object.keys(OF_KIND));
  for (const endpoint of examples) {
    const { kind } = endpoint;
    readCluster({ clusterId: "a", endpoint });
    const schema = keysOfSchema({ clusterId: "a", endpoint: { kind, ...OF_KIND[kind], zzz: 1 } });
    assert.deepEqual(Object.keys(endpoint).toSorted(), schema.toSorted());
  }
});

const WHERE = { clusterId: "a", account: "111122223333", region: "eu-west-1", vpc: hidden?.vpc };

function template(more: object): object {
  const app = new App({ context: { clusters: [{ ...WHERE, ...more }] } });
  const [cluster] = readClusters(app);
  return Template.fromStack(clusterStack(app, cluster ?? assert.fail())).toJSON();
}

/** Passed to the function unchanged, whose defaults another test compares. */
const SETTINGS = ["tokens", "userInfo", "logLevel"];

test("a documented default creates the same stack as an absent key", () => {
  const without = template({});
  const props = DECLARED.filter(({ keys: [key = ""] }) => PROPS.includes(key));
  assert.equal(props.length, PROPS.length);
  const defaults = [...ROWS, ...props]
    .map(({ keys: [key = ""], byDefault }) => ({ key, value: byDefault.replaceAll("`", "") }))
    .filter(({ value }) => /^(["{[].*|\d[\d.]*|true|false)$/.test(value));
  assert.equal(defaults.length, 15);
  for (const { key, value } of defaults) {
    if (SETTINGS.includes(key)) continue;
    assert.deepEqual(template({ [key]: JSON.parse(value) }), without, `${key}: ${value}`);
  }
});
