// Advice fits the cause of a mistake, and is for the person who reads it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli, endpoints } from "./cli.ts";
import { ADMIN, refuses, useCluster } from "./commands/mappings/cluster.ts";
import { prepare, useFolder, useServer } from "./fixtures.ts";
import { startStacks } from "./stacks.ts";

const ACCOUNT = "111122223333";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/New`;
const LONG = "x".repeat(5_000);

const { path: home } = useFolder();
const cluster = useCluster(ADMIN);
const stacks = useServer(() => startStacks({ "IamAuthenticator-prod": {} }));
prepare(() => {
  Object.assign(process.env, endpoints({ CLOUDFORMATION: stacks }));
});

const type = (typed: string | readonly string[], input = "") =>
  cli(typeof typed === "string" ? `${typed} -c prod` : [...typed, "-c", "prod"], {
    input,
    environment: { HOME: home },
  });

const CALLERS = "/iam-authenticator/prod/callers";
const NOTHING_WRITTEN = "Nothing was written.\n";

test("the message about a long description advises to shorten it", async () => {
  const long = /description has 5000 bytes: shorten it/;
  for (const words of [
    ["mappings", "set", ROLE, "--username", "x", "--description", LONG, "--dry-run"],
    ["mappings", "deny", ROLE, "--description", LONG, "--dry-run"],
    ["mappings", "deny", "mallory", "--description", LONG, "--dry-run"],
  ]) {
    const { code, err } = await type(words);
    assert.equal(code, 2, err);
    assert.match(err, long);
    assert.doesNotMatch(err, /no longer needed/);
  }
  // A description that fits, in a list that it fills.
  const others = Array.from({ length: 8 }, (_, i) => ({ arnLike: `${ROLE}${i}` }));
  cluster.put(`deny/${ACCOUNT}`, others);
  const words = ["deny", ROLE, "--description", LONG.slice(0, 3_900), "--dry-run"];
  const { err } = await cluster.mappings(words);
  assert.match(err, /description has 3900 bytes: shorten it/);
  assert.doesNotMatch(err, /no longer needed/);
});

test("a deny list that is full without long descriptions has the advice to make room", async () => {
  const many = Array.from({ length: 78 }, (_, i) => ({ arnLike: `${ROLE}-${10 + i}` }));
  cluster.put(`deny/${ACCOUNT}`, many);
  const { err } = await cluster.mappings(["deny", `${ROLE}-${"n".repeat(60)}`, "--dry-run"]);
  assert.match(err, /^Remove denials that are no longer needed/m);
  assert.doesNotMatch(err, /shorten/);
});

for (const [typed, option] of [
  [`mappings deny ${ROLE} --reason left`, "--description"],
  [`mappings set ${ROLE} --comment left`, "--description"],
  [`mappings set ${ROLE} --expires 2h`, "--until"],
  [`mappings deny ${ROLE} --ttl 2h`, "--for"],
] as const) {
  test(`an option of other programs has a suggestion: ${typed}`, async () => {
    await refuses(type(typed), new RegExp(`\\n\\(Did you mean ${option}\\?\\)\\n$`));
  });
}

test("list names the account of --account if it has no mappings", async () => {
  const { err } = await type("mappings list --account 999988887777");
  assert.match(err, /^No mappings for account 999988887777 in account 111122223333, region us-/);
});

test("an invalid --prefix is reported as the option, and the variable as the variable", async () => {
  const rule = 'It must be 1 to 12 levels such as /a/b, of letters, digits, "_", "." and "-".';
  await refuses(
    type("mappings list --prefix x"),
    `error: option '--prefix <path>' argument 'x' is invalid. ${rule}\n`,
  );
  process.env["MAPPING_PREFIX"] = "x";
  try {
    await refuses(
      type("mappings list"),
      `error: option '--prefix <path>' value 'x' from env 'MAPPING_PREFIX' is invalid. ${rule}\n`,
    );
  } finally {
    delete process.env["MAPPING_PREFIX"];
  }
});

test("a cluster without parameters below --prefix names the option", async () => {
  const { err } = await type("mappings list --prefix /x");
  assert.match(err, / below \/x in .* Check --prefix, --cluster, --region and --profile\.\n$/);
});

test("set of a name without a mapping prints the ARN to type", async () => {
  const { err } = await type(`mappings set role/${ACCOUNT}/New --username x`);
  assert.equal(
    err,
    `role/${ACCOUNT}/new has no mapping yet. To add one, use its ARN as <who>, as IAM spells it: ${ROLE}\n`,
  );
});

for (const until of ["2099-12-31", "2099-12-31T08:00:00Z", "2h", "1w"]) {
  test(`--until accepts ${until} in each command that has it`, async () => {
    for (const words of [
      ["mappings", "set", ROLE, "--username", "x"],
      ["mappings", "deny", ROLE],
      ["callers", "add", "x"],
    ]) {
      const { code, out, err } = await type([...words, "--until", until, "--dry-run"]);
      assert.equal(code, 0, err);
      assert.match(`${out}${err}`, /notAfter: \d{4}-\d\d-\d\dT/);
    }
  });
}

for (const [until, problem] of [
  ["tomorrow", /^--until must be a duration such as 2h or 3d, a day such as 2026-12-31, or a time/],
  ["2026-02-30", /^--until must be .*: 2026-02-30 does not exist\. Nothing was written\.\n$/],
  ["2019-12-31", /^--until 2019-12-31T00:00:00Z is in the past/],
  ["0d", /^--until must be /],
] as const) {
  test(`--until ${until} is refused before anything else`, async () => {
    // Each command has another mistake, which is reported after this one.
    cluster.store.put(CALLERS, JSON.stringify([{ name: "known", sha256: "0".repeat(64) }]));
    for (const words of [
      ["mappings", "set", `role/${ACCOUNT}/New`, "--until", until],
      ["mappings", "deny", "nobody", "--until", until],
      ["callers", "add", "known", "--until", until],
    ])
      await refuses(type(words), problem);
  });
}

for (const [name, text] of [
  ["mapRoles", `mapRoles:\n- rolearn: ${ROLE}\n  username: x\n`],
  ["mapUsers", "mapUsers: []\n"],
  ["server", `server:\n  mapRoles:\n  - rolearn: ${ROLE}\n`],
  ["iamIdentityMappings", `iamIdentityMappings:\n- arn: ${ROLE}\n`],
  ["aws_auth_roles", `{"aws_auth_roles": [{"rolearn": "${ROLE}"}]}`],
  ["accessEntry", `{"accessEntry": {"principalArn": "${ROLE}"}}`],
] as const) {
  test(`lint, apply and diff name import for a file with ${name}`, async () => {
    for (const command of ["lint -f -", "apply -f -", "diff -f -"]) {
      const expected = `standard input: ${name} is of another program: convert the file with mappings import.\n`;
      await refuses(type(`mappings ${command}`, text), expected);
    }
  });
}

test("apply names import for a list of mapRoles without its key", async () => {
  await refuses(
    type("mappings apply -f -", `- rolearn: ${ROLE}\n  username: x\n`),
    "standard input is a list of another program: convert it with mappings import.\n",
  );
});

for (const command of ["remove", "get", "set", "history", "rollback"]) {
  test(`${command} explains that the name of a mapping has no wildcard`, async () => {
    for (const name of ["*", "Dev*", "Dev?"]) {
      const { code, err } = await type(["mappings", command, `role/${ACCOUNT}/${name}`]);
      assert.equal(code, 2);
      assert.match(
        err,
        /^"role\/111122223333\/\S+" has a wildcard, which the name of a mapping cannot have: /m,
      );
      assert.doesNotMatch(err, /\.2a|\.3f/);
    }
  });
}

test("deny help is a question for the help, not a denial", async () => {
  const { err } = await refuses(
    type("mappings deny help"),
    /^"help" is not taken for a person\. For the help of the command, run: \S.* mappings deny --help\n/,
  );
  assert.match(err, /add --person/);
  const { code, out } = await type("mappings deny help --person --dry-run");
  assert.equal(code, 0);
  assert.match(out, /name: help/);
});

test("every dry run ends with the sentence that nothing was written", async () => {
  const denied = `arn:aws:iam::${ACCOUNT}:user/mallory`;
  cluster.put(`deny/${ACCOUNT}`, [{ arnLike: denied }]);
  cluster.put(`user/${ACCOUNT}/bob`, { arn: `arn:aws:iam::${ACCOUNT}:user/bob`, username: "bob" });
  cluster.store.put(
    CALLERS,
    JSON.stringify([
      { name: "old", sha256: "0".repeat(64) },
      { name: "new", sha256: "1".repeat(64) },
    ]),
  );
  for (const [words, input] of [
    [`mappings set ${ROLE} --username x`],
    [`mappings remove user/${ACCOUNT}/bob`],
    [`mappings deny ${ROLE}`],
    [`mappings allow ${denied}`],
    ["mappings apply -f -", "mappings: []"],
    ["mappings apply -f - -o json", "mappings: []"],
    ["callers add x"],
    ["callers remove old"],
  ] as const) {
    const { code, err } = await type(`${words} --dry-run`, input);
    assert.equal(code, 0, err);
    assert.ok(err.endsWith(NOTHING_WRITTEN), `${words}: ${err}`);
  }
});
