// YAML that parsers read differently is rejected or kept as text; any text survives a round trip.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { parseDocuments, parseYaml, stringifyYaml } from "../../../cli/io/yaml.ts";
import { randomRuns } from "../../extent.ts";
import { cli } from "../cli.ts";
import { exits } from "../commands/mappings/cluster.ts";

test("a repeated key is rejected in any spelling", () => {
  const quoted = ['"username"', "'username'", '"user\\u006eame"'];
  const spellings = ["username", ...quoted, "*u ", "!!str username", "? username\n "];
  for (const first of spellings) {
    for (const second of spellings) {
      for (const entry of [`{${first}: a, ${second}: b}`, `\n  ${first}: a\n  ${second}: b`]) {
        assert.throws(
          () => parseYaml(`u: &u username\nmap: ${entry}\n`, "x.yaml"),
          /not valid YAML|a key/i,
        );
      }
    }
  }
});

test("a number that is not a plain decimal stays text", () => {
  const digits = fc.stringMatching(
    /^[-+]?(0[xob]?)?[0-9a-f_]{1,14}(\.[0-9]{0,3})?(e[-+]?[0-9]{1,2})?$/,
  );
  const roundTrip = fc.property(digits, (written) => {
    const { value } = parseYaml(`value: ${written}\n`, "x.yaml");
    assert.equal(String((value as { readonly value: unknown }).value), written);
  });
  fc.assert(roundTrip, { numRuns: randomRuns(2_000), seed: 35 });
});

test("import keeps an unquoted account, and rejects any other number as one", async () => {
  const kept = [
    "012345678901",
    "012345670123",
    "000000000007",
    '"012345670123"',
    "!!int 012345670123",
  ];
  const prefixed = ["0o12345670123", "0x19DE50EBED2F", "0x000000000001"];
  for (const written of [
    ...kept,
    ...["12345678901", ...prefixed, "111_122_223_333", "1.11122223333e11"],
  ]) {
    const input = `iamIdentityMappings:\n- account: ${written}\n`;
    const { out, err } = await exits(
      cli("mappings import -f -", { input }),
      kept.includes(written) ? 0 : 1,
    );
    if (kept.includes(written))
      assert.equal(/account: "?(\d+)"?$/m.exec(out)?.[1], /\d{12}/.exec(written)?.[0]);
    else assert.match(err, /account must be 12 digits in quotes, such as "111122223333"/);
  }
});

test("a version directive is rejected in any document of a file", () => {
  for (const text of [
    "%YAML 1.1\n---\na: 1\n",
    "a: 1\n...\n%YAML\t1.1 # old\n---\nb: 0\n",
    "%YAML 1\n---\n",
  ]) {
    assert.throws(() => parseDocuments(text, "x.yaml"), /line \d: remove %YAML/);
  }
  for (const text of [
    "%YAML 1.2\n---\na: 1\n",
    "--- |\n%YAML 1.1\n",
    'a: "%YAML 1.1"\n',
    '"<<": 1\n',
  ]) {
    assert.equal(parseDocuments(text, "x.yaml").length, 1, text);
  }
});

test("any text survives a YAML round trip, without control characters in the file", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 }).filter((value) => value.isWellFormed());
  const hostile = fc.constant(
    "a\u001b[2Jb\u009b31mc\rd\u0007e\u202ef\u2028g\u200bh\u00adi\u{e0041}\n",
  );
  const roundTrip = fc.property(fc.dictionary(text, fc.oneof(text, hostile)), (data) => {
    const yaml = stringifyYaml(data);
    for (const version of ["1.2", "1.1"] as const)
      assert.deepEqual(parse(yaml, { version }), { ...data });
    assert.doesNotMatch(
      yaml.replace(/[\n\t]/g, ""),
      /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u,
    );
  });
  fc.assert(roundTrip, { numRuns: randomRuns(200), seed: 35 });
});

test("the writer quotes text that a reader of YAML 1.1 reads as a boolean, a number or a date", () => {
  const words = [
    "no",
    "N",
    "y",
    "Yes",
    "on",
    "OFF",
    "~",
    "null",
    "=",
    "1_000",
    "0b1",
    "012",
    "1:30",
    "1_0.5",
  ];
  // test/e2e/yaml-readers.e2e.ts has kubectl read these, which the schema of YAML 1.1 does not
  // list.
  for (const text of [...words, "0B1", "0O7", "0X1F", "1_0e1_0", "+.5_0"]) {
    assert.equal(stringifyYaml({ [text]: text }), `"${text}": "${text}"\n`);
  }
  assert.equal(stringifyYaml({ a: "team-a", b: 10, c: true }), "a: team-a\nb: 10\nc: true\n");
});
