// Imports an old aws-auth ConfigMap, changes its mappings, and exports it again, with any Parameter Store.

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { parse } from "yaml";
import { type CliOptions, type CliResult, cli } from "./cli.ts";
import { realWorldAwsAuth } from "./mappings/formats/aws-auth-sample.ts";
import { meaning } from "./mappings/formats/meaning.ts";

type Mappings = (words: readonly string[], options?: CliOptions) => Promise<CliResult>;

const ONE = "arn:aws:iam::111122223333:role/team-7-deploy";
const OTHER = "arn:aws:iam::111122223333:role/team-9-deploy";

/** `mappings` runs a command on a cluster without mappings. */
export async function wholeLife(mappings: Mappings, entries = 300): Promise<void> {
  const configMap = realWorldAwsAuth(entries);
  const imported = await cli(["mappings", "import", "-f", "-"], { input: configMap });
  assert.equal(imported.code, 0, imported.err);
  assert.match(
    imported.err,
    /is skipped: line \d+, mapRoles \d+ \S+ is for the same principal and is later: the last one applies\.$/m,
  );
  const file = imported.out;
  const count = parse(file).mappings.length;
  const withFile = (...words: string[]) => mappings([...words, "-f", "-"], { input: file });
  const isInPlace = async () => assert.equal((await withFile("diff", "--prune")).code, 0);

  const linted = await cli(["mappings", "lint", "-f", "-"], { input: file });
  assert.match(linted.out, /^warning +account-wide +account\/012345678901 /m);
  for (const words of [["diff"], ["apply", "--dry-run"]]) {
    const { code, out } = await withFile(...words);
    assert.equal(code, words[0] === "diff" ? 1 : 0);
    assert.match(
      out,
      new RegExp(
        `\\n${count} to add, 0 to change, 0 to remove, 0 unchanged\\.\\n! Needs your consent: .*\\d new administrators?`,
      ),
    );
  }
  const applied = await withFile("apply", "-y", "--allow-weakening");
  assert.equal(applied.code, 0, applied.err);
  await isInPlace();
  assert.equal((await mappings(["list"])).out.split("\n").length - 2, count);
  assert.match((await mappings(["list", "--group", "system:masters"])).out, /AWSReservedSSO_Admin/);

  await twoOperators(mappings, file);
  await isInPlace();
  const history = JSON.parse((await mappings(["history", ONE, "-o", "json"])).out);
  assert.deepEqual(
    history.map(({ version, value }: { version: number; value: { groups: string[] } }) => [version, value.groups]),
    [
      [3, ["team-7"]],
      [2, ["team-7", "on-call"]],
      [1, ["team-7"]],
    ],
  );

  const exported = await mappings(["export", "--format", "aws-auth"]);
  assert.equal(exported.code, 0, exported.err);
  assert.deepEqual(meaning(exported.out), meaning(configMap));
  const own = await mappings(["export"]);
  assert.equal((await mappings(["diff", "--prune", "-f", "-"], { input: own.out })).code, 0);

  assert.equal((await mappings(["remove", ONE, "-y"])).code, 0);
  assert.equal((await mappings(["get", ONE])).code, 1);
  const refused = await mappings(["apply", "--prune", "-f", "-", "-y"], { input: "mappings: []" });
  assert.match(refused.err, /^Refused: no administrator would surely remain/);
}

/** A second operator changes a mapping while the first reads a rollback's plan: both get a message, and no change is lost. */
async function twoOperators(mappings: Mappings, file: string): Promise<void> {
  assert.equal((await mappings(["set", ONE, "--add-group", "on-call", "-y"])).code, 0);
  assert.equal((await mappings(["set", OTHER, "--description", "first", "-y"])).code, 0);
  const input = new PassThrough();
  const { code, err } = await mappings(["rollback", OTHER], {
    interactive: true,
    input,
    onLog: (text) => {
      if (!text.includes("[y/N]")) return;
      void mappings(["set", OTHER, "--description", "second", "-y"]).then((second) => {
        assert.equal(second.code, 0, second.err);
        input.end("y\n");
      });
    },
  });
  assert.equal(code, 1);
  assert.match(
    err,
    /Another operator changed \S+team-9-deploy in the meantime: it was version 2, it is now version 3\. Their change/,
  );
  const changed = await mappings(["diff", "--prune", "-f", "-"], { input: file });
  assert.match(changed.out, /description: second -> none\n0 to add, 2 to change, 0 to remove, /);
  assert.equal((await mappings(["rollback", ONE, "-y"])).code, 0);
  assert.equal((await mappings(["rollback", OTHER, "--to", "1", "-y"])).code, 0);
}
