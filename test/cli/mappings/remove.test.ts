// remove: existing and missing mappings, concurrent changes, and the last administrator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, DEVELOPERS, exits, PREFIX, useCluster } from "./cluster.ts";

const cluster = useCluster(ADMIN);

const ROLE = "role/111122223333/developers";

test("remove fails if another operator changed the mapping since it was read", async () => {
  const parameter = `${PREFIX}/${ROLE}`;
  const changes: [() => unknown, RegExp][] = [
    [() => cluster.store.put(parameter, '{"other":"operator"}'), /it was version 1, it is now version 2/],
    [() => cluster.store.remove(parameter), /it was version 1, it no longer exists/],
    [
      () => {
        // Recreated, the parameter is version 1 again, with another value.
        cluster.store.remove(parameter);
        cluster.store.put(parameter, '{"another":"one"}');
      },
      /it was version 1, it is now version 1 of a new parameter/,
    ],
  ];
  for (const [change, sentence] of changes) {
    cluster.store.remove(parameter);
    await cluster.mappings(["set", DEVELOPERS, "--username", "dev", "-y"]);
    const { err } = await exits(
      cluster.mappings(["remove", DEVELOPERS], {
        interactive: true,
        input: "y\n",
        onLog: (text) => {
          if (text.includes("[y/N]")) change();
        },
      }),
      1,
      /Another operator changed \S+developers in the meantime: /,
    );
    assert.match(err, sentence);
    assert.match(err, /Their change is kept\.\nNothing was written\. Run the same command again\.\n$/);
  }
  assert.deepEqual(await cluster.value(ROLE), { another: "one" });
});

test("remove of several mappings removes the existing ones and reports the missing ones", async () => {
  const roles = ["a", "b", "c"].map((name) => `arn:aws:iam::111122223333:role/${name}`);
  for (const arn of roles.slice(1)) await cluster.mappings(["set", arn, "--username", arn.slice(-1), "-y"]);
  const { code, out, err } = await cluster.mappings(["remove", ...roles, "arn:aws:iam::*:role/x-*", "-y"]);
  assert.deepEqual([code, out.match(/^- .*$/gm)], [1, ["- role/111122223333/b", "- role/111122223333/c"]]);
  assert.match(err, /^role\/111122223333\/a does not exist\.\npattern\/any does not exist\.\nRemoved 2 parameters\./);
  const again = await cluster.mappings(["remove", ...roles, "-y"]);
  assert.match(again.err, /^(role\S+ does not exist\.\n){3}Nothing was removed\.\n$/);
  assert.equal(again.code, 1);
});
