// CSV: quoting by RFC 4180, and cells that a spreadsheet must not evaluate.

import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../../cli/terminal/csv.ts";

test("cells with a comma or a quote are quoted; each row is one line", () => {
  const rows = [
    ["kind", "groups", ""],
    ["role", "a,b", 'say "no"'],
  ];
  assert.equal(csv(rows), 'kind,groups,\nrole,"a,b","say ""no"""\n');
});

test("a cell that begins like a formula begins with an apostrophe; others are unchanged", () => {
  for (const text of ["=1+1", "+cmd", "-2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"])
    assert.equal(csv([[text]]), `'${text}\n`);
  assert.equal(csv([['=HYPERLINK("x","y")']]), `"'=HYPERLINK(""x"",""y"")"\n`);
  for (const text of ["a=1", "jane@example.com", "dev-ops", "arn:aws:iam::*:role/ci-*"]) {
    assert.equal(csv([[text]]), `${text}\n`);
  }
});
