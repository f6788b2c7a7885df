// The option -f: files, folders and standard input, and one sentence for each error in them.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../commands/mappings/cluster.ts";
import { useFolder } from "../fixtures.ts";

const folder = useFolder();
const cluster = useCluster({}, "all");
const mapping = (name: string) =>
  `{"arn": "arn:aws:iam::111122223333:role/${name}", "username": "x"}`;

test("a folder is read as its YAML and JSON files, sorted by name", async () => {
  const teams = join(folder.path, "teams");
  folder.write("teams/b.json", `{"mappings": [${mapping("B")}]}`);
  for (const name of ["a.yaml", "c.yml"])
    folder.write(`teams/${name}`, `mappings: [${mapping(name.slice(0, 1))}]`);
  folder.write("teams/README.md", "no mappings");
  const { out } = await exits(cluster.mappings(`apply -f ${teams} --dry-run`), 0);
  assert.deepEqual(out.match(/(?<=^\+ role\/111122223333\/).*$/gm), ["a", "b", "c"]);
  const wrong = folder.write("teams/d.yaml", "roles: []");
  const message = "unknown key roles. A mapping file has the lists mappings: and deny:.";
  await exits(cluster.mappings(`apply -f ${teams} --dry-run`), 2, `${wrong}, line 1: ${message}\n`);
});

const LATIN_1 = Buffer.from("mappings:\n- arn: x\n  username: Jos\xe9\n", "latin1");
const NOT_UTF_8 = "not UTF-8 text. Save the file as UTF-8.";
const BOMB = `x0: &x0 x\n${[1, 2, 3, 4, 5].map((i) => `x${i}: &x${i} [${Array(9).fill(`*x${i - 1}`)}]\n`).join("")}mappings: *x5`;
const RIGHT = "mappings:\n  - arn: x\n      username: y";
const INDENT = "check the indentation";
for (const [what, text, place, message] of [
  ["nothing", "", "", " is empty. A mapping file has the lists mappings: and deny:."],
  ["bytes", Buffer.from([0, 255, 254, 128, 10, 13]), ", line 1", NOT_UTF_8],
  ["a character of Latin-1 in its third line", LATIN_1, ", line 3", NOT_UTF_8],
  [
    "UTF-16, as PowerShell writes it",
    Buffer.from("\ufeff[]", "utf16le"),
    ", line 1",
    `UTF-16, ${NOT_UTF_8}`,
  ],
  ["UTF-16 without a mark", Buffer.from("mappings: []\n", "utf16le"), ", line 1", NOT_UTF_8],
  [
    "a version of YAML before 1.2",
    "%YAML 1.1\n---\nmappings: []",
    ", line 1",
    "remove %YAML. The file is",
  ],
  ["a version of YAML after 1.2", "# x\n%YAML 1.3\n---\nmappings: []", ", line 2", "remove %YAML."],
  [
    "a merge key",
    "mappings:\n- arn: x\n  <<: {}\n",
    ", line 3",
    "keys (<<) are not supported. Write the keys out.",
  ],
  [
    "several documents",
    "mappings: []\n---\nmappings: []",
    "",
    "(---), but only one is allowed. Split the file.",
  ],
  [
    "an alias for a key",
    "mappings:\n- &u username: x\n  *u : y\n",
    ", line 3, column 3",
    "write the key out without",
  ],
  [
    "a tab",
    "\tmappings: []",
    ", line 1, column 1",
    "(Tabs are not allowed as indentation): indent with spaces.",
  ],
  [
    "a key too far left",
    "mappings:\n  - arn: x\n   username: y",
    ", line 3, column 1",
    `indicator): ${INDENT}.`,
  ],
  ["a key between two columns", "a:\n  b: 1\n c: 2", ", line 3, column 1", `): ${INDENT}.`],
  [
    "a key too far right",
    RIGHT,
    ", line 2, column 10",
    `): ${INDENT}, and quote a text that contains a colon.`,
  ],
  [
    "a key twice",
    "deny: []\ndeny: []",
    ", line 2, column 1",
    "(Map keys must be unique): remove one of the two.",
  ],
  ["a reserved character", "mappings: @x", ", line 1, column 11", "): quote the text."],
  ["an open bracket", "mappings: [", ", line 1, column 12", "not valid YAML ("],
  ["an alias of nothing", "mappings: *nobody", "", "not valid YAML (Unresolved alias"],
  ["an alias of too much", BOMB, "", "not valid YAML (Excessive alias count"],
] as const) {
  test(`a file with ${what} is refused in one sentence`, async () => {
    const file = folder.write("wrong.yaml", text);
    const { err } = await exits(cli(["mappings", "lint", "-f", file]), 2);
    assert.ok(
      err.startsWith(`${file}${place}`) && err.includes(message) && err.split("\n").length === 2,
      err,
    );
    await exits(cli(["mappings", "import", "-f", file]), 2, /^(?!.*a bug)/);
  });
}

