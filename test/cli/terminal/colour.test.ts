// Colour in plans and verdicts: used in a terminal or with FORCE_COLOR, never in a pipe, and never the only information.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { ADMIN, useCluster } from "../mappings/cluster.ts";

const SCRIPT = fileURLToPath(new URL("../../../cli/iam-authenticator.ts", import.meta.url));
const ESCAPE = "\u001b";
useCluster(
  {
    ...ADMIN,
    "user/111122223333/old": { arn: "arn:aws:iam::111122223333:user/old", username: "old" },
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/a*", username: "a" }],
  },
  "all",
);

const FILE = `mappings:
  - {arn: "arn:aws:iam::111122223333:user/new", username: new, groups: [system:masters]}
  - {permissionSet: ClusterAdmin, account: "111122223333", username: "boss:{SessionName}", groups: [system:masters]}
  - {arnLike: "arn:aws:iam::*:role/b*", username: x, description: "x\\e[2J"}
`;
const styled = (style: Parameters<typeof styleText>[0], text: string) =>
  styleText(style, text, { validateStream: false });

const diff = (environment: Readonly<Record<string, string>>) =>
  output(["mappings", "diff", "-c", "prod", "--prune", "-f", "-"], environment);

function output(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, ...words], { env: { ...rest, ...environment } }, (_error, out) =>
      resolve(out),
    );
    child.stdin?.end(FILE);
  });
}

test("a pipe gets no colour; forced colour does not change the text; values cannot add control characters", async () => {
  const plain = await diff({});
  assert.equal(await diff({ NO_COLOR: "1" }), plain);
  assert.equal(plain.includes(ESCAPE), false);
  assert.match(plain, /^! Needs your consent: .*2 new administrators/m);
  const coloured = await diff({ FORCE_COLOR: "1" });
  assert.equal(
    coloured
      .split(ESCAPE)
      .map((part, i) => (i === 0 ? part : part.replace(/^\[[\d;]+m/, "")))
      .join(""),
    plain,
  );
  assert.ok(coloured.includes(styled("green", "+ user/111122223333/new")), coloured);
  assert.ok(coloured.includes(styled("yellow", "~ sso/111122223333/clusteradmin")));
  assert.ok(coloured.includes(styled("red", "- user/111122223333/old")));
  assert.ok(coloured.includes(styled("red", "    - arn:aws:iam::*:role/a* a")));
  const weakening =
    "    ! new gets new (system:masters) by user/111122223333/new: system:masters makes an administrator";
  assert.ok(coloured.includes(styled(["bold", "red"], weakening)));
  assert.equal(coloured.includes(`${ESCAPE}[2J`), false);
});

test("explain colours its verdict, and nothing else", async () => {
  for (const [user, tone, verdict] of [
    ["old", "green", "verdict   granted"],
    ["new", "red", "verdict   denied, identity_unmapped"],
  ] as const) {
    const words = ["explain", "-c", "prod", `arn:aws:iam::111122223333:user/${user}`];
    const plain = await output(words, {});
    assert.equal(await output(words, { FORCE_COLOR: "1" }), plain.replace(verdict, styled(tone, verdict)));
  }
});
