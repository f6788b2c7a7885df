// `mappings edit`: the file that the editor opens, and how changes to it are applied.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { CliOptions } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { ADMIN, exits, prints, useCluster, WHERE } from "./cluster.ts";

const folder = useFolder();
const SEEN = join(folder.path, "seen");
const ARN = "arn:aws:iam::111122223333:role/Developers";
const NAME = "role/111122223333/developers";
const STORED = { arn: ARN, username: "dev" };
const cluster = useCluster({ ...ADMIN, [NAME]: STORED });
const denied = (name: string) => [{ arnLike: `arn:aws:iam::111122223333:user/${name}` }];

/** An editor that copies the file and runs a shell command; `$1` is the file. */
function editorOf(line: string): CliOptions {
  const script = folder.write(
    "editor.sh",
    `#!/bin/sh\ncp "$1" '${SEEN}'; stat -c '%a' "$1" > '${SEEN}.mode'; echo "$1" > '${SEEN}.path'; ${line}\n`,
  );
  chmodSync(script, 0o755);
  return { environment: { EDITOR: "false", VISUAL: `${script} ` } };
}
const draft = () => readFileSync(`${SEEN}.path`, "utf8").trim();
const INVALID = 'sed -i s/username/user/ "$1"';
const ADD = 'echo "# x" >> "$1"';
const VALID = 'sed -i s/dev$/ops/ "$1"';

/** `edit` must keep the mapping and the text of the editor, which is deleted here. */
async function keeps(
  words: readonly string[],
  options: CliOptions,
  code: number,
  err: RegExp,
): Promise<void> {
  const result = await exits(cluster.mappings(["edit", NAME, ...words], options), code, err);
  assert.match(result.err, new RegExp(`Your text is in ${draft()}\\.`));
  assert.deepEqual(await cluster.value(NAME), STORED);
  rmSync(dirname(draft()), { recursive: true });
}

test("a change is planned and written, and the private file is deleted", async () => {
  const plan = new RegExp(`^~ ${NAME}\\n {4}username: dev -> ops$`, "m");
  await prints(
    cluster.mappings(["edit", ARN, "-y"], editorOf(VALID)),
    plan,
    /^Wrote 1 parameter\. /,
  );
  const text = `# ${WHERE}
# Save and close to see the plan. It removes the entries that you remove.
mappings:
  - arn: ${ARN}
    username: dev
`;
  assert.deepEqual(
    [readFileSync(SEEN, "utf8"), readFileSync(`${SEEN}.mode`, "utf8")],
    [text, "600\n"],
  );
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "ops" });
  assert.equal(existsSync(dirname(draft())), false);
});

test("without a change, or with changes only to comments, nothing is written", async () => {
  for (const line of ["true", ADD]) {
    await prints(cluster.mappings(["edit", "-y"], editorOf(line)), "", "Nothing was changed.\n");
    assert.equal(existsSync(draft()), false);
  }
});

test("without <who>, edit opens all mappings and denials, and removes and adds entries", async () => {
  cluster.put("deny/111122223333", denied("m"));
  const line = `sed -i -e '/Developers/d' -e '/username: dev/d' "$1"; echo '  - arnLike: arn:aws:iam::*:user/x' >> "$1"`;
  const { out } = await exits(cluster.mappings(["edit", "-y"], editorOf(line)), 0);
  assert.deepEqual(out.match(/^[+~-] .*$/gm), ["+ deny/any", `- ${NAME}`]);
  assert.equal(await cluster.value(NAME), undefined);
  assert.deepEqual(await cluster.value("deny/111122223333"), denied("m"));
});

for (const [what, words, line, options, code, message] of [
  [
    "an invalid file",
    ["-y"],
    INVALID,
    {},
    2,
    /mappings\.yaml, line 4 \(.*\): unknown key "user": the keys are arn, /,
  ],
  [
    "a file that is not YAML",
    ["-y"],
    'printf "\\tx" >> "$1"',
    {},
    2,
    /mappings\.yaml, line 6, .*not valid YAML/,
  ],
  ["an empty file", ["-y"], ': > "$1"', {}, 2, /mappings\.yaml is empty\./],
  [
    "a failed editor",
    ["-y"],
    `${ADD}; exit 3`,
    {},
    2,
    /The editor \(.*\) ended with code 3\. Choose another /,
  ],
  [
    "a declined question",
    [],
    VALID,
    { interactive: true, input: "n\n" },
    1,
    /Nothing was written\./,
  ],
  ["--dry-run", ["--dry-run"], VALID, {}, 0, /^Nothing was written\.\nYour text is in/],
] as const) {
  test(`${what} writes nothing and keeps the text`, async () => {
    await keeps(words, { ...editorOf(line), ...options }, code, message);
  });
}

