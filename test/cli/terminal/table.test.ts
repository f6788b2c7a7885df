// Tables in a narrow terminal, in a pipe and as CSV (RFC 4180).

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csv } from "../../../cli/terminal/csv.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import { printList, table } from "../../../cli/terminal/print.ts";

const cell = fc.string({ maxLength: 60 });
const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 });

test("no line is wider than the terminal, and none has a control character", () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 40, max: 120 }), (cells, columns) => {
      for (const line of table(["a", "b", "c"], cells, columns).split("\n")) {
        assert.ok(line.length <= columns);
        assert.doesNotMatch(line, /\p{C}/u);
      }
    }),
  );
});

test("an ARN that does not fit is cut at the start, and a pipe gets complete cells", () => {
  const arns = ["Developers", "Contractor"].map((name) => [`arn:aws:iam::111122223333:role/${name}`, "1"]);
  const [, ...lines] = table(["who", "reviews"], arns, 30).trimEnd().split("\n");
  assert.deepEqual(lines, ["…3333:role/Developers  1", "…3333:role/Contractor  1"]);
  assert.equal(table(["a", "b"], [["x".repeat(200), "y"]]), `${"A".padEnd(202)}B\n${"x".repeat(200)}  y\n`);
  assert.equal(table(["a", "b"], []), "A  B\n");
});

test("a sentence that does not fit is printed in full below its row", async () => {
  const text = "one two three four five six seven eight nine ten";
  const listing = { items: [["1", text]], headers: ["id", "text"], row: (item: string[]) => item };
  const printed = async (columns: number) => {
    let all = "";
    const io = { ...processStreams(), columns, print: (part: string) => (all += part) };
    await printList({ ...listing, endsInText: true }, { output: "table", headers: true }, io);
    return all;
  };
  assert.equal(await printed(80), `ID  TEXT\n1   ${text}\n`);
  assert.equal(await printed(30), "1\n    one two three four five\n    six seven eight nine ten\n");
});

test("CSV quotes cells with a comma or a quote, and puts an apostrophe before what looks like a formula", () => {
  const role = ["role", "a,b", 'say "no"'];
  assert.equal(csv([["kind", "groups", ""], role]), 'kind,groups,\nrole,"a,b","say ""no"""\n');
  for (const text of ["=1+1", "+cmd", "-2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"])
    assert.equal(csv([[text]]), `'${text}\n`);
  assert.equal(csv([['=HYPERLINK("x","y")']]), `"'=HYPERLINK(""x"",""y"")"\n`);
  for (const text of ["a=1", "dev-ops", "jane@example.com"]) assert.equal(csv([[text]]), `${text}\n`);
});
