// The question before a write: yes, no, no answer, and no terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type CliOptions, cli } from "../cli.ts";
import { storedCluster } from "../mappings/cluster.ts";

async function answering(options: CliOptions) {
  const list = ["a", "b"].map((name) => ({ name, sha256: "0".repeat(64) }));
  const { store } = await storedCluster({ callers: list });
  const { code, err } = await cli(["callers", "remove", "a", "-c", "prod"], options);
  const written = store.requests.filter(({ body }) => body.includes('"Value"')).length;
  await store.close();
  return { code, err, written };
}

test("Ctrl-D ends with a message and 130, and writes nothing", async () => {
  const { code, err, written } = await answering({ interactive: true, input: "" });
  assert.deepEqual([code, written], [130, 0]);
  assert.match(err, /\[y\/N\] \nNothing was written: the question was not answered\.\n$/);
});

test("only yes writes, with or without a line break", async () => {
  for (const input of ["y\n", "y", "YES\n"]) {
    assert.deepEqual(
      await answering({ interactive: true, input }).then(({ code, written }) => [code, written]),
      [0, 1],
    );
  }
  for (const input of ["n\n", "\n", "yo\n"]) {
    const { code, err, written } = await answering({ interactive: true, input });
    assert.deepEqual([code, written], [1, 0], input);
    assert.match(err, /Nothing was written\.\n$/);
  }
});

test("without a terminal, the error names the option", async () => {
  const { code, err, written } = await answering({});
  assert.deepEqual([code, written], [2, 0]);
  assert.match(err, /give --yes/);
});
