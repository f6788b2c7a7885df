// Messages of AWS, files and arguments never send control characters to the terminal. forged-lines.test.ts: stored text.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { stringifyYaml } from "../../../cli/terminal/yaml.ts";
import { type CliResult, cli } from "../cli.ts";
import { exits, useCluster } from "../mappings/cluster.ts";

/** Clears the screen, colours text and moves the cursor by ESC, CSI, carriage return and bidirectional controls. */
const HOSTILE = "a\u001b[2Jb\u009b31mc\rd\u0007e\u202ef\u2028g";
const cluster = useCluster({}, "all");

function assertHarmless(what: string, { out, err }: CliResult): void {
  for (const text of [out, err]) {
    assert.doesNotMatch(text.replace(/[\n\t]/g, ""), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u, what);
  }
}

test("errors of AWS are harmless", async () => {
  for (const name of ["AccessDeniedException", "SomethingNewException"]) {
    const body = JSON.stringify({ __type: name, message: HOSTILE });
    cluster.store.fail({ kind: "answer", status: 400, body });
    const listing = cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assertHarmless(name, await exits(listing, 3, /a\?\[2Jb/));
    cluster.store.fail(undefined);
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
    { numRuns: 200, seed: 35 },
  );
});
