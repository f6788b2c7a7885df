// `mappings edit`: the file that the editor opens, and how changes to it are applied.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import type { CliOptions } from "../cli.ts";
import { ADMIN, exits, type LocalCluster, PREFIX, storedCluster, WHERE } from "./cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
const SEEN = join(folder, "seen");
const ARN = "arn:aws:iam::111122223333:role/Developers";
const NAME = "role/111122223333/developers";
let cluster: LocalCluster;
beforeEach(async () => {
  cluster = await storedCluster({ ...ADMIN, [NAME]: { arn: ARN, username: "dev" } });
  for (const run of [1, 2, 3]) rmSync(`${SEEN}.${run}`, { force: true });
});
afterEach(() => cluster.store.close());
after(() => rmSync(folder, { recursive: true }));

function put(name: string, value: unknown): void {
  cluster.store.put(`${PREFIX}/${name}`, JSON.stringify(value));
}

/** An editor that copies the file and runs a shell command, another one each time; `$1` is the file. */
function editorOf(...lines: readonly string[]): CliOptions {
  const script = join(folder, "editor.sh");
  const steps = lines.map(
    (line, i) => `if [ ! -e '${SEEN}.${i + 1}' ]; then cp "$1" '${SEEN}.${i + 1}'; ${line}; exit; fi`,
  );
  writeFileSync(
    script,
    `#!/bin/sh\nstat -c '%a' "$1" > '${SEEN}.mode'; echo "$1" > '${SEEN}.path'\n${steps.join("\n")}\n`,
  );
  chmodSync(script, 0o755);
  return { environment: { EDITOR: "false", VISUAL: `${script} ` } };
}
const seen = (run: number) => readFileSync(`${SEEN}.${run}`, "utf8");
const draft = () => readFileSync(`${SEEN}.path`, "utf8").trim();

test("a change is planned and written, and the private file is deleted", async () => {
  const { out } = await exits(
    cluster.mappings(["edit", ARN, "-y"], editorOf('sed -i s/dev$/ops/ "$1"')),
    0,
    "Wrote 1 parameter. The function reads the change within 30 s.\n",
  );
  assert.equal(
    seen(1),
    `# ${WHERE}
# Save and close to see the plan. Removing an entry here removes the mapping and its history.
# Lines that begin with # are ignored. Without a change, nothing is written.
mappings:
  - arn: ${ARN}
    username: dev
`,
  );
  assert.match(out, new RegExp(`^~ ${NAME}\\n {4}username: dev -> ops$`, "m"));
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "ops" });
  assert.equal(readFileSync(`${SEEN}.mode`, "utf8"), "600\n");
  assert.equal(existsSync(dirname(draft())), false);
});

test("a script that repeats the same error as the editor does not loop", async () => {
  const line = 'sed -i s/username/usrname/ "$1"';
  await exits(
    cluster.mappings(["edit", ARN, "-y"], editorOf(line, line, line)),
    2,
    /Nothing was written, because the file is still invalid:\n.*unknown key "usrname"/,
  );
  assert.equal(existsSync(`${SEEN}.3`), false);
  rmSync(dirname(draft()), { recursive: true });
});

test("without a change, or with changes only to comments, nothing is written", async () => {
  for (const line of ["true", 'echo "# later" >> "$1"']) {
    rmSync(`${SEEN}.1`, { force: true });
    const { code, out, err } = await cluster.mappings(["edit", "-y"], editorOf(line));
    assert.deepEqual([code, out, err], [0, "", "Nothing was changed.\n"]);
    assert.equal(existsSync(draft()), false);
  }
});

test("without <who>, edit opens all mappings and denials, and removes and adds entries", async () => {
  put("deny/111122223333", [{ arnLike: "arn:aws:iam::111122223333:user/m" }]);
  const line = `sed -i -e '/Developers/d' -e '/username: dev/d' "$1"; echo '  - arnLike: arn:aws:iam::*:user/x' >> "$1"`;
  const { out } = await exits(cluster.mappings(["edit", "-y"], editorOf(line)), 0);
  assert.deepEqual(out.match(/^[+~-] .*$/gm), ["+ deny/any", `- ${NAME}`]);
  assert.equal(await cluster.value(NAME), undefined);
  assert.deepEqual(await cluster.value("deny/111122223333"), [{ arnLike: "arn:aws:iam::111122223333:user/m" }]);
});

