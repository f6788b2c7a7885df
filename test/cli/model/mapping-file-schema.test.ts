// The JSON Schema accepts the same mapping files as the command, except for the rules that its
// `$comment` excludes.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { stringify } from "yaml";
import { Failure } from "../../../cli/io/errors.ts";
import { processRun } from "../../../cli/io/run.ts";
import { readMapping } from "../../../cli/model/file-entry.ts";
import schema from "../../../cli/model/mapping-file.schema.json" with { type: "json" };
import { examineMappingFiles, placeEntries } from "../../../cli/model/mapping-file.ts";
import { KINDS, kindsWhere } from "../../../functions/authenticator/mapping/kinds.ts";
import { parseJson } from "../../../functions/lib/json.ts";
import { randomRuns } from "../../extent.ts";
import { cli } from "../cli.ts";

/** After a change of the schema, run it with IAM_AUTHENTICATOR_RUNS=10000. */
const RUNS = Number(process.env["IAM_AUTHENTICATOR_RUNS"] ?? randomRuns(300));
const streams = processRun();
/** Compiling fails if the schema is not valid 2020-12. */
const isValid = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  schema,
);

/**
 * The rules that only the command checks, as in the schema's `$comment`, with the command's
 * messages.
 */
const ONLY_THE_COMMAND = {
  day: /^notAfter must be a time like /,
  never: /^arnLike .* can never match: /,
  mappings: /^\d+ mappings (?:for one parameter|of session )/,
  denials: /^\d+ denials of /,
  bytes:
    /^\d+ bytes, but a parameter holds at most 4096, and a description has 4096 bytes: shorten it$/,
} as const;

async function problemsOf(text: string): Promise<string[]> {
  const run = { ...streams, input: () => Readable.from([text]) };
  try {
    const { entries, problems } = await examineMappingFiles(["-"], run);
    return [...problems, ...placeEntries("/p", entries).problems].map(({ problem }) => problem);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [error.message];
  }
}

async function compare(file: unknown, text: string): Promise<string> {
  const problems = await problemsOf(text);
  if (!isValid(file)) {
    assert.notDeepEqual(
      problems,
      [],
      `only the schema rejects ${text}: ${JSON.stringify(isValid.errors)}`,
    );
    return "invalid";
  }
  const reasons = problems.map((problem) => {
    const [name] = Object.entries(ONLY_THE_COMMAND).find(([, words]) => words.test(problem)) ?? [];
    return name ?? assert.fail(`the schema accepts ${text}: ${problem}`);
  });
  return reasons[0] ?? "valid";
}

const ROLE = { arn: "arn:aws:iam::111122223333:role/x", username: "x" };
const ACCOUNT = { account: "111122223333" };
const OF_EACH_KIND: object[] = [
  { ...ROLE, groups: ["g"] },
  { ...ROLE, arn: "arn:aws:iam::111122223333:user/x" },
  { ...ROLE, arn: "arn:aws:iam::111122223333:root" },
  { ...ROLE, arn: "arn:aws:sts::111122223333:federated-user/x" },
  { arnLike: "arn:aws:iam::111122223333:role/*", username: "x" },
  { ...ACCOUNT, permissionSet: "Admin", username: "x" },
  { ...ACCOUNT, permissionSet: "Admin", session: "jane@example.com", username: "x" },
  ACCOUNT,
  { ...ACCOUNT, username: "x", groups: ["g"] },
  { ...ROLE, username: "sso:{PrincipalTag:email}", groups: ["g", "team:{PrincipalTag:team}"] },
];

test("the schema has the keys of all kinds, and the entries below are of each kind", () => {
  const kinds = kindsWhere((kind) => kind !== "deny");
  const keys = new Set([...kinds.flatMap((kind) => KINDS[kind].keys), "account", "permissionSet"]);
  const { mapping, denial } = schema.$defs;
  assert.deepEqual(new Set(Object.keys(mapping.properties)), keys);
  assert.deepEqual(
    new Set(Object.keys(denial.properties)),
    new Set([...KINDS.deny.keys, "account"]),
  );
  const read = OF_EACH_KIND.map((item) => {
    const entry = readMapping(item);
    return entry.valid ? entry.value.kind : assert.fail(entry.problem);
  });
  assert.deepEqual(new Set(read), new Set(kinds));
});