test("a concurrent change is kept: nothing is written if the editor changed the same mapping", async () => {
  const [alice, arn] = ["user/111122223333/alice", "arn:aws:iam::111122223333:user/alice"];
  const [opened, go] = [join(folder.path, "opened"), join(folder.path, "go")];
  execFileSync("mkfifo", [opened, go]);
  const whileEditing = async (line: string, ...who: readonly string[]) => {
    cluster.put(NAME, STORED);
    cluster.put(alice, { arn, username: "al" });
    const change = `sed -i s/al$/bob/ "$1"; [ "$line" = all ] && sed -i s/dev$/ops/ "$1"; true`;
    const editor = editorOf(`echo > '${opened}'; read line < '${go}'; ${change}`);
    const editing = cluster.mappings(["edit", ...who, "-y"], editor);
    await readFile(opened);
    cluster.put(NAME, { arn: ARN, username: "theirs" });
    await writeFile(go, `${line}\n`);
    return editing;
  };
  await exits(whileEditing("one"), 0);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "theirs" });
  assert.deepEqual(await cluster.value(alice), { arn, username: "bob" });
  const refused = new RegExp(`^Your text is in .*\\n${NAME} differs from the opened file`);
  for (const who of [[], [ARN, alice]]) {
    await exits(whileEditing("all", ...who), 1, refused);
    assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "theirs" });
    assert.deepEqual(await cluster.value(alice), { arn, username: "al" });
  }
});

test("an editor that leaves no file is reported, and nothing is written", async () => {
  const { err } = await exits(cluster.mappings(["edit", NAME, "-y"], editorOf('rm "$1"')), 2);
  assert.equal(err, `Cannot read ${draft()}: there is no such file.\n`);
  rmSync(dirname(draft()), { recursive: true });
  await exits(
    cluster.mappings(["edit", NAME, "-y"]),
    2,
    "No editor: set EDITOR, or run this in a terminal.\n",
  );
  const temporary = tmpdir();
  process.env["TMPDIR"] = "/no/such/folder";
  const running = cluster.mappings("edit -y", { environment: { EDITOR: "true" } });
  await exits(running, 2, "Cannot write /no/such/folder: there is no such folder.\n");
  process.env["TMPDIR"] = temporary;
  assert.deepEqual(await cluster.value(NAME), STORED);
});

test("parameters that a file cannot represent are skipped, and unopened ones are not overwritten", async () => {
  cluster.put("user/111122223333/broken", { username: 1 });
  cluster.put("deny/111122223333", [{ arnLike: "arn:aws:iam::*:user/m" }]);
  cluster.put("pattern/any", [{ arnLike: "arn:aws:iam::*:role/a*", username: "a" }]);
  const edit = (who: string, line: string) => cluster.mappings(`edit ${who} -y`, editorOf(line));
  const skipped =
    /^Skipped deny\/\d+: a file would move a denial to another list\.\nSkipped user\/\d+\/broken: arn must /;
  await exits(edit("", VALID), 0, skipped);
  assert.deepEqual(await cluster.value("deny/111122223333"), [
    { arnLike: "arn:aws:iam::*:user/m" },
  ]);
  await exits(
    edit("user/111122223333/broken", "true"),
    1,
    /^Skipped .*: arn must be .*\nNothing to edit in account /,
  );
  const add = "printf '  - arnLike: arn:aws:iam::*:role/b*\\n    username: b\\n' >> \"$1\"";
  await exits(
    edit(NAME, add),
    1,
    /^Your text is in .*\npattern\/any differs from the opened file: .* was not op/,
  );
  assert.equal(((await cluster.value("pattern/any")) as unknown[]).length, 1);
  const absent = "user/111122223333/nobody does not exist: add it with mappings set.\n";
  await exits(edit(`${NAME} user/111122223333/nobody`, "true"), 1, absent);
});
