// The guard against chance: whatever it lets through leaves an administrator, whoever the unknown ones turn out to be.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, supposeIdentity } from "../../../cli/access/evaluation.ts";
import { guardLockout } from "../../../cli/changes/judge.ts";
import { Failure } from "../../../cli/errors.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { A, arn, B, clusters, context, type Parameters } from "./any-cluster.ts";

/** The suffix of the permission set's role, and a user's path: nobody here knows them. */
const WORLDS = ["0123456789abcdef", "fedcba9876543210"].flatMap((suffix) =>
  ["", "ops/"].map((path) => [
    ...["Admin", "Adminzz", "Admin-zz", "A-zz", "ci-1", "ci-zz", "zz", `AWSReservedSSO_ClusterAdmin_${suffix}`].map(
      (name) => `role/${name}`,
    ),
    `user/${path}alice`,
    ...["user/zz", "user/ops/zz"],
  ]),
);
/** Whoever is mapped by a role's own ARN is taken to be there. */
const MAPPED = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";

function someoneAdministers(parameters: Parameters, io: readonly string[]): boolean {
  const isMapped = parameters.has(`${context.prefix}/role/${A}/${MAPPED.toLowerCase()}`);
  return [A, B].some((account) =>
    [...io, ...(isMapped ? [`role/${MAPPED}`] : [])].some((resource) => {
      const identity = supposeIdentity(arn(resource, account));
      const verdict = identity && decide(context, identity, parameters).deciding?.verdict;
      const { groups = [], username = "" } = verdict?.kind === "match" ? verdict.mapping : {};
      return groups.includes("system:masters") && (identity?.kind === "role" || !username.includes("{"));
    }),
  );
}

async function isRefused(before: Parameters, after: Parameters): Promise<boolean> {
  try {
    await guardLockout(before, after, context);
    return false;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

const certain: Parameters = new Map([[`${context.prefix}/role/777788889999/a`, adminOf("777788889999")]]);

test("where somebody surely administered, and the guard lets the change through, somebody does in every io", async () => {
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(clusters, async (after) => {
      if (await isRefused(certain, after)) return;
      passed += 1;
      for (const io of WORLDS) assert.ok(someoneAdministers(after, io));
    }),
    { numRuns: 1500 },
  );
  assert.ok(passed > 150, `${passed} let through`);
});

test("what changes nothing is never refused, and neither is one more that surely administers", async () => {
  await fc.assert(
    fc.asyncProperty(clusters, async (before) => {
      assert.ok(!(await isRefused(before, before)));
      const more = new Map([...before, [`${context.prefix}/role/777788889999/a`, adminOf("777788889999")]]);
      assert.ok(!(await isRefused(before, more)));
    }),
    { numRuns: 1000 },
  );
});

function adminOf(account: string): StoredParameter {
  const value = { arn: arn("role/A", account), username: "a", groups: ["system:masters"] };
  return { value: JSON.stringify(value), secure: false };
}