test("an invalid file is reopened with the problem and its line at the top", async () => {
  await exits(
    cluster.mappings(
      ["edit", NAME, "-y"],
      editorOf(
        'sed -i s/username/user/ "$1"',
        'printf "\\tx" >> "$1"',
        'sed -i -e "s/user:/username:/" -e "/\\t/d" -e s/dev$/ops/ "$1"',
      ),
    ),
    0,
  );
  const [first = "", ...rest] = seen(2).split("\n");
  assert.equal(
    first,
    `# error: line 6 (${ARN}): unknown key "user": the keys are arn, username, groups, principalId, notAfter, description`,
  );
  assert.match(rest[4] ?? "", /arn: /);
  assert.match(seen(3), /^# error: line 8, column 1: not valid YAML \(Tabs .*\): indent with spaces\.\n# account/);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "ops" });
});

test("closing an invalid file without a change writes nothing and keeps the text", async () => {
  const { err } = await exits(
    cluster.mappings(["edit", NAME, "-y"], editorOf('sed -i s/username/user/ "$1"', "true")),
    2,
  );
  const [kept, because, problem = ""] = err.split("\n");
  assert.deepEqual(
    [kept, because],
    [`Your text is in ${draft()}.`, "Nothing was written, because the file is still invalid:"],
  );
  assert.match(problem, /^line 6 \(.*\): unknown key "user"/);
  assert.match(readFileSync(draft(), "utf8"), /user: dev/);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "dev" });
  rmSync(dirname(draft()), { recursive: true });
});

test("an empty file, a failed editor and a declined question write nothing and keep the text", async () => {
  const yes = ["edit", NAME, "-y"];
  for (const [words, line, options, sentence, code] of [
    [yes, ': > "$1"', {}, /The file is empty: nothing was written/, 1],
    [yes, 'echo "# x" >> "$1"; exit 3', {}, /The editor \(.*\) ended with code 3\. Choose another one with EDITOR/, 2],
    [["edit", NAME], 'sed -i s/dev$/ops/ "$1"', { interactive: true, input: "n\n" }, /Nothing was written\./, 1],
    [["edit", NAME, "--dry-run"], 'sed -i s/dev$/ops/ "$1"', {}, /^Your text is in/, 0],
  ] as const) {
    rmSync(`${SEEN}.1`, { force: true });
    const result = await cluster.mappings([...words], { ...editorOf(line), ...options });
    assert.equal(result.code, code, result.err);
    assert.match(result.err, sentence);
    assert.match(result.err, new RegExp(`Your text is in ${draft()}\\.`));
    assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "dev" });
    rmSync(dirname(draft()), { recursive: true });
  }
});

test("an editor that deletes the file writes nothing, and the reason is printed", async () => {
  const { code, err } = await cluster.mappings(["edit", NAME, "-y"], editorOf('rm "$1"'));
  assert.deepEqual([code, err], [2, `Cannot read ${draft()}: there is no such file.\n`]);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "dev" });
  rmSync(dirname(draft()), { recursive: true });
});

