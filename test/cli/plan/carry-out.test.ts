// Plans of several clusters: which are written after a failure, and what the command reports.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rates } from "../../../cli/aws/rates.ts";
import { awsFailure, EXIT, type Failure, usage } from "../../../cli/io/errors.ts";
import { createSecrets } from "../../../cli/io/run.ts";
import { judgeAccess } from "../../../cli/plan/access/judge-access.ts";
import { carryOut, logIfLong } from "../../../cli/plan/carry-out.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { planAndJudge } from "../../../cli/plan/judge.ts";
import { type ClusterPlan, EFFECT, type PlanOptions } from "../../../cli/plan/plan.ts";
import { Absent, planClusters } from "../../../cli/plan/plan-clusters.ts";
import { OWNER_TAG } from "../../../functions/settings/stack.ts";
import { answering, failing } from "../../local/aws/service-faults.ts";
import { useCluster } from "../commands/mappings/cluster.ts";
import { CONTEXT } from "../model/access/any-plan.ts";
import { connectionTo, read, terminal } from "./connection.ts";

const cluster = useCluster();
const A = "111122223333";
const ANY = JSON.stringify([{ arnLike: "arn:aws:iam::*:role/ci", username: "c" }]);
const BOB = JSON.stringify({ arn: `arn:aws:iam::${A}:user/bob`, username: "b" });
const EVE = BOB.replace("bob", "eve");

/** `bob` adds a mapping, `any` one with a mark, `managed` also removes one of a stack. */
type Kind = "bob" | "any" | "managed" | "nothing" | "absent" | "invalid" | "no answer" | "bug";
const FAILURES: Partial<Record<Kind, Error>> = {
  absent: new Absent(EXIT.finding, ["No mapping.", "Check the ARN."]),
  invalid: usage("It is invalid."),
  "no answer": awsFailure("No answer."),
  bug: new TypeError("bug"),
};

function planOf(
  prefix: string,
  kind: Kind,
  rates: Rates = { reads: 1e6, writes: 1e6 },
): ClusterPlan | undefined {
  if (kind === "nothing") return undefined;
  const failure = FAILURES[kind];
  if (failure !== undefined) throw failure;
  const eve = read(`${prefix}/user/${A}/eve`, EVE, { account: A });
  cluster.store.put(eve.name, EVE, kind === "managed" ? { tags: { [OWNER_TAG]: "team-a" } } : {});
  const known = new Map([[eve.name, eve]]);
  const review = { ...CONTEXT, prefix };
  const connection = connectionTo(cluster, { clusterId: prefix.slice(1), review, rates });
  const [name, value] = kind === "any" ? ["pattern/any", ANY] : [`user/${A}/bob`, BOB];
  const changes: Change[] = [
    { action: "add", name: `${prefix}/${name}`, before: undefined, value },
    ...(kind === "managed"
      ? [{ action: "remove" as const, name: eve.name, before: eve, value: undefined }]
      : []),
  ];
  const plan = { changes, unchanged: 0, extra: [] };
  return { plan, known, connection, judge: judgeAccess() };
}

interface Run {
  /** Of clusters "one", "two" and so on. */
  readonly plans: readonly Kind[];
  readonly options?: PlanOptions;
  readonly goesOn?: true;
  readonly fails?: string;
  /** The user presses Ctrl-C after the message that begins with it. */
  readonly interrupted?: string;
  readonly answers?: string;
  readonly rechecks?: true;
  /** A second, in the account and Region of the clusters. */
  readonly writes?: number;
}

const failWrites = (below: string) =>
  cluster.store.fail(failing("PutParameter", answering(500, "{}"), below));

