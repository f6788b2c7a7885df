// Stored text, files, arguments and AWS's errors cannot forge a line in the output of any command,
// or send control characters to the terminal: build systems may run a log line as a command.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { IS_ALL } from "../../extent.ts";
import { type CliResult, cli } from "../cli.ts";
import { useCluster } from "../commands/mappings/cluster.ts";
import { prepare, useFolder } from "../fixtures.ts";

const A = "111122223333";
const FORGED = "::error::forged";
/**
 * Begins a line, clears the screen, colours text and moves the cursor by ESC, CSI and bidirectional
 * controls. Its last characters are invisible.
 */
const TEXT = `x\n${FORGED}\u001b[2J\u009b31m\rd\u0007e\u202ef\u2028g\u200bh\u00adi\u{e0041}`;
const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
const USER = { username: TEXT, groups: [TEXT, "system:masters"], description: TEXT };

/** Valid and invalid values, with the text in every field that may be printed. */
const STORED: Readonly<Record<string, unknown>> = {
  [`role/${A}/valid`]: { arn: role("valid"), ...USER },
  [`role/${A}/unknown`]: { arn: role("unknown"), ...USER, [TEXT]: TEXT },
  [`role/${A}/end`]: { arn: role("end"), ...USER, notAfter: TEXT },
  [`role/${A}/pin`]: { arn: role("pin"), ...USER, principalId: TEXT },
  [`role/${A}/arn`]: { arn: role(TEXT), ...USER },
  [`role/${A}/denied`]: { arn: role(TEXT), username: TEXT, [TEXT]: TEXT },
  [`role/${A}/text`]: TEXT,
  [`user/${A}/jane`]: { arn: `arn:aws:iam::${A}:user/${TEXT}`, ...USER },
  [`sso/${A}/view`]: { ...USER, [TEXT]: TEXT },
  [`account/${A}`]: { ...USER, [TEXT]: TEXT },
  [`pattern/${A}`]: [
    { arnLike: role("a*"), ...USER },
    { arnLike: role(`${TEXT}*`), ...USER },
    { [TEXT]: TEXT },
  ],
  "pattern/any": { [TEXT]: TEXT },
  [`deny/${A}`]: [
    { arnLike: role("b*"), description: TEXT },
    { arnLike: role(`${TEXT}*`) },
    { [TEXT]: TEXT },
  ],
  "deny/any": [
    { arnLike: "arn:aws:iam::*:role/c*", description: TEXT, notAfter: "2100-01-01T00:00:00Z" },
  ],
};

const folder = useFolder();
const callers = [TEXT, "second"].map((name) => ({ name, sha256: TEXT }));
const cluster = useCluster({ ...STORED, callers }, "all");
prepare(() => {
  for (const [name, value] of Object.entries(STORED)) cluster.put(name, value);
});

function assertUnforged(words: readonly string[], { out, err }: CliResult): void {
  const text = `${out}\n${err}`;
  const forged = text.split(/[\n\r]/).filter((line) => line.trimStart().startsWith(FORGED));
  assert.deepEqual(forged, [], words.join(" "));
  assert.doesNotMatch(
    text.replace(/[\n\t]/g, ""),
    /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u,
    words.join(" "),
  );
}

const NAMES = [...Object.keys(STORED), role("ax"), role("bx"), role("a*"), role("b*")];
const each = (commands: string, names: readonly string[]) =>
  commands.split(", ").flatMap((command) => names.map((name) => [...command.split(" "), name]));

test("commands that read print no forged line", async () => {
  for (const words of [
    ...each("list -o", ["table", "wide", "name", "csv", "json", "yaml"]),
    ...each("lint -o", ["table", "json", "yaml"]),
    ...each("export --format", ["mappings", "aws-auth"]),
    ...each("get, history, history -o yaml", NAMES),
  ]) {
    const result = await cluster.mappings(words);
    assert.doesNotMatch(result.err, /a bug/, words.join(" "));
    assertUnforged(words, result);
    assertUnforged(words, await cluster.mappings(words, { columns: 40 }));
  }
  const explain = each(
    "explain -o table, explain -o yaml",
    ["ax", "bx", "valid", "unknown"].map(role),
  );
  for (const words of [...each("callers list -o", ["table", "name"]), ...explain]) {
    assertUnforged(words, await cli([...words, "-c", "prod"]));
  }
  const { out } = await cluster.mappings(["get", `role/${A}/valid`]);
  assert.deepEqual(parse(out).value, STORED[`role/${A}/valid`]);
});

test("commands that write print no forged line in plans, questions and errors", async () => {
  const mappings = `mappings:\n- {arnLike: "${role("a*")}", username: a}\ndeny:\n- {arnLike: "${role("d*")}"}\n`;
  const file = folder.write("mappings.yaml", mappings);
  const single = each(
    "set --username x, set --unset groups, remove, rollback, rollback --to 1, deny, allow",
    NAMES,
  );
  const write = [...single, ...each("apply -f, apply --prune -f", [file])];
  for (const words of [
    ...write,
    ...(IS_ALL ? write.map((words) => [...words, "--force"]) : []),
    ["diff", "-f", file, "--prune"],
  ]) {
    const result = await cluster.mappings(words, { interactive: true, input: "n\n" });
    assert.doesNotMatch(result.err, /a bug/, words.join(" "));
    assertUnforged(words, result);
  }
  for (const words of [...each("add, remove", ["second"]), ["remove", TEXT]]) {
    assertUnforged(words, await cli(["callers", ...words, "-c", "prod", "--dry-run"]));
  }
});

test("errors of AWS, about files and about the command line print no forged line", async () => {
  const body = JSON.stringify({ __type: "AccessDeniedException", message: TEXT });
  cluster.store.fail({ kind: "answer", status: 400, body });
  const listing = await cluster.mappings(["list"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
  cluster.store.fail(undefined);
  assert.match(listing.err, /x ::error::forged\?\[2J/);
  assertUnforged(["list"], listing);
  const key = JSON.stringify(TEXT);
  for (const [words, input] of [
    ["import -f -", `mappings: [{${key}`],
    ["import -f -", `kind: ConfigMap\ndata: {mapRoles: '[{rolearn: ${key}, username: u}]'}`],
    ["lint -f -", `{${key}: 1}`],
    ["diff -c prod -f -", `{"mappings": [{"arn": ${key}, "username": 1}]}`],
  ] as const) {
    assertUnforged([words], await cli(`mappings ${words}`, { input }));
  }
  const list = ["mappings", "list"];
  const of = [
    ["mappings", "import", "-f"],
    ["mappings", "get", "-c", "prod"],
    [],
    ["mappings"],
    [...list, "-o"],
  ];
  const joined = ["--x", "--output=", "-o"].map((option) => [...list, `${option}${TEXT}`]);
  for (const words of [
    ...of.map((command) => [...command, TEXT]),
    ...joined,
    [TEXT.replace("\n", "")],
  ]) {
    assertUnforged(words, await cli(words));
  }
});
