// The check reports to CodeDeploy whatever happens, in time, waits for permissions that are as new
// as the deployment, and reads at most 20 pages per second.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { CheckDependencies } from "../../../functions/deployment-check/handler.ts";
import { readStore } from "../../../functions/deployment-check/stored-values.ts";
import { until } from "../../time.ts";
import { denied, OPTIONS, STORED, type World, world } from "./check-world.ts";

const MINUTE = 60_000;
const failing = () => Promise.reject(new Error("no answer"));
const missing = () => {
  throw new Error("LIVE_ARN is required");
};
const FAILURES: readonly (readonly [what: string, changes: World, problem: RegExp])[] = [
  [
    "a missing setting",
    { readOptions: missing },
    /^the check's settings: Error: LIVE_ARN is required$/,
  ],
  [
    "a version that fails",
    { invoke: failing },
    /^an unknown caller \(payload 1\.0\): Error: no answer$/,
  ],
  [
    "a store that fails",
    { readPage: failing },
    /^the comparison of stored values: Error: no answer$/,
  ],
  [
    "a settings parameter that cannot be read",
    { readTags: failing },
    /^the stored settings: Error: no answer$/,
  ],
];
for (const [what, changes, expected] of FAILURES) {
  test(`${what} is one report of Failed, and does not end the function`, async () => {
    const { run, reported, line } = world(changes);
    await run();
    const { status, problems } = line();
    assert.deepEqual([reported, status, problems.length], [["Failed"], "Failed", 1]);
    assert.match(problems[0] ?? "", expected);
  });
}

test("a report that CodeDeploy does not accept ends the function, so that Lambda runs it again", async () => {
  const { run, line } = world({ report: failing });
  await assert.rejects(run(), { message: "no answer" });
  assert.equal(line().status, "Succeeded");
});

for (const name of ["invoke", "readPage", "readTags", "report"] as const) {
  test(`${name}: a permission that applies within a minute is awaited`, async () => {
    const { run, reported, line, calls } = world({ denials: { [name]: 12 } });
    await run();
    assert.deepEqual(reported, ["Succeeded"]);
    assert.partialDeepStrictEqual(line(), {
      status: "Succeeded",
      version: "version",
      problems: [],
    });
    assert.equal(calls[name][12], MINUTE);
  });

  test(`${name}: a missing permission is a failure after a minute, and another error at once`, async () => {
    const { run, reported, line, calls } = world({ denials: { [name]: 99 } });
    const running = run();
    if (name === "report") await assert.rejects(running, { name: "AccessDeniedException" });
    else {
      await running;
      assert.match(
        `${reported}: ${line().problems[0]}`,
        /^Failed: .*AccessDeniedException: not authorized$/,
      );
    }
    assert.deepEqual([calls[name].length, calls[name].at(-1)], [13, MINUTE]);
    const other = world({ [name]: failing });
    await other.run().catch(() => {});
    assert.equal(other.calls[name].length, 1);
  });
}

test("calls of one permission share the minute: later denials do not wait again", async () => {
  const page = { parameters: STORED, next: "next" };
  const pages = [page, ...Array(12), page];
  const { run, line, calls } = world({ readPage: async () => pages.shift() ?? denied() });
  await run();
  assert.match(line().problems[0] ?? "", /^the comparison of stored values: AccessDeniedException/);
  assert.equal(calls.readPage.length, 15);
});

test("after 13 minutes, a call without an answer is reported as Failed", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const page = Promise.withResolvers<Awaited<ReturnType<CheckDependencies["readPage"]>>>();
  const { run, reported, line, calls } = world({ readPage: () => page.promise });
  const running = run();
  await until(() => calls.readPage.length === 1);
  mock.timers.tick(13 * MINUTE - 1);
  await new Promise(setImmediate);
  assert.deepEqual(reported, []);
  mock.timers.tick(1);
  await running;
  const end = /^Failed: the comparison of stored values: TimedOut: no answer within 780000 ms$/;
  assert.match(`${reported}: ${line().problems[0]}`, end);
  page.resolve({ parameters: [], next: "more" });
  await new Promise(setImmediate);
  assert.equal(calls.readPage.length, 1);
});

for (const [callMs, everyMs] of [
  [0, 50],
  [40, 50],
  [80, 80],
] as const) {
  test(`pages whose calls take ${callMs} ms are read in order, one every ${everyMs} ms`, async () => {
    let now = 0;
    const calls: number[] = [];
    const source = {
      async readPage(next: string | undefined) {
        assert.equal(next, calls.length === 0 ? undefined : String(calls.length));
        calls.push(now);
        now += callMs;
        const own =
          calls.length === 50
            ? []
            : Array.from({ length: 10 }, (_, i) => `/p/${calls.length}/${i}`);
        const parameters = own.map((name) => [name, { value: "{}", secure: false }] as const);
        return { parameters, next: calls.length < 101 ? String(calls.length) : undefined };
      },
      clock: () => now,
      async sleep(ms: number) {
        now += ms;
      },
    };
    const names = new Set<string>();
    for await (const page of readStore(source)) for (const [name] of page) names.add(name);
    assert.equal(names.size, 1_000);
    const times = Array.from({ length: 101 }, (_, index) => index * everyMs);
    assert.deepEqual(calls, times);
  });
}

const TAG = "iam-authenticator:managed-by";
const NAME = "/iam-authenticator/test/settings/test";
const ADVICE =
  "this cluster id with this prefix in this account and Region. Give each cluster its own id. If that stack no longer exists, delete the parameter";
for (const [what, tags, problem] of [
  ["that does not exist yet", undefined, undefined],
  ["of this stack", { [TAG]: "IamAuthenticator-test", team: "a" }, undefined],
  [
    "of another stack",
    { [TAG]: "Other" },
    `${NAME} already exists, managed by the CloudFormation stack Other, which serves ${ADVICE}`,
  ],
  [
    "of Terraform",
    { [TAG]: "terraform" },
    `${NAME} already exists, managed by Terraform, which serves ${ADVICE}`,
  ],
  [
    "that was left without a tag",
    {},
    `${NAME} already exists, without the tag ${TAG}. If the stack IamAuthenticator-test created it, add this tag with the stack's name. Otherwise another stack serves ${ADVICE}`,
  ],
] as const) {
  const verdict = problem === undefined ? "is accepted" : "stops the deployment";
  for (const compareStoredValues of [true, false]) {
    const without = compareStoredValues ? "" : ", also without the comparison";
    test(`a settings parameter ${what} ${verdict} before the version is asked${without}`, async () => {
      const names: string[] = [];
      let asked = 0;
      const { run, reported, line, calls } = world({
        readOptions: () => ({ ...OPTIONS, compareStoredValues }),
        async readTags(name) {
          names.push(name);
          asked = calls.invoke.length;
          return tags;
        },
      });
      await run();
      const expected = problem === undefined ? [] : [`the stored settings: ${problem}`];
      assert.deepEqual([line().problems, names, asked], [expected, [NAME], 0]);
      assert.deepEqual(reported, [problem === undefined ? "Succeeded" : "Failed"]);
    });
  }
}
