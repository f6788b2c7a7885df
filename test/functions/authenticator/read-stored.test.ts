// The one reading of stored values: equal to the readings that it replaces, for 1,000 values of each kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCallers } from "../../../cli/callers/list.ts";
import { readParameter } from "../../../cli/mappings/file/read-parameter.ts";
import { checkDenyList } from "../../../functions/authenticator/mapping/deny-list.ts";
import { isListKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { readMapping, readMappingList } from "../../../functions/authenticator/mapping/read-mapping.ts";
import type { ParameterKind } from "../../../functions/authenticator/mapping/read-name.ts";
import { readStored } from "../../../functions/authenticator/read-stored.ts";
import { problemsIn } from "../../../functions/authenticator/stored-problems.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { HOME } from "./fixtures.ts";
import { text } from "./mapping/arbitrary-values.ts";

const NAMES: Readonly<Record<ParameterKind, string>> = {
  role: `role/${HOME}/developers`,
  user: `user/${HOME}/alice`,
  root: `root/${HOME}`,
  "federated-user": `federated-user/${HOME}/jane`,
  sso: `sso/${HOME}/view`,
  "sso-session": `sso-session/${HOME}/view`,
  pattern: `pattern/${HOME}`,
  account: `account/${HOME}`,
  deny: `deny/${HOME}`,
};
const KINDS = Object.keys(NAMES) as ParameterKind[];
const denial = fc.record(
  {
    arnLike: fc.constantFrom(`arn:aws:iam::${HOME}:user/a/b`, "arn:aws-cn:iam::*:role/x", "x", 1),
    notAfter: fc.constantFrom("2026-01-01T00:00:00Z", "soon"),
    note: fc.constant(1),
  },
  { requiredKeys: ["arnLike"] },
);
const caller = fc.record(
  {
    name: fc.constantFrom("a", ""),
    sha256: fc.constantFrom("0".repeat(64), "0"),
    arn: fc.constantFrom(`arn:aws:iam::${HOME}:role/a`, "x"),
    principalId: fc.constantFrom("AROAEXAMPLE", "x"),
    notAfter: fc.constantFrom("2026-01-01T00:00:00Z", "soon"),
  },
  { requiredKeys: ["name"] },
);
const list = fc.oneof(fc.array(denial), fc.array(caller)).map((items) => JSON.stringify(items));
const repeated = fc.constantFrom('[{"arnLike":"x","arnLike":"x"}]', '{"username":"a","username":"b"}');
const stored = fc.record({
  value: fc.oneof(text, list, repeated),
  secure: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
});
const partition = fc.constantFrom("aws", undefined);
const RUNS = { numRuns: 1000 };

/** The command's words for the three problems of a value as a whole. */
const WORDS: Readonly<Record<string, string>> = {
  "must be of type String, not SecureString": "a SecureString: it must be of type String",
  "must be JSON": "not JSON",
  "must be a JSON list": "not a JSON list",
  "a SecureString": "a SecureString: it must be of type String",
};

for (const kind of [...KINDS, "callers"] as const) {
  test(`${kind}: equal to the deployment check's reading`, () => {
    fc.assert(
      fc.property(stored, partition, (one, of) => {
        const scope = { account: HOME, ...(of !== undefined && { partition: of }) };
        const read = readStored(kind, scope, one);
        const old = problemsIn({ kind, account: HOME, ...one }, of);
        if (typeof old === "string") assert.deepEqual([read.isReadable, read.problems], [false, [WORDS[old] ?? old]]);
        else
          assert.deepEqual(
            read.entries.map(({ problem }) => problem),
            old,
          );
      }),
      RUNS,
    );
  });
}

for (const kind of KINDS) {
  test(`${kind}: equal to the command's reading`, () => {
    fc.assert(
      fc.property(stored, partition, (one, of) => {
        const read = readStored(kind, { account: HOME, ...(of !== undefined && { partition: of }) }, one);
        const old = readParameter("/p", `/p/${NAMES[kind]}`, one, of);
        assert.deepEqual(
          read.problems,
          old.problems.map((problem) => WORDS[problem] ?? problem),
        );
        const valid = read.entries.flatMap(({ value, problem }) => (problem === undefined ? [value] : []));
        assert.deepEqual(
          valid,
          kind === "deny" ? old.denials.map(({ entry }) => entry) : old.entries.map(({ mapping }) => mapping),
        );
      }),
      RUNS,
    );
  });

  test(`${kind}: equal to the function's reading`, () => {
    fc.assert(
      fc.property(stored, (one) => {
        const scope = { account: HOME, partition: "aws" };
        const { isReadable, entries, problems } = readStored(kind, scope, one);
        if (kind === "deny") {
          const old = checkDenyList(one, scope);
          const now =
            problems.length === 0
              ? { valid: true, entries: entries.map(({ value }) => value) }
              : { valid: false, problem: problems[0], invalidCount: problems.length };
          assert.deepEqual(now, old);
          return;
        }
        const old = isListKind(kind) ? readMappingList(one, kind) : readMapping(one, kind);
        if ("problem" in old) assert.deepEqual([isReadable, problems], [false, [old.problem]]);
        else {
          const checks = ("entries" in old ? old.entries : [old]).map(({ check }) => check);
          assert.deepEqual(
            entries.map(({ value, problem }) =>
              problem === undefined ? { valid: true, mapping: value } : { valid: false, problem },
            ),
            checks,
          );
        }
      }),
      RUNS,
    );
  });
}

test("callers: the entries are equal to those of the callers command", async () => {
  await fc.assert(
    fc.asyncProperty(stored, async (one: StoredParameter) => {
      const read = readStored("callers", {}, one);
      const ssm = {
        send: async () => ({
          Parameters: [{ Name: "/p/callers", Value: one.value, Type: one.secure ? "SecureString" : "String" }],
          InvalidParameters: [],
        }),
      };
      const connection = { ssm, context: { prefix: "/p" } } as never;
      const old = await readCallers(connection, new AbortController().signal).catch(() => undefined);
      assert.deepEqual(read.isReadable ? read.entries.map(({ value }) => value) : undefined, old?.entries);
    }),
    RUNS,
  );
});
