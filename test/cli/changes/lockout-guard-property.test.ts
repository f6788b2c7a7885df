// Random tests of the lockout guard: an accepted change leaves an administrator, whatever the unknown names are.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, supposeIdentity } from "../../../cli/access/evaluation.ts";
import { guardLockout } from "../../../cli/changes/judge.ts";
import { Failure } from "../../../cli/errors.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { A, arn, B, clusters, context, type StoredParameters } from "./any-cluster.ts";

/** Each has another suffix of the permission set's role and another path of the user, which the guard does not know. */
const WORLDS = ["0123456789abcdef", "fedcba9876543210"].flatMap((suffix) =>
  ["", "ops/"].map((path) => [
    ...["Admin", "Adminzz", "Admin-zz", "A-zz", "ci-1", "ci-zz", "zz", `AWSReservedSSO_ClusterAdmin_${suffix}`].map(
      (name) => `role/${name}`,
    ),
    `user/${path}alice`,
    ...["user/zz", "user/ops/zz"],
  ]),
);
/** A role that is mapped by its ARN is assumed to exist. */
const MAPPED = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";

function someoneAdministers(parameters: StoredParameters, world: readonly string[]): boolean {
  const isMapped = parameters.has(`${context.prefix}/role/${A}/${MAPPED.toLowerCase()}`);
  return [A, B].some((account) =>
    [...world, ...(isMapped ? [`role/${MAPPED}`] : [])].some((resource) => {
      const identity = supposeIdentity(arn(resource, account));
      const verdict = identity && decide(context, identity, parameters).deciding?.verdict;
      const { groups = [], username = "" } = verdict?.kind === "match" ? verdict.mapping : {};
      return groups.includes("system:masters") && (identity?.kind === "role" || !username.includes("{"));
    }),
  );
}

async function isRefused(before: StoredParameters, after: StoredParameters): Promise<boolean> {
  try {
    await guardLockout(before, after, context);
    return false;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

const certain: StoredParameters = new Map([[`${context.prefix}/role/777788889999/a`, adminOf("777788889999")]]);

test("an accepted change keeps an administrator in every world if one was sure", async () => {
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(clusters, async (after) => {
      if (await isRefused(certain, after)) return;
      passed += 1;
      for (const world of WORLDS) assert.ok(someoneAdministers(after, world));
    }),
    { numRuns: 1500 },
  );
  assert.ok(passed > 150, `${passed} accepted`);
});

test("the guard accepts an unchanged cluster, and an additional sure administrator", async () => {
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
