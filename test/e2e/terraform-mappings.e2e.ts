// examples/terraform/modules/mappings plans what `mappings apply` writes for the same files, and
// import reads Terraform's variables. Evaluated with OpenTofu; these modules need no provider.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join, relative } from "node:path";
import { before, test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { processRun } from "../../cli/io/run.ts";
import { stringifyYaml } from "../../cli/io/yaml.ts";
import { readMappingFiles, toParameters } from "../../cli/model/mapping-file.ts";
import { KINDS, type MappingKind } from "../../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { cli } from "../cli/cli.ts";
import { importText } from "../cli/commands/mappings/cluster.ts";
import { useFolder } from "../cli/fixtures.ts";
import { findTofu } from "./binaries/binaries.ts";
import { assertRejected, tofu } from "./terraform/evaluate.ts";

const MODULES = join(import.meta.dirname, "..", "..", "examples", "terraform", "modules");
const PREFIX = "/iam-authenticator/prod";
const ACCOUNT = "111122223333";

const root = useFolder();
before(() => {
  root.write(
    "main.tf",
    `variable "files" {}
variable "mappings" { default = [] }
module "mappings" {
  source   = "${relative(root.path, join(MODULES, "mappings"))}"
  prefix   = "${PREFIX}"
  files    = var.files
  mappings = var.mappings
}
output "values" { value = module.mappings.values }
`,
  );
  tofu(root.path, ["init", "-no-color"]);
});

/** The value of each parameter by its name. Throws OpenTofu's message. */
function valuesOf(files: readonly string[], mappings: unknown = []): Record<string, string> {
  root.write("terraform.tfvars.json", JSON.stringify({ files, mappings }));
  tofu(root.path, ["apply", "-auto-approve", "-no-color"]);
  return JSON.parse(tofu(root.path, ["output", "-json", "values"]));
}

/** What `mappings apply` writes. */
async function applied(files: readonly string[]): Promise<Record<string, string>> {
  const streams = { ...processRun(), log: () => {} };
  return Object.fromEntries(toParameters(PREFIX, await readMappingFiles(files, streams)));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const iamName = fc.stringMatching(/^[\w+=,.@-]{1,64}$/);
const account = fc.stringMatching(/^\d{12}$/);
const path = fc.constantFrom("", "team/", "a/b.c/");

const named = fc
  .record({
    kind: fc.constantFrom<MappingKind>(
      "role",
      "role",
      "user",
      "federated-user",
      "sso",
      "root",
      "account",
    ),
    account,
    name: iamName,
    path,
  })
  .map(({ kind, account, name, path }) => {
    const arns: Partial<Record<MappingKind, string>> = {
      role: `arn:aws:iam::${account}:role/${path}${name}`,
      user: `arn:aws-cn:iam::${account}:user/${path}${name}`,
      "federated-user": `arn:aws:sts::${account}:federated-user/${name}`,
      root: `arn:aws-us-gov:iam::${account}:root`,
    };
    const arn = arns[kind];
    const permissionSet = name.slice(0, 32);
    const input =
      arn !== undefined ? { arn } : kind === "sso" ? { account, permissionSet } : { account };
    const unnamed = kind === "root" || kind === "account";
    return { input, kind, account, name: unnamed ? "" : kind === "sso" ? permissionSet : name };
  });

test("the modules without a provider are valid, and their own tests pass", () => {
  const { path: modules } = useFolder();
  cpSync(MODULES, modules, { recursive: true });
  for (const [name, tests] of [
    ["mapping-name", 6],
    ["mappings", 3],
    ["zip", 0],
  ] as const) {
    const module = join(modules, name);
    tofu(module, ["init", "-no-color"]);
    assert.match(tofu(module, ["validate", "-no-color"]), /^Success! The configuration is valid\./);
    assert.match(
      tofu(module, ["test", "-no-color"]),
      new RegExp(`Success! ${tests} passed, 0 failed\\.`),
    );
  }
});

test("1,000 names from HCL equal the function's", () => {
  const samples = fc.sample(named, { numRuns: 1000, seed: 13 });
  const { path: folder, write } = useFolder();
  cpSync(join(MODULES, "mapping-name"), join(folder, "mapping-name"), { recursive: true });
  write("inputs.json", JSON.stringify(samples.map(({ input }) => input)));
  write(
    "main.tf",
    `locals { inputs = jsondecode(file("inputs.json")) }
module "name" {
  source         = "./mapping-name"
  for_each       = { for index, input in local.inputs : index => input }
  prefix         = "${PREFIX}"
  arn            = try(each.value.arn, null)
  account        = try(each.value.account, null)
  permission_set = try(each.value.permissionSet, null)
}
output "names" { value = [for index, input in local.inputs : module.name[index].name] }
`,
  );
  tofu(folder, ["init", "-no-color"]);
  tofu(folder, ["apply", "-auto-approve", "-no-color"]);
  const names: string[] = JSON.parse(tofu(folder, ["output", "-json", "names"]));
  assert.deepEqual(
    names,
    samples.map(({ kind, account, name }) => mappingParameter(PREFIX, kind, account, name)),
  );
});

/** What HTML, JavaScript and JSON escape, and text that looks like an escape. */
const TEXTS = [
  "dev",
  " ",
  "<",
  ">",
  "&",
  '"',
  "\\",
  "\\u003c",
  "\u2028",
  "ä",
  "é",
  "日本",
  "$${x}",
  "%{",
  "~",
  "#",
];
const DESCRIPTIONS = [
  "R&D",
  "<b>",
  "\\u0026",
  "\u2028",
  "\u2029",
  "\u007f",
  "\t",
  "\n",
  "{x}",
  "\\",
];
const text = fc
  .array(fc.constantFrom(...TEXTS), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join("").replace(/[\u2028{}]/g, "") || "x");
const description = fc
  .array(fc.constantFrom(...DESCRIPTIONS), { maxLength: 5 })
  .map((parts) => parts.join(""));
const generated = fc
  .record({
    named,
    username: fc.oneof(text, fc.constant("dev:{SessionName}")),
    groups: fc.option(fc.array(text, { maxLength: 3 }), { nil: undefined }),
    description: fc.option(description, { nil: undefined }),
    notAfter: fc.option(fc.constantFrom("2126-12-31T00:00:00Z", "2126-02-28T23:59:59.5Z"), {
      nil: undefined,
    }),
    isPinned: fc.boolean(),
  })
  .map(({ named: { input, kind, account, name }, isPinned, ...rest }) => {
    const { idStart } = KINDS[kind];
    const pin = isPinned && idStart !== undefined ? { principalId: `${idStart}EXAMPLE` } : {};
    return {
      entry: { ...input, ...rest, ...pin },
      address: mappingParameter(PREFIX, kind, account, name),
    };
  });

test("names and values equal those that mappings apply writes, byte by byte", async () => {
  const selector = ({ address }: { readonly address: string }) => address;
  const unique = fc.uniqueArray(generated, { minLength: 60, maxLength: 60, selector });
  const lists = fc
    .sample(unique, { numRuns: 2, seed: 51 })
    .map((list) => list.map(({ entry }) => entry));
  const [first = [], second = []] = lists;
  const again = first
    .slice(0, 20)
    .map((entry) => ({ ...entry, username: "overridden", description: undefined }));
  const { write } = useFolder();
  const plain = (entries: readonly object[]) => JSON.parse(JSON.stringify({ mappings: entries }));
  // As the command writes files.
  const yaml = (entries: readonly object[]) => stringifyYaml(plain(entries));
  const files = [
    write("first.yaml", yaml(first)),
    write(
      "second.json",
      JSON.stringify({ $schema: "./mapping-file.schema.json", ...plain(second) }),
    ),
    write("third.yaml", yaml(again)),
    // By hand, with times without quotes.
    write(
      "fourth.yaml",
      entry("notAfter: 2126-12-31T00:00:00Z, groups: [a, 1_000], description: until 2126-12-31"),
    ),
  ];
  const wanted = await applied(files);
  assert.ok(Object.keys(wanted).length > 100);
  assert.equal(
    Object.values(wanted).filter((value) => value.includes('"username":"overridden"')).length,
    20,
  );
  assert.deepEqual(valuesOf(files), wanted);
});

test("the module's own mappings override those of the files, and null is an omitted attribute", async () => {
  const { write } = useFolder();
  const arn = `arn:aws:iam::${ACCOUNT}:role/Developers`;
  const file = write(
    "mappings.yaml",
    stringify({ mappings: [{ arn, username: "file" }, { account: ACCOUNT }] }),
  );
  const own = { arn, username: "own", groups: null, notAfter: "2126-12-31T00:00:00Z" };
  const values = valuesOf([file], [own]);
  assert.deepEqual(values, {
    [`${PREFIX}/account/${ACCOUNT}`]: "{}",
    [`${PREFIX}/role/${ACCOUNT}/developers`]: `{"arn":"${arn}","username":"own","notAfter":"2126-12-31T00:00:00Z"}`,
  });
  for (const [name, value] of Object.entries(values)) {
    const kind = name.slice(PREFIX.length).split("/")[1] as MappingKind;
    assert.equal(checkMapping(JSON.parse(value), kind).valid, true, name);
  }
});

/** What is before a tag in a group. */
const VALID_STARTS = ["team:", "a:b:", "access:edit:", "systems:", "accesses:", "ä :"];
const INVALID_STARTS = [
  ...["", ":", "team", "system:", "system:x:", "access:", "kubeadm:", "{AccountID}:"],
  "a:{PrincipalTag:team}:",
];

test("a group from a tag is accepted, or rejected by its name, as by the function", () => {
  const { write } = useFolder();
  const [valid = [], invalid = []] = [VALID_STARTS, INVALID_STARTS].map((starts) =>
    starts.map((start, index) => ({
      ...{ arn: `arn:aws:iam::${ACCOUNT}:role/R${index}`, username: "sso:{PrincipalTag:email}" },
      groups: ["g", `${start}{PrincipalTag:team}`],
    })),
  );
  for (const entry of valid) assert.equal(checkMapping(entry, "role").valid, true);
  for (const entry of invalid) assert.equal(checkMapping(entry, "role").valid, false);
  const file = (mappings: readonly object[]) => write("groups.yaml", stringify({ mappings }));
  const values = Object.values(valuesOf([file(valid)]));
  assert.deepEqual(
    values.map((value) => JSON.parse(value)),
    valid,
  );
  const rejected = invalid.map(({ groups }) => `group ${JSON.stringify(groups[1])} has `);
  const all = rejected.map((text) => `(?=.*${text.replace(/[{}]/g, "\\$&")})`).join("");
  assertRejected(() => valuesOf([file(invalid)]), new RegExp(`^${all}`));
});

const arn = `arn:aws:iam::${ACCOUNT}:role/Developers`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/control-plane/i-1`;
const entry = (more: string) => `mappings:\n  - {arn: "${arn}", username: dev, ${more}}\n`;
const list = (item: object) => stringify({ mappings: [item] });
const LISTED =
  /entry 1: \w+ is not supported\. Write lists of patterns and sessions with iam-authenticator mappings apply\./;
for (const [name, file, message] of [
  [
    "two mappings of one role",
    `${entry("groups: [a]")}  - {arn: "${arn.toLowerCase()}", username: b}`,
    /Duplicate object key/,
  ],
  ["an ARN and an account", entry(`account: "${ACCOUNT}"`), /either an arn or an account/],
  ["an assumed role", list({ arn: SESSION, username: "a" }), /arn must be that of an IAM role/],
  ["an account of letters", list({ account: "prod" }), /account must be 12 digits/],
  [
    "an account that is a number",
    "mappings: [{account: 111122223333}]",
    /entry 1: account must be a string: put it in quotes/,
  ],
  [
    "a misspelt key",
    entry('not_after: "2026-12-31T00:00:00Z"'),
    /entry 1: not_after is an unknown key\. The keys are account, permissionSet, arn, username, groups, principalId, notAfter, description\./,
  ],
  ["a key deny", entry("deny: true"), /entry 1: deny is an unknown key/],
  [
    "a list of denials",
    `${entry("groups: [a]")}deny: []\n`,
    /deny: is not supported\. Write denials with iam-authenticator mappings deny\./,
  ],
  ["another top-level key", `${entry("groups: [a]")}mapping: []\n`, /unknown key mapping\./],
  ["a file without the list", "$schema: x\n", /must have the list mappings\./],
  ["a file that is a list", `- {arn: "${arn}", username: dev}\n`, /must have the list mappings\./],
  [
    "a list that is a mapping",
    `mappings: {arn: "${arn}", username: dev}\n`,
    /must have the list mappings\./,
  ],
  ["an entry that is a string", `mappings: [dev]\n`, /entry 1: must be an object\./],
  ["a pattern", list({ arnLike: "arn:aws:iam::*:role/x", username: "a" }), LISTED],
  [
    "a session",
    list({ account: ACCOUNT, permissionSet: "A", session: "a@b.c", username: "a" }),
    LISTED,
  ],
  [
    "groups that are one string",
    entry("groups: system:masters"),
    /entry 1: groups must be a list of strings, none of them empty\./,
  ],
  ["a group that is a number", entry("groups: [1]"), /groups must be a list of strings/],
  ["a group that is a boolean", entry("groups: [true]"), /groups must be a list of strings/],
  ["an empty group", entry('groups: [""]'), /groups must be a list of strings, none of them empty/],
  [
    "a username that is a placeholder without quotes",
    `mappings: [{arn: "${arn}", username: {SessionName}}]`,
    /username must be a string/,
  ],
  [
    "an unknown placeholder",
    list({ arn, username: "dev:{Sessionname}" }),
    /entry 1: username "dev:\{Sessionname\}" has an unknown placeholder: the placeholders are \{AccountID\}, /,
  ],
  [
    "a stray brace",
    entry('groups: ["a}"]'),
    /entry 1: group "a\}" has a brace outside of a placeholder\./,
  ],
  [
    "a control character",
    entry('groups: ["a\\u0007b"]'),
    /entry 1: group "a\\u0007b" has a control character\./,
  ],
  [
    "a claim in a group",
    entry('groups: ["a:{SourceIdentity}"]'),
    /has \{SourceIdentity\}, which is only for usernames\./,
  ],
  [
    "a claim that is the username",
    list({ arn, username: "{SourceIdentity}" }),
    /which must follow literal text that ends in ":"/,
  ],
  [
    "a claim after system:",
    list({ arn, username: "system:x:{PrincipalTag:team}" }),
    /does not begin with "system:", such as aws:\{PrincipalTag:team\}/,
  ],
  [
    "an id of a user for a role",
    entry("principalId: AIDAEXAMPLE"),
    /entry 1: principalId must be the unique id of a role \(AROA/,
  ],
  [
    "an id without an ARN",
    list({ account: ACCOUNT, principalId: "AROAEXAMPLE" }),
    /principalId must be the unique id/,
  ],
  ["no username", list({ arn }), /entry 1: username is missing\./],
  [
    "groups of an account without a username",
    list({ account: ACCOUNT, groups: ["a"] }),
    /username is missing/,
  ],
  ["a null", entry("description: null"), /description must be a string/],
  ["a date without quotes", entry("notAfter: 2126-12-31"), /put 2126-12-31 in quotes\./],
  [
    "an end that is no time",
    entry("notAfter: tomorrow"),
    /notAfter must be a time in UTC, such as/,
  ],
  [
    "an end with an offset",
    entry('notAfter: "2026-12-31T00:00:00+01:00"'),
    /notAfter must be a time in UTC/,
  ],
  [
    "double braces",
    entry('groups: ["dev:{{SessionName}}"]'),
    /double braces are of aws-auth\. Use single ones, such as \{SessionName\}\./,
  ],
] as const) {
  test(`${name} is rejected, as by the command unless it is a list`, async () => {
    const path = useFolder().write("mappings.yaml", file);
    assertRejected(() => valuesOf([path]), message);
    const { code } = await cli(["mappings", "lint", "-f", path]);
    assert.equal(code > 0, !["a list of denials", "a pattern", "a session"].includes(name));
  });
}

test("an empty list of mappings is empty", async () => {
  const { write } = useFolder();
  for (const file of ["mappings:\n", "mappings: []\n"])
    assert.deepEqual(valuesOf([write("mappings.yaml", file)]), {});
});

test("import reads what terraform console prints for HCL variables", async () => {
  const { path: folder, write } = useFolder();
  write("variables.tf", 'variable "aws_auth_users" {}\nvariable "aws_auth_roles" {}\n');
  const hcl = `aws_auth_users = [{ userarn = "arn:aws:iam::${ACCOUNT}:user/alice", username = "alice", groups = ["system:masters"] }]
aws_auth_roles = [{ rolearn = "${arn}", username = "dev:{{SessionName}}", groups = ["dev"] }]
`;
  write("users.tfvars", hcl);
  const { err } = await importText(hcl);
  const [, command = assert.fail(err)] = /(echo '.*?) > aws-auth\.tfvars\.json/.exec(err) ?? [];
  const both = command
    .replace(
      "{aws_auth_roles = var.aws_auth_roles}",
      "{aws_auth_roles = var.aws_auth_roles, aws_auth_users = var.aws_auth_users}",
    )
    .replace("<file>", "users.tfvars")
    .replace("terraform", findTofu())
    .replace(
      "jq -r .",
      `"${process.execPath}" -e 'process.stdout.write(JSON.parse(require("fs").readFileSync(0, "utf8")))'`,
    );
  const { mappings } = await importText(
    execFileSync("sh", ["-c", both], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: folder },
    }),
  );
  assert.deepEqual(mappings, [
    { arn, username: "dev:{SessionName}", groups: ["dev"] },
    { arn: `arn:aws:iam::${ACCOUNT}:user/alice`, username: "alice", groups: ["system:masters"] },
  ]);
});