/** What is printed, and the error with its exit code. */
async function execute({ plans, goesOn, fails, interrupted, answers, rechecks, ...others }: Run) {
  const { options = { yes: true }, writes = 1e6 } = others;
  const stop = new AbortController();
  const { run: one, texts } = terminal(answers, {
    ...{ interrupted: stop.signal, words: ["mappings", "deny", "a b"], secrets: createSecrets() },
  });
  const log = (text: string) => {
    one.log(text);
    if (interrupted !== undefined && text.startsWith(interrupted)) stop.abort();
  };
  const run = { ...one, log };
  if (fails !== undefined) failWrites(`/${fails}/`);
  const rates = { reads: 1e6, writes };
  const names = ["one", "two", "three"].slice(0, plans.length);
  const hooks = {
    onAccept: async () => log("accepted"),
    onWritten: async () => log("written"),
  };
  const all = { report: () => {}, ...options };
  const clusters = { chosen: names.map((name) => ({ name, cluster: name })), isSeveral: true };
  const more = { done: "Denied", ...(goesOn && { goesOn }), ...(rechecks && hooks) };
  const plan = async (_: unknown, { name }: { readonly name: string }) =>
    planOf(`/${name}`, plans[names.indexOf(name)] ?? "nothing", rates);
  try {
    await carryOut(await planClusters(clusters, all, run, plan), all, run, more);
  } catch (error) {
    const { exitCode, message } = error as Failure;
    texts.push(`exit ${exitCode}: ${message}`);
  }
  cluster.store.fail(undefined);
  return texts;
}

const WROTE = `Wrote 1 parameter. ${EFFECT}`;
const [PAIR, THREE] = [Array<Kind>(2).fill("bob"), Array<Kind>(3).fill("bob")];
const BOTH = `one, two: ${WROTE}`;
const UNCHANGED = "Nothing was written, because not every cluster can be changed.";
const AGAIN = "Repeat: npx --no -- lambda-iam-authenticator mappings deny 'a b'";
const STOPPED = "The response is not from AWS: check for a proxy, and check AWS_ENDPOINT_URL.";
const NOTHING = "Nothing was written. Run the same command again.";
const failed = (name: string, outcome: string) =>
  `exit 3: ${name}: ${STOPPED}\n${name}: ${NOTHING}\nDenied in ${outcome}. ${AGAIN}`;
const ABSENT = ["one: No mapping.", "one: Check the ARN."];
const widens = { yes: true, allowWeakening: true } as const;

// biome-ignore format: a table
const ROWS: readonly (readonly [what: string, run: Run, ...texts: string[]])[] = [
  ["every plan is written", { plans: PAIR }, BOTH, "Denied in 2 of 2 clusters."],
  ["without a change, nothing is written", { plans: ["nothing", "nothing"] }],
  ["a dry run writes nothing", { plans: PAIR, options: { dryRun: true } }, "Nothing was written."],
  [
    "a check runs after the confirmation and after the writes",
    { plans: ["bob", "nothing"], options: {}, answers: "y\n", rechecks: true },
    "Write 1 parameter in account 111122223333, region us-east-1, cluster one (/one)? [y/N]",
    ...["accepted", "written", `one: ${WROTE}`, "Denied in 1 of 2 clusters, nothing to do in 1."],
  ],
  [
    "a plan that a stack manages in part is written, and the exit code is 1",
    { plans: ["managed", "bob"] },
    `one: user/${A}/eve is managed by the CloudFormation stack team-a and was not changed. Change it there, or use --force.`,
    ...[BOTH, "Denied in 1 of 2 clusters.", `exit 1: one: Not written, because a stack manages it: user/${A}/eve.`],
  ],
  ["one cluster with the mapping is enough", { plans: ["absent", "bob"] }, ...[...ABSENT, `two: ${WROTE}`, "Denied in 1 of 2 clusters, nothing to do in 1."]],
  ["no cluster has the mapping", { plans: ["absent"] }, ...ABSENT, "exit 1: "],
  ["no plan is written unless all can be", { plans: ["bob", "invalid"] }, `exit 2: two: It is invalid.\n${UNCHANGED}`],
  ["the exit code is the worst", { plans: ["no answer", "invalid"] }, `exit 3: one: No answer.\ntwo: It is invalid.\n${UNCHANGED}`],
  [
    "a change that goes on is written where it can be",
    { plans: ["no answer", "invalid", "bob"], goesOn: true },
    `three: ${WROTE}`,
    `exit 3: one: No answer.\ntwo: It is invalid.\nDenied in 1 of 3 clusters. Not denied in: one (failed), two (invalid). ${AGAIN}`,
  ],
  [
    "a repetition does not help where the command is wrong",
    { plans: ["invalid", "bob"], goesOn: true },
    ...[`two: ${WROTE}`, "exit 2: one: It is invalid.\nDenied in 1 of 2 clusters. Not denied in: one (invalid)."],
  ],
  [
    "a change that goes on is planned nowhere",
    { plans: ["no answer", "nothing"], goesOn: true },
    `exit 3: one: No answer.\nDenied in 0 of 2 clusters, nothing to do in 1. Not denied in: one (failed). ${AGAIN}`,
  ],
  ["a dry run is not repeated", { plans: ["no answer", "bob"], goesOn: true, options: { dryRun: true } }, "exit 3: one: No answer."],
  ["one mark stops a change that goes on", { plans: ["bob", "any", "no answer"], goesOn: true, options: widens }, `exit 3: three: No answer.\n${UNCHANGED}`],
  [
    "the user is asked with the failures in view",
    { plans: ["no answer", "bob"], goesOn: true, options: {}, answers: "n\n" },
    "one: No answer.",
    "Write 1 parameter in account 111122223333, region us-east-1, cluster two (/two)? [y/N]",
    "exit 1: Nothing was written.",
  ],
  ["a failed write stops the others", { plans: THREE, fails: "one" }, failed("one", "0 of 3 clusters. Not denied in: one (failed), two (not tried), three (not tried)")],
  [
    "a failed write with a mark stops a change that goes on",
    { plans: ["any", "bob"], fails: "one", goesOn: true, options: widens },
    failed("one", "0 of 2 clusters. Not denied in: one (failed), two (not tried)"),
  ],
  ["the last write fails", { plans: PAIR, fails: "two" }, `one: ${WROTE}`, failed("two", "1 of 2 clusters. Not denied in: two (failed)")],
  ["a change that goes on is written after a failed write", { plans: THREE, fails: "two", goesOn: true }, `one, three: ${WROTE}`, failed("two", "2 of 3 clusters. Not denied in: two (failed)")],
  [
    "Ctrl-C stops a change that goes on",
    { plans: THREE, goesOn: true, rechecks: true, interrupted: "written", writes: 2 },
    ...["accepted", "written", `one: ${WROTE}`],
    `exit 130: two, three: Nothing was written.\nDenied in 1 of 3 clusters. Not denied in: two (interrupted), three (interrupted). ${AGAIN}`,
  ],
  ["a bug is thrown", { plans: ["bug", "bob"] }, "exit undefined: bug"],
];
for (const [what, run, ...texts] of ROWS)
  test(what, async () => assert.deepEqual(await execute(run), texts));