test("a concurrent change is reported and kept, and --yes never overwrites it", async () => {
  const [opened, go] = [join(folder, "opened"), join(folder, "go")];
  execFileSync("mkfifo", [opened, go]);
  const whileEditing = async (words: readonly string[], options: CliOptions = {}) => {
    put(NAME, { arn: ARN, username: "dev" });
    put("user/111122223333/alice", { arn: "arn:aws:iam::111122223333:user/alice", username: "al" });
    rmSync(`${SEEN}.1`, { force: true });
    const editing = cluster.mappings(words, {
      ...editorOf(
        `echo > '${opened}'; read line < '${go}'; sed -i s/al$/bob/ "$1"; [ "$line" = all ] && sed -i s/dev$/ops/ "$1"; true`,
      ),
      ...options,
    });
    await readFile(opened);
    put(NAME, { arn: ARN, username: "theirs" });
    return (line: string) => writeFile(go, `${line}\n`).then(() => editing);
  };
  const told = `Another operator changed ${NAME} while you were editing. `;
  const left = await (await whileEditing(["edit", "-y"]))("one");
  assert.deepEqual([left.code, left.err.split("\n")[0]], [0, `${told}You did not: their change is kept.`]);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "theirs" });
  assert.deepEqual(await cluster.value("user/111122223333/alice"), {
    arn: "arn:aws:iam::111122223333:user/alice",
    username: "bob",
  });
  await exits(
    (await whileEditing(["edit", "-y"]))("all"),
    1,
    new RegExp(`^${told}The plan overwrites their change\\.\\nYour text is in .*\\nRefused: --yes does not`),
  );
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "theirs" });
  const asked = await exits(
    (await whileEditing(["edit", ARN, "user/111122223333/alice"], { interactive: true, input: "y\n" }))("all"),
    0,
  );
  assert.match(asked.out, /username: theirs -> ops/);
  assert.deepEqual(await cluster.value(NAME), { arn: ARN, username: "ops" });
});

test("without a terminal, edit requires VISUAL or EDITOR", async () => {
  await exits(cluster.mappings(["edit", NAME, "-y"]), 2, "No editor: set EDITOR, or run this in a terminal.\n");
});

test("denials, ends and the last administrator are protected as in apply", async () => {
  put("deny/111122223333", [{ arnLike: "arn:aws:iam::111122223333:user/m" }]);
  await exits(
    cluster.mappings(["edit", "deny/111122223333", "-y"], editorOf("sed -i '/^deny/,$d' \"$1\"")),
    1,
    /Refused, .*: 1 denial lifted\.\n {2}user\/m is no longer denied by deny\/111122223333\nTo accept this with --yes, add/,
  );
  rmSync(`${SEEN}.1`);
  const admin = ["edit", "sso/111122223333/clusteradmin", "-y"];
  await exits(
    cluster.mappings(admin, editorOf('printf "mappings: []\\n" > "$1"')),
    1,
    /Refused: no administrator would surely remain: /,
  );
  assert.notEqual(await cluster.value("sso/111122223333/clusteradmin"), undefined);
});

test("parameters that a file cannot represent are skipped, and unopened ones are not overwritten", async () => {
  put("user/111122223333/broken", { username: 1 });
  put("deny/111122223333", [{ arnLike: "arn:aws:iam::*:user/m" }]);
  put("pattern/any", [{ arnLike: "arn:aws:iam::*:role/a*", username: "a" }]);
  await exits(
    cluster.mappings(["edit", "-y"], editorOf('sed -i s/dev$/ops/ "$1"')),
    0,
    /^Skipped deny\/111122223333: a file would move some entries to another parameter\. .*\nSkipped user\/111122223333\/broken: arn must/,
  );
  assert.deepEqual(await cluster.value("deny/111122223333"), [{ arnLike: "arn:aws:iam::*:user/m" }]);
  await exits(
    cluster.mappings(["edit", "user/111122223333/broken", "-y"], editorOf("true")),
    2,
    /^user\/111122223333\/broken cannot be edited: arn must be/,
  );
  rmSync(`${SEEN}.1`, { force: true });
  const add = "printf '  - arnLike: arn:aws:iam::*:role/b*\\n    username: b\\n' >> \"$1\"";
  await exits(cluster.mappings(["edit", NAME, "-y"], editorOf(add, "true")), 2);
  assert.match(
    seen(2),
    /^# error: pattern\/any already exists, but was not opened in this file: use mappings edit pattern\/any\n/,
  );
  await exits(
    cluster.mappings(["edit", "user/111122223333/nobody", "-y"], editorOf("true")),
    1,
    "user/111122223333/nobody does not exist. To add a mapping, use mappings set.\n",
  );
});