const ID = "A".repeat(125);
const OWN = "arn:aws:iam::111122223333:";
/** Values that are just valid or just invalid for some kind. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  arn: [
    ...[
      "role/x",
      "role/a/b",
      "user/x",
      "root",
      "rootx",
      "group/x",
      "role/",
      "role/a b/x",
      "ROLE/X",
    ].map((e) => OWN + e),
    ...[
      "arn:aws:iam::1111:role/x",
      "arn:aws:iam:x:111122223333:role/x",
      `${OWN}root`.toUpperCase(),
      ` ${OWN}root`,
    ],
    ...["sts", "STS"].map((service) => `arn:aws:${service}::111122223333:federated-user/X`),
    ...["assumed-role/x/y", "federated-user/x y"].map((end) => `arn:aws:sts::111122223333:${end}`),
  ],
  arnLike: [
    ...[
      "arn:aws:iam::*:role/*",
      "arn:aws:iam::1*:user/a/*",
      "arn:aws:iam::11112222333?:root",
      "arn:*:*:*:*:*",
    ],
    ...[
      "role/*",
      "arn:aws-*:i?m:*:1111????3333:r*/a/b",
      `${OWN}role/team/x-*`,
      `${OWN}assumed-role/ci-?/jane`,
    ],
  ],
  account: ["any", "111122223333", 111122223333, "11112222333", "1111222233334"],
  permissionSet: ["A", "A".repeat(32), "A".repeat(33), "a b", ""],
  session: ["jane@example.com", "A".repeat(64), "A".repeat(65), "a b", "", "*", 1],
  username: [
    ...["u", "", "{SessionName}", "{SessionName", "{{SessionName}}", "{X}", 1, ["u"]],
    ...[
      "{IdentityStoreUserId}",
      "a:{SourceIdentity}:{PrincipalTag:a:b}x",
      "a{AccountID}:{PrincipalTag:é}",
    ],
    ...[
      ":{SourceIdentity}",
      "::{SourceIdentity}",
      "a{PrincipalTag:a}",
      "{AccountID}:{PrincipalTag:a}",
    ],
    ...["system:{PrincipalTag:a}", "system:{IdentityStoreUserId}", "a:{PrincipalTag:*}"],
  ],
  groups: [
    ...[[], ["g"], [""], ["{AccountID}"], ["{X}"], "g", [1], { g: true }],
    ...["team:{PrincipalTag:team}", "a:b:{PrincipalTag:a:b}", "access:edit:{PrincipalTag:ns}"].map(
      (g) => [g],
    ),
    ...["system:{PrincipalTag:a}", "access:{PrincipalTag:a}", "kubeadm:{PrincipalTag:a}"].map(
      (g) => [g],
    ),
    ...["{PrincipalTag:a}", ":{PrincipalTag:a}", "a{PrincipalTag:a}", "a:{PrincipalTag:a}x"].map(
      (g) => [g],
    ),
    ...["a:{SourceIdentity}", "{IdentityStoreUserId}", "{AccountID}:{PrincipalTag:a}"].map((g) => [
      g,
    ]),
    ...[
      "a:{PrincipalTag:a}:{PrincipalTag:b}",
      "a:{PrincipalTag:}",
      `a:{PrincipalTag:${"x".repeat(129)}}`,
    ].map((g) => [g]),
  ],
  principalId: ["AROA", "AIDA"].flatMap((start) => [
    start,
    `${start}1`,
    `${start}${ID.slice(1)}`,
    `${start}${ID}`,
  ]),
  notAfter: [
    ...[
      "2026-12-31T00:00:00Z",
      "2026-12-31T23:59:59.123456789Z",
      "2026-12-31T23:59:59.1234567890Z",
      "2026-12-31",
    ],
    ...[
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-01-32T00:00:00Z",
    ],
    ...[
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00+00:00",
    ],
  ],
  deny: [true, false, "true", 1],
  description: ["", "d", 1],
  name: [
    "jane",
    "Jane@example.com",
    "j",
    "A".repeat(64),
    "A".repeat(65),
    "a b",
    "a,b",
    "111122223333",
    "AKIAIOSFODNN7EXAMPLE",
    1,
  ],
  unknown: ["x"],
};

const ENTRIES = OF_EACH_KIND.flatMap((item) => [
  ...Object.keys(item).map((key) =>
    Object.fromEntries(Object.entries(item).filter(([own]) => own !== key)),
  ),
  ...Object.entries(VALUES).flatMap(([key, values]) =>
    [...values, null].map((value) => ({ ...item, [key]: value })),
  ),
]);
const DENIAL = { arnLike: `${OWN}user/a/b`, notAfter: "2026-12-31T00:00:00Z" };
const NAMED = { name: "jane@example.com", description: "left" };
const DENIALS = [DENIAL, NAMED, { ...NAMED, account: "111122223333" }].flatMap((denial) =>
  Object.entries(VALUES).flatMap(([key, values]) =>
    values.map((value) => ({ ...denial, [key]: value })),
  ),
);

test("they agree on every kind of mapping with every key valid, slightly invalid or missing", async () => {
  for (const file of [
    ...[...OF_EACH_KIND, ...ENTRIES].map((mapping) => ({ mappings: [mapping] })),
    ...DENIALS.map((denial) => ({ deny: [denial] })),
    ...[
      null,
      [],
      {},
      { mappings: null },
      { mappings: null, deny: [] },
      { mappings: {} },
      { roles: [] },
      { deny: [1] },
    ],
  ]) {
    await compare(file, JSON.stringify(file));
  }
});

