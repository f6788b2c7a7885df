// Check 16 in an account that behaves as AWS may: the alias moves with a delay, and Lambda starts
// and replaces environments during the reviews.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { deployedCluster, inputOf, json } from "./deployed.ts";
import { fakeWorld } from "./fake-world.ts";
import { withoutPermission } from "./permissions.ts";
import { isGood } from "./report.ts";
import { runChecks } from "./runner.ts";

interface Behaviour {
  /** Reviews after the alias moved that the former version still answers. */
  readonly late: number;
  /** Reviews of a version, counted from 0, for which a new environment starts. */
  readonly starts: readonly number[];
  /** How many of a version's first reviews write no report. */
  readonly lost: number;
  /** How many of a version's first reviews fail. */
  readonly faults?: number;
}

interface Event {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly message: string;
}

async function measured(
  { late, starts, lost, faults = 0 }: Behaviour,
  numbers: readonly number[] = [16],
) {
  const calls: string[] = [];
  const reports: Event[] = [];
  const access: Event[] = [];
  let published = 1;
  let alias = "1";
  let former = "1";
  let sinceMove = 0;
  let environment = 0;
  let now = 0;
  const group = {
    ResourceType: "x",
    LogicalResourceId: "x",
    PhysicalResourceId: "/aws/vendedlogs/a",
  };
  const answers: readonly (readonly [RegExp, (call: string) => string])[] = [
    [/get-role|create-role/, () => json({ Role: { Arn: "arn:aws:iam::111122223333:role/r" } })],
    [
      /assume-role/,
      () => json({ Credentials: { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c" } }),
    ],
    [/put-role-policy|update-function-configuration|function-concurrency/, () => "{}"],
    [/^iam-authenticator mappings/, () => ""],
    [/^iam-authenticator token/, () => json({ status: { token: "k8s-aws-v1.t" } })],
    [/get-function-configuration/, () => json({ Timeout: 8, LastUpdateStatus: "Successful" })],
    [/get-alias/, () => json({ FunctionVersion: alias })],
    [
      /publish-version/,
      () => {
        published += 1;
        return json({ Version: String(published) });
      },
    ],
    [
      /update-alias/,
      (call) => {
        former = alias;
        alias = inputOf(call).FunctionVersion;
        sinceMove = 0;
        return "{}";
      },
    ],
    [/list-stack-resources/, () => json({ StackResourceSummaries: [group] })],
    [
      /filter-log-events/,
      (call) => json({ events: call.includes("vendedlogs") ? access : reports }),
    ],
  ];
  function review(): void {
    now += 1;
    const isLate = sinceMove < late;
    const index = sinceMove - late;
    sinceMove += 1;
    const message = json({ status: "200", responseLatency: "20", integrationLatency: "15" });
    access.push({ logStreamName: "a", timestamp: now, message });
    const version = isLate ? former : alias;
    // The first version's log level writes no report.
    if (version === "1" || index < lost) return;
    const isCold = starts.includes(index) || index === lost;
    if (isCold) environment += 1;
    const metrics = {
      ...{ durationMs: isCold ? 100 : 5, billedDurationMs: isCold ? 250 : 5, maxMemoryUsedMB: 120 },
      ...(isCold && { initDurationMs: 150 }),
    };
    reports.push({
      logStreamName: `2026/12/02/f[${version}]${environment}`,
      timestamp: now,
      message: json({ type: "platform.report", record: { metrics } }),
    });
  }
  const world = fakeWorld((call) => {
    const [program, ...words] = call.split(" ");
    if (program === "aws") calls.push(words.join(" "));
    const [, answer] = answers.find(([pattern]) => pattern.test(call)) ?? [];
    return answer === undefined ? deployedCluster(call) : answer(call);
  });
  const { rows } = await runChecks(
    {
      ...world,
      async request() {
        review();
        if (sinceMove <= faults) return { status: 500, headers: {}, text: "" };
        const user = { username: "acceptance:probe", groups: ["acceptance"] };
        return { status: 200, headers: {}, text: json({ status: { authenticated: true, user } }) };
      },
    },
    {
      clusterId: "acceptance-0123abcd",
      checks: CHECKS.filter(({ number }) => numbers.includes(number)),
      keep: true,
    },
  );
  const row = (name: string) =>
    rows.find((found) => found.name === name) ?? assert.fail(`no row "${name}"`);
  return { rows, row, reports, calls };
}

for (const [what, behaviour, seen] of [
  [
    "each version has one environment",
    { late: 0, starts: [], lost: 0 },
    /^(21 reports, 1 cold, log streams: 1(; |$)){3}/,
  ],
  [
    "the first reviews reach the former version",
    { late: 2, starts: [], lost: 0 },
    /^21 reports, 1 cold, log streams: 1; /,
  ],
  [
    "the first reviews fail",
    { late: 0, starts: [], lost: 0, faults: 2 },
    /^(2[123] reports, 1 cold, log streams: 1(; |$)){3}/,
  ],
  [
    "Lambda starts and replaces environments",
    { late: 1, starts: [4, 13, 20], lost: 0 },
    /^21 reports, 4 cold, log streams: 4; /,
  ],
] as const) {
  test(`measurements: if ${what}, the run is good, and cold is what has an init duration`, async () => {
    const { rows, row, reports } = await measured(behaviour);
    assert.ok(isGood(rows), json(rows.filter(({ verdict }) => verdict === "failed")));
    assert.match(row("Lambda's reports").seen, seen);
    const cold = reports.filter(({ message }) => message.includes("initDurationMs")).length;
    const values = (name: string) => row(name).measured?.values ?? [];
    assert.deepEqual(values("Lambda's init"), Array(cold).fill(150));
    assert.deepEqual(values("Lambda's duration, cold"), Array(cold).fill(100));
    assert.deepEqual(values("Lambda's billed duration, cold"), Array(cold).fill(250));
    for (const kind of ["a new token", "the same token"]) {
      const warm = values(`Lambda's duration, warm, ${kind}`);
      assert.deepEqual([new Set(warm), warm.length > 20], [new Set([5]), true]);
      assert.equal(values(`round trip from this machine, warm, ${kind}`).length, 30);
    }
    assert.equal(values("memory used").length, cold, "one for each environment");
  });
}

test("measurements: a version without reports fails its row alone", async () => {
  const { rows } = await measured({ late: 0, starts: [], lost: Number.POSITIVE_INFINITY });
  const failed = rows.filter(({ verdict }) => verdict === "failed");
  assert.deepEqual(
    failed.map(({ name, seen }) => `${name}: ${seen}`),
    ["Lambda's reports: no report; no report; no report"],
  );
});

test("the checks of --short make no call that acceptance-role.json does not allow", async () => {
  const { calls, rows } = await measured({ late: 1, starts: [4], lost: 0 }, [15, 16]);
  assert.ok(rows.some(({ name }) => name === "served again"));
  assert.ok(calls.some((call) => call.startsWith("lambda put-function-concurrency ")));
  assert.deepEqual(withoutPermission(calls), []);
});
