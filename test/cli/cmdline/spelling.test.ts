// Commands in texts: each has the name of the program as the user can type it.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spellerFor } from "../../../cli/cmdline/spelling.ts";
import { hangingIndent, oneLine } from "../../../cli/io/print.ts";
import { PATHS } from "../../../cli/main/commands.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Texts that are not for a shell: the header of a written file, and the name of a program. */
const NOT_TO_TYPE = ["cli/model/mapping-file.ts", "cli/model/session-programs.ts"];

test("a text that names a command spells it: the name of the program is not written in it", () => {
  const commands = new Set(PATHS.map((path) => path.split(" ")[0]));
  const named = new RegExp(`(?<![\\w/.-])iam-authenticator (?:${[...commands].join("|")})\\b`);
  const found = globSync("cli/**/*.ts", { cwd: ROOT }).filter((file) =>
    named.test(readFileSync(join(ROOT, file), "utf8")),
  );
  assert.deepEqual(found.toSorted(), NOT_TO_TYPE);
});

test("the options of the cluster follow the words of a command", () => {
  const options = { cluster: "prod", region: "eu-west-1", profile: "a b" };
  const { program, spell } = spellerFor(options, { PATH: "" });
  const where = "-c prod --region eu-west-1 --profile 'a b'";
  assert.equal(spell("mappings allow", "jane"), `${program} mappings allow ${where} jane`);
  assert.equal(spell("callers list"), `${program} callers list ${where}`);
});

test("a command at the end of a text can be copied from a narrow terminal", () => {
  const text = { before: "add a caller:", command: "iam-authenticator callers add -c prod <name>" };
  assert.equal(
    hangingIndent("> ", text, 22),
    "> add a caller:\n  iam-authenticator \\\n  callers add -c \\\n  prod <name>\n",
  );
  assert.equal(
    hangingIndent("> ", oneLine(text), 22),
    "> add a caller:\n  iam-authenticator\n  callers add -c prod\n  <name>\n",
  );
  assert.equal(hangingIndent("> ", text, undefined), `> ${oneLine(text)}\n`);
});

test("a quoted word of a command is not wrapped, since a shell would keep the backslash in it", () => {
  const command = `x --profile 'team a' 'it'\\'' s' y`;
  assert.equal(
    hangingIndent("", { before: "run it:", command }, 18),
    `run it: x \\\n--profile \\\n'team a' \\\n'it'\\'' s' y\n`,
  );
});