/** One or two characters of the text removed, added or replaced. */
const slip = fc.tuple(fc.nat(), fc.constantFrom("", ..."*?:/{} Az0-ü\u212a\u2028"), fc.nat(1));
const slips = fc.array(slip, { maxLength: 2 });

test(`they agree on ${RUNS} generated files`, async () => {
  const some = (valid: readonly object[], others: readonly object[]) =>
    fc.array(
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...valid) }, fc.constantFrom(...others)),
      {
        maxLength: 2,
      },
    );
  const files = fc.record({
    mappings: some(OF_EACH_KIND, ENTRIES),
    deny: some([DENIAL, NAMED], DENIALS),
  });
  const count = { valid: 0, invalid: 0 };
  await fc.assert(
    fc.asyncProperty(files, slips, fc.boolean(), async (file, edits, asYaml) => {
      const edit = (text: string, [at, character, cut]: (typeof edits)[number]) =>
        text.slice(0, at % text.length) + character + text.slice((at % text.length) + cut);
      const text = edits.reduce(edit, JSON.stringify(file));
      const edited = parseJson(text);
      fc.pre(edited !== undefined);
      const verdict = await compare(edited, asYaml ? stringify(edited) : text);
      if (verdict === "valid" || verdict === "invalid") count[verdict] += 1;
    }),
    { numRuns: RUNS, seed: 35 },
  );
  assert.ok(Math.min(count.valid, count.invalid) > RUNS / 6, JSON.stringify(count));
});

for (const [reason, file] of [
  ["day", { mappings: [{ ...ROLE, notAfter: "2026-02-30T00:00:00Z" }] }],
  ["never", { mappings: [{ arnLike: "arn:aws:iam::111122223333:group/*", username: "x" }] }],
  ["mappings", { mappings: [ROLE, ROLE] }],
  ["denials", { deny: [{ arnLike: ROLE.arn }, { arnLike: ROLE.arn }] }],
  ["denials", { deny: [{ name: "jane" }, { name: "Jane" }] }],
  ["bytes", { mappings: [{ ...ROLE, description: "x".repeat(4096) }] }],
] as const) {
  test(`only the command: ${reason}`, async () =>
    assert.equal(await compare(file, JSON.stringify(file)), reason));
}

test("the schema rejects common errors in patterns and times, and two ARNs in one text", async () => {
  const denied = [
    "arn:aws:sts::111122223333:assumed-role/Developers/jane@example.com",
    `${OWN}role/team/x`,
  ];
  const wrong = [
    "role/x",
    "arn:aws:iam::1111:role/*",
    "arn:aws:iam:eu-west-1:*:role/*",
    `${OWN}role/team/x-*`,
  ];
  for (const both of [`${ROLE.arn},${ROLE.arn}`, `${ROLE.arn}/${ROLE.arn}`]) {
    for (const file of [
      { mappings: [{ arn: both, username: "x" }] },
      { deny: [{ arnLike: both }] },
    ]) {
      assert.equal(await compare(file, JSON.stringify(file)), "invalid");
    }
  }
  for (const arnLike of [...denied, ...wrong]) {
    assert.equal(isValid({ mappings: [{ arnLike, username: "x" }] }), false, arnLike);
    assert.equal(isValid({ deny: [{ arnLike }] }), denied.includes(arnLike), arnLike);
  }
  for (const time of ["13-01T00:00:00", "00-01T00:00:00", "01-32T00:00:00", "01-01T24:00:00"]) {
    assert.equal(isValid({ mappings: [{ ...ROLE, notAfter: `2026-${time}Z` }] }), false, time);
  }
});

test("mappings schema prints the schema, imported files refer to it, and JSON files may name it", async () => {
  assert.deepEqual(JSON.parse((await cli("mappings schema")).out), schema);
  const input = "apiVersion: v1\nkind: ConfigMap\ndata: {mapAccounts: '[\"111122223333\"]'}\n";
  const imported = `# For checks and completion in an editor, save the schema next to this file:
#   iam-authenticator mappings schema > mapping-file.schema.json
# yaml-language-server: $schema=./mapping-file.schema.json
mappings:
  - account: "111122223333"
`;
  assert.equal((await cli("mappings import -f -", { input })).out, imported);
  assert.deepEqual(await problemsOf(imported), []);
  assert.deepEqual(await problemsOf('{"$schema": "./mapping-file.schema.json", "deny": []}'), []);
  const [problem = ""] = await problemsOf('{"$schema": 1, "deny": []}');
  assert.match(
    problem,
    /^standard input, line 1: \$schema must be a string: the path or URL of a schema\.$/,
  );
});
