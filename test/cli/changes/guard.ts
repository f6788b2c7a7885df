// Tests the lockout guard with a table of clusters, changes and expected messages.

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
  /^Refused: the last mapping that (?:grants|may grant) administrator access would end .*--force\.\n$/s;

export interface Case {
  readonly what: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  /** The expected reason; `undefined` if the change succeeds. */
  readonly refused?: RegExp;
}

/** Adds a test for each case. */
export function judge(cases: readonly Case[]): void {
  for (const { what, cluster: parameters, words, refused } of cases) {
    test(`${what} (${words[0]}): ${refused === undefined ? "succeeds" : "requires --force"}`, async (t) => {
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
