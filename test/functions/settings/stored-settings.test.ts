// The stored settings: what the value contains, which values the parser accepts, and that the table
// has each variable of a function.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { readIssuerSettings } from "../../../functions/issuer/settings.ts";
import { settingsParameter } from "../../../functions/parameters/names.ts";
import {
  parseStoredSettings,
  storedSettingsText,
} from "../../../functions/settings/stored-settings.ts";
import { IS_STORED } from "../../../functions/settings/variables.ts";
import { randomRuns } from "../../extent.ts";

const RUNS = { numRuns: randomRuns(10_000) };
const DEPLOYED = { version: "0.1.0", nodeLookup: false };
const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", CALLER_AUTH: "bearer" };

test("the parameter's name has the cluster's id, since clusters can share a prefix", () => {
  assert.equal(
    settingsParameter("/iam-authenticator/prod-1", "prod-1"),
    "/iam-authenticator/prod-1/settings/prod-1",
  );
  assert.equal(settingsParameter("/shared", "a.b"), "/shared/settings/a.b");
});

test("the value has the settings that decide an answer", () => {
  const environment = {
    ...REQUIRED,
    ACCOUNTS: "111122223333",
    TOKENS: "any",
    LOG_LEVEL: "debug",
    AUDIENCES: "",
  };
  assert.equal(
    storedSettingsText(environment, { version: "0.1.0", nodeLookup: true }),
    '{"format":1,"version":"0.1.0","settings":{"ACCOUNTS":"111122223333","TOKENS":"any","AUDIENCES":"","NODE_LOOKUP":"true"}}',
  );
  assert.equal(storedSettingsText({}, DEPLOYED), '{"format":1,"version":"0.1.0","settings":{}}');
});

test("the function's own parser judges what was stored", () => {
  const environment = {
    ACCOUNTS: "111122223333, 444455556666",
    RESERVED_PREFIXES: "corp:",
    STS_REGIONS: "eu-west-1",
  };
  const stored = parseStoredSettings(storedSettingsText({ ...REQUIRED, ...environment }, DEPLOYED));
  const value = { ...DEPLOYED, settings: environment, unknown: [] };
  assert.deepEqual(stored, { valid: true, value });
  assert.deepEqual(
    readSettings({ ...REQUIRED, ...value.settings }),
    readSettings({ ...REQUIRED, ...environment }),
  );
});

test("a setting of a newer version, or one that is never stored, is unknown and never passed on", () => {
  const text =
    '{"format":1,"version":"0.2.0","settings":{"NEW_RULE":"x","CLUSTER_ID":"other","TOKENS":"any"}}';
  const value = {
    version: "0.2.0",
    nodeLookup: false,
    settings: { TOKENS: "any" },
    unknown: ["NEW_RULE", "CLUSTER_ID"],
  };
  assert.deepEqual(parseStoredSettings(text), { valid: true, value });
});

test("a newer format is named, whatever else the value has", () => {
  for (const text of ['{"format":2}', '{"format":2,"settings":[]}', '{"format":9,"a":1,"a":2}']) {
    const stored = parseStoredSettings(text);
    assert.match(
      stored.valid ? "" : stored.problem,
      /^has format [29], which is newer than 1$/,
      text,
    );
  }
});

const PROBLEMS: readonly (readonly [string, RegExp])[] = [
  ["", /not a JSON object/],
  ["[]", /not a JSON object/],
  ["{}", /format 1/],
  ['{"format":0,"version":"0.1.0","settings":{}}', /format 1/],
  ['{"format":0.5,"version":"0.1.0","settings":{}}', /format 1/],
  ['{"format":"2","version":"0.1.0","settings":{}}', /format 1/],
  ['{"format":1,"version":"0.1.0","settings":{},"more":1}', /only "format"/],
  ['{"format":1,"format":1,"version":"0.1.0","settings":{}}', /repeats a key/],
  ['{"format":1,"version":"0.1.0","settings":{"TOKENS":"any","TOKENS":"jwt"}}', /repeats a key/],
  ['{"format":1,"settings":{}}', /a version/],
  ['{"format":1,"version":"0.1.0\\u001b[2J","settings":{}}', /a version/],
  ['{"format":1,"version":"0.1.0"}', /settings: an object/],
  [
    '{"format":1,"version":"0.1.0","settings":{"ACCOUNTS":["111122223333"]}}',
    /settings: an object/,
  ],
  ['{"format":1,"version":"0.1.0","settings":{"lower case":"x"}}', /settings: an object/],
  ['{"format":1,"version":"0.1.0","settings":{"__proto__":"x"}}', /settings: an object/],
  ['{"format":1,"version":"0.1.0","settings":{"NODE_LOOKUP":"false"}}', /NODE_LOOKUP "true"/],
];

test("every other value is invalid, and its problem does not repeat it", () => {
  for (const [text, problem] of PROBLEMS) {
    const stored = parseStoredSettings(text);
    assert.ok(!stored.valid, text);
    assert.match(stored.problem, problem, text);
    assert.ok(!stored.problem.includes("\u001b"));
  }
});

test("any text is read without an exception, and only well-formed settings are valid", () => {
  const any = fc.oneof(
    fc.string(),
    fc.jsonValue(),
    fc.constantFrom(1, 2, "0.1.0", {}, { TOKENS: "jwt" }, { a: 1 }),
  );
  const value = fc.record(
    { format: any, version: any, settings: any, more: any },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    value.map((object) => JSON.stringify(object)),
  );
  fc.assert(
    fc.property(text, (stored) => {
      const read = parseStoredSettings(stored);
      if (!read.valid) return;
      assert.match(read.value.version, /^[\w.+-]+$/);
      for (const [name, setting] of Object.entries(read.value.settings)) {
        assert.ok(IS_STORED[name as keyof typeof IS_STORED] && typeof setting === "string");
      }
    }),
    RUNS,
  );
});

test("what was stored is read again, for any text of the settings", () => {
  const stored = Object.entries(IS_STORED).flatMap(([name, isStored]) => (isStored ? [name] : []));
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...stored), fc.string()),
      fc.boolean(),
      (settings, nodeLookup) => {
        const text = storedSettingsText(settings, { version: "1.2.3-rc.1", nodeLookup });
        const value = {
          version: "1.2.3-rc.1",
          nodeLookup,
          settings: { ...settings },
          unknown: [],
        };
        assert.deepEqual(parseStoredSettings(text), { valid: true, value });
      },
    ),
    RUNS,
  );
});

test("the table has the variables that the functions read, and no other", () => {
  const names = new Set<string>();
  const recording = (values: Readonly<Record<string, string>>) =>
    new Proxy(values, {
      get(target, name) {
        names.add(String(name));
        return target[String(name)];
      },
    });
  readSettings(recording(REQUIRED));
  readIssuerSettings(recording({ ...REQUIRED, ISSUER_URL: "https://oidc.example.com" }));
  const check = readFileSync(
    join(import.meta.dirname, "../../../functions/deployment-check/index.ts"),
    "utf8",
  );
  for (const [, name = ""] of check.matchAll(/\b(?:setting|read|oneOf)\((?:read, )?"([A-Z_]+)"/g))
    names.add(name);
  assert.deepEqual([...names].sort(), Object.keys(IS_STORED).sort());
});
