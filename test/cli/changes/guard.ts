// Changes that the guard of the last administrator judges, as a table: what stands there, what is done, what comes of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { storedCluster } from "../mappings/cluster.ts";

export const A = "111122223333";
export const role = (name: string) => `arn:aws:iam::${A}:role/${name}`;
export const SET = { [`sso/${A}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] } };
export const SET_ROLE = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
export const ADMIN = { username: "admin", groups: ["system:masters"] };
export const VIEWER = ["--username", "viewer", "--group", "viewers"];
export const REFUSED =
  /^Refused: the last mapping that (?:gives|may give) administrator rights would end .*--force\.\n$/s;

export interface Case {
  readonly what: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  /** What the sentence says of the mapping that is left; without it the change goes through. */
  readonly refused?: RegExp;
}

/** A test for each. */
export function judge(cases: readonly Case[]): void {
  for (const { what, cluster: parameters, words, refused } of cases) {
    test(`${what} (${words[0]}): ${refused === undefined ? "done" : "refused, and done with --force"}`, async (t) => {
      const cluster = await storedCluster(parameters);
      t.after(() => cluster.store.close());
      const { code, err } = await cluster.mappings([...words, "-y", "--allow-weakening"]);
      assert.equal(code, refused === undefined ? 0 : 1, err);
      if (refused !== undefined) {
        assert.match(err, REFUSED);
        assert.match(err, refused);
        assert.equal((await cluster.mappings([...words, "-y", "--allow-weakening", "--force"])).code, 0);
      }
    });
  }
}
