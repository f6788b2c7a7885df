// The guard against chance: whatever it lets through leaves an administrator, whoever the unknown ones turn out to be.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { siteOf } from "../../../cli/aws/connection.ts";
import { Failure } from "../../../cli/failure.ts";
import { decide } from "../../../cli/lib/decide.ts";
import { supposeIdentity } from "../../../cli/lib/supposed-identity.ts";
import { guardMasters } from "../../../cli/plan/masters.ts";
import { processWorld } from "../../../cli/world.ts";
import type { StoredParameter } from "../../../functions/authenticator/mapping/finding.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";

const [A, B] = ["111122223333", "444455556666"];
const settings = readSettings({ CLUSTER_ID: "prod", CALLER_AUTH: "none", AWS_REGION: "us-east-1" });
const site = siteOf(settings, processWorld());
type Parameters = Map<string, StoredParameter>;

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
const RESOURCES = [
  ...["*", "role/*", "user/*", "user/ops/*", "role/Admin", "role/Admin*", "role/Admin-*", "role/ci-*", "role/A*"],
  ...["", "01", "fedcba987654321?"].map((start) => `role/AWSReservedSSO_ClusterAdmin_${start}*`),
];

const body = fc.constantFrom<object>(
  { username: "admin", groups: ["system:masters"] },
  { username: "viewer" },
  { deny: true },
  { username: "admin", groups: ["system:masters"], notAfter: "2020-01-01T00:00:00Z" },
  { username: "{SessionName}", groups: ["system:masters"] },
  { username: 1 },
);
const arn = (resource: string, account = A) => `arn:aws:iam::${account}:${resource}`;
const withArn = (resource: string, account = A) => body.map((value) => ({ arn: arn(resource, account), ...value }));
const patterns = (account: string) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...RESOURCES), body)
      .map(([resource, value]) => ({ arnLike: arn(resource, account), ...value })),
    { minLength: 1, maxLength: 3 },
  );

const clusters = fc
  .record(
    {
      [`role/${A}/admin`]: withArn("role/Admin"),
      [`role/${A}/ci-1`]: withArn("role/ci-1"),
      [`role/${A}/awsreservedsso_clusteradmin_0123456789abcdef`]: withArn(
        "role/AWSReservedSSO_ClusterAdmin_0123456789abcdef",
      ),
      [`role/${B}/admin`]: withArn("role/Admin", B),
      [`user/${A}/alice`]: withArn("user/alice"),
      [`sso/${A}/clusteradmin`]: body,
      [`pattern/${A}`]: patterns(A ?? ""),
      "pattern/any": patterns("*"),
      [`account/${A}`]: body,
      [`account/${B}`]: body,
    },
    { requiredKeys: [] },
  )
  .map(
    (values): Parameters =>
      new Map(
        Object.entries(values).map(([name, value]) => [
          `${site.prefix}/${name}`,
          { value: JSON.stringify(value), secure: false },
        ]),
      ),
  );

/** Whoever is mapped by a role's own ARN is taken to be there. */
const MAPPED = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";

function someoneAdministers(parameters: Parameters, world: readonly string[]): boolean {
  const isMapped = parameters.has(`${site.prefix}/role/${A}/${MAPPED.toLowerCase()}`);
  return [A, B].some((account) =>
    [...world, ...(isMapped ? [`role/${MAPPED}`] : [])].some((resource) => {
      const identity = supposeIdentity(arn(resource, account));
      const verdict = identity && decide(site, identity, parameters).deciding?.verdict;
      const { groups = [], username = "" } = verdict?.kind === "match" ? verdict.mapping : {};
      return groups.includes("system:masters") && (identity?.kind === "role" || !username.includes("{"));
    }),
  );
}

async function isRefused(before: Parameters, after: Parameters): Promise<boolean> {
  try {
    await guardMasters(before, after, { site, settings });
    return false;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

const certain: Parameters = new Map([[`${site.prefix}/role/777788889999/a`, adminOf("777788889999")]]);

test("where somebody surely administered, and the guard lets the change through, somebody does in every world", async () => {
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(clusters, async (after) => {
      if (await isRefused(certain, after)) return;
      passed += 1;
      for (const world of WORLDS) assert.ok(someoneAdministers(after, world));
    }),
    { numRuns: 1500 },
  );
  assert.ok(passed > 150, `${passed} let through`);
});

test("what changes nothing is never refused, and neither is one more that surely administers", async () => {
  await fc.assert(
    fc.asyncProperty(clusters, async (before) => {
      assert.ok(!(await isRefused(before, before)));
      const more = new Map([...before, [`${site.prefix}/role/777788889999/a`, adminOf("777788889999")]]);
      assert.ok(!(await isRefused(before, more)));
    }),
    { numRuns: 1000 },
  );
});

function adminOf(account: string): StoredParameter {
  const value = { arn: arn("role/A", account), username: "a", groups: ["system:masters"] };
  return { value: JSON.stringify(value), secure: false };
}