test("a missing file, an empty folder and a folder instead of a file are reported", async () => {
  const empty = join(folder.path, "empty");
  mkdirSync(empty);
  for (const [path, sentence] of [
    [join(folder.path, "nowhere"), "Cannot read %: there is no such file.\n"],
    [join(folder.write("file.yaml", ""), "x"), "Cannot read %: there is no such folder.\n"],
    [empty, "% contains no YAML or JSON files.\n"],
  ] as const) {
    await exits(cluster.mappings(["apply", "-f", path, "-y"]), 2, sentence.replace("%", path));
  }
  await exits(
    cli(["mappings", "import", "-f", empty]),
    2,
    `Cannot read ${empty}: it is a folder.\n`,
  );
});

test("a placeholder without quotes, which YAML reads as a mapping, is reported", async () => {
  for (const key of ["username: {SessionName}", "username: x\n  groups: [a, {AccountID}]"]) {
    const input = `mappings:\n- arn: arn:aws:iam::111122223333:role/A\n  ${key}\n`;
    const message =
      /line 2 \(\S+\): put \{\w+\} in quotes, as in "\{\w+\}": without quotes, YAML does not read it as text\n/;
    await exits(cluster.mappings("apply -f - -y", { input }), 2, message);
  }
});

test("a duplicate entry is reported with both places, in the files of one folder", async () => {
  const denial = (name: string) => `{"arnLike": "arn:aws:iam::111122223333:user/${name}"}`;
  const file = folder.write(
    "twice/one.yaml",
    `mappings:\n- ${mapping("Twice")}\ndeny:\n- ${denial("m")}\n`,
  );
  const two = folder.write(
    "twice/two.json",
    `{"mappings": [${mapping("twice")}],\n"deny": [${denial("M")}]}`,
  );
  const twice = join(folder.path, "twice");
  const { err } = await exits(cluster.mappings(["apply", "-f", twice, "-y"]), 2);
  assert.deepEqual(err.split("\n"), [
    `/iam-authenticator/prod/role/111122223333/twice: 2 mappings for one parameter: ${file}, line 2; ${two}, line 1.`,
    `/iam-authenticator/prod/deny/111122223333: 2 denials of arn:aws:iam::111122223333:user/m: ${file}, line 4; ${two}, line 2.`,
    "",
  ]);
  const { out } = await cli(["mappings", "lint", "-f", twice]);
  assert.match(
    out,
    /duplicate +role\/\S+\/twice +2 mappings for one parameter: \S+one\.yaml, line 2; \S+two\.json, /,
  );
});

test("every command that reads standard input rejects an empty one", async () => {
  const files = ["apply -c prod", "lint", "import"].map((command) => `mappings ${command} -f -`);
  for (const words of [...files, "explain -c prod --token-file -"]) {
    for (const input of ["", "\n"])
      await exits(cli(words, { input }), 2, "Standard input is empty.\n");
  }
});

test("a file has no mapping and no denial of an EC2 instance identity role, and says why", async () => {
  const reason =
    "an EC2 instance identity role, which every instance of the account has: use the role of the instance profile";
  for (const [service, resource] of [
    ["iam", "role/aws:ec2-instance"],
    ["iam", "assumed-role/aws:ec2-instance/i-0123456789abcdef0"],
    ["sts", "assumed-role/aws:ec2-instance/i-0123456789abcdef0"],
  ]) {
    const arn = `arn:aws:${service}::111122223333:${resource}`;
    for (const [entries, start] of [
      [`mappings: [${JSON.stringify({ arn, username: "x" })}]`, "federated user: it is "],
      [`mappings: [${JSON.stringify({ arnLike: arn, username: "x" })}]`, "match: it is of "],
      [`deny: [${JSON.stringify({ arnLike: arn })}]`, "match: it is of "],
    ]) {
      const file = folder.write("instances.yaml", entries ?? "");
      const { err } = await exits(cluster.mappings(`apply -f ${file} --dry-run`), 2);
      assert.ok(err.includes(`${start}${reason}`), err);
    }
  }
});
