// Colour in plans and verdicts: used in a terminal or with FORCE_COLOR, never in a pipe, and never the only information.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { cli } from "../cli.ts";
import { ADMIN, useCluster } from "../mappings/cluster.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const ESCAPE = "\u001b";
useCluster(
  { ...ADMIN, "user/111122223333/old": { arn: "arn:aws:iam::111122223333:user/old", username: "old" } },
  "all",
);

function diff(environment: Readonly<Record<string, string>>): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  const words = [SCRIPT, "mappings", "diff", "-c", "prod", "--prune", "-f", "-"];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, words, { env: { ...rest, ...environment } }, (_, out) => resolve(out));
    child.stdin?.end(`mappings:
  - {permissionSet: ClusterAdmin, account: "111122223333", username: "boss:{SessionName}", groups: [system:masters]}
  - {arnLike: "arn:aws:iam::*:role/b*", username: x, description: "x\\e[2J"}
`);
  });
}

test("a pipe gets no colour; forced colour does not change the text; values cannot add control characters", async () => {
  const plain = await diff({});
  assert.equal(plain.includes(ESCAPE), false);
  const coloured = await diff({ FORCE_COLOR: "1" });
  const [first, ...parts] = coloured.split(ESCAPE);
  assert.equal([first, ...parts.map((part) => part.replace(/^\[[\d;]+m/, ""))].join(""), plain);
  const mark = "    ! pattern/any arn:aws:iam::*:role/b* gives x to every identity that it matches";
  for (const [style, text] of [
    [["green"], "+ pattern/any"],
    [["yellow"], "~ sso/111122223333/clusteradmin"],
    [["red"], "- user/111122223333/old"],
    [["bold", "red"], mark],
  ] as const) {
    assert.ok(coloured.includes(styleText([...style], text, { validateStream: false })), coloured);
  }
  assert.equal(coloured.includes(`${ESCAPE}[2J`), false);
});

test("explain colours its verdict, and nothing else", async () => {
  const verdicts = { old: ["granted", "granted"], new: ["denied", "denied, identity_unmapped"] };
  for (const [user, [tone, verdict]] of Object.entries(verdicts)) {
    const coloured: string[] = [];
    await cli(["explain", "-c", "prod", `arn:aws:iam::111122223333:user/${user}`], {
      onPrint: (text, seen) => void (seen !== undefined && coloured.push(`${seen}: ${text.trim()}`)),
    });
    assert.deepEqual(coloured, [`${tone}: verdict   ${verdict}`]);
  }
});
