// The question before a write: yes, no, no answer, and no terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, useCluster } from "../mappings/cluster.ts";

const callers = ["a", "b"].map((name) => ({ name, sha256: "0".repeat(64) }));
const cluster = useCluster({ callers });

for (const [what, options, code, message, written] of [
  ["no answer (Ctrl-D)", { input: "" }, 130, /\[y\/N\] \nNothing was written: the question was not answered\.\n$/, 0],
  ...["y\n", "y", "YES\n"].map((input) => [JSON.stringify(input), { input }, 0, /\[y\/N\] /, 1] as const),
  ...["n\n", "\n", "yo\n"].map(
    (input) => [JSON.stringify(input), { input }, 1, /Nothing was written\.\n$/, 0] as const,
  ),
  ["no terminal", { interactive: false }, 2, /give --yes/, 0],
] as const) {
  test(`${what} ${written === 0 ? "writes nothing" : "writes"}`, async () => {
    await exits(cli("callers remove a -c prod", { interactive: true, ...options }), code, message);
    assert.equal(cluster.store.requests.filter(({ body }) => body.includes('"Value"')).length, written);
  });
}