test("the messages for one cluster do not have its name", async () => {
  const { run, texts } = terminal();
  const planned = planOf("/one", "bob");
  assert(planned !== undefined);
  const options = { yes: true, report: () => {} } as const;
  failWrites("/one/");
  const failure = { message: `${STOPPED}\n${NOTHING}`, exitCode: EXIT.awsFailure };
  const carriedOut = async (plan: ClusterPlan) => {
    const cluster = { name: "", cluster: "one" };
    const judged = await planAndJudge(cluster, async () => plan, options, run);
    return carryOut({ isSeveral: false, clusters: [judged] }, options, run);
  };
  await assert.rejects(carriedOut(planned), failure);
  cluster.store.fail(undefined);
  const effect = () => ["It ends at noon.", "Then run lint."];
  await carriedOut({ ...planned, outcome: "Denied bob.", effect });
  assert.deepEqual(texts, ["Denied bob. It ends at noon.", "Then run lint."]);
});

test("before writes that take a minute, their time is printed, and that they can be stopped", () => {
  const rates = { reads: 20, writes: 3 };
  const of = (count: number, own = rates) => {
    return {
      plan: { changes: Array(count).fill({}) },
      connection: { rates: own },
    } as unknown as Parameters<typeof logIfLong>[0][0];
  };
  const stop = "You can stop it and run the command again: it writes only what is missing.";
  for (const [plans, ...texts] of [
    [[of(179)]],
    [[of(180)], `Writing 180 parameters at 3 a second takes 60 s. ${stop}`],
    [
      Array(199).fill(of(1)),
      `Writing 199 parameters at 3 a second in each account and Region, AWS's quota, takes 67 s. ${stop}`,
    ],
    [Array.from({ length: 199 }, () => of(1, { ...rates }))],
  ] as const) {
    const { run, texts: found } = terminal();
    logIfLong(plans, run);
    assert.deepEqual(found, texts);
  }
});
