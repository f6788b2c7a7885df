// Stored text and AWS messages never send control characters to the terminal: in tables, data, messages or errors.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { stringifyYaml } from "../../../cli/terminal/yaml.ts";
import { type CliResult, cli } from "../cli.ts";
import { useCluster } from "../mappings/cluster.ts";

/** Clears the screen, colours text and moves the cursor by ESC, CSI, carriage return and bidirectional controls. */
const HOSTILE = "a\u001b[2Jb\u009b31mc\rd\u0007e\u202ef\u2028g";
const ARN = "arn:aws:iam::111122223333:role/Admin";
const cluster = useCluster(
  {
    "role/111122223333/admin": { arn: ARN, username: "admin", description: HOSTILE },
    callers: [{ name: HOSTILE, sha256: "0".repeat(64) }],
  },
  "all",
);

function assertHarmless(what: string, { out, err }: CliResult): void {
  for (const text of [out, err]) {
    assert.doesNotMatch(text.replace(/[\n\t]/g, ""), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u, what);
  }
}

test("lists in every format are harmless, and JSON and YAML keep the value", async () => {
  for (const words of [
    ["list"],
    ["list", "-o", "csv"],
    ["get", ARN],
    ["export"],
    ["export", "--format", "aws-auth"],
    ["lint"],
  ]) {
    assertHarmless(words.join(" "), await cluster.mappings(words));
  }
  const [json, yaml] = await Promise.all(
    ["json", "yaml"].map((form) => cluster.mappings(["get", ARN, "-o", form ?? ""])),
  );
  for (const result of [json, yaml]) assertHarmless("data", result ?? { code: 1, out: "\u001b", err: "" });
  assert.equal(JSON.parse(json?.out ?? "").value.description, HOSTILE);
  assert.equal(parse(yaml?.out ?? "").value.description, HOSTILE);
  assertHarmless("callers list", await cli(["callers", "list", "-c", "prod"]));
});

test("errors of AWS are harmless", async () => {
  for (const [name, status] of [
    ["AccessDeniedException", 400],
    ["SomethingNewException", 400],
  ] as const) {
    const body = JSON.stringify({ __type: name, message: HOSTILE });
    cluster.store.fail({ kind: "answer", status, body });
    const result = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    cluster.store.fail(undefined);
    assert.equal(result.code, 3);
    assert.match(result.err, /a\?\[2Jb/);
    assertHarmless(name, result);
  }
});

test("errors about files and the command line are harmless", async () => {
  const files = [
    `mappings: [{"${HOSTILE}`,
    `kind: ConfigMap\ndata: {mapRoles: '[{rolearn: "arn:\\e[31m\\x9bx", username: u}]'}`,
    `mappings:\n  - arn: "arn:\\e[31m\\x9bx"\n`,
  ];
  for (const text of files) {
    assertHarmless("import", await cli(["mappings", "import", "-f", "-"], { input: text }));
    assertHarmless("apply", await cluster.mappings(["apply", "-f", "-"], { input: text }));
  }
  assertHarmless("words", await cli([HOSTILE]));
  assertHarmless("file", await cli(["mappings", "import", "-f", HOSTILE]));
  assertHarmless("role", await cluster.mappings(["get", HOSTILE]));
});

test("any text survives a YAML round trip", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.constant(`${HOSTILE}\n`))), (data) => {
      const yaml = stringifyYaml(data);
      assert.deepEqual(parse(yaml), { ...data });
      assert.doesNotMatch(yaml.replace(/[\n\t]/g, ""), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    }),
    { numRuns: 10_000 },
  );
});
