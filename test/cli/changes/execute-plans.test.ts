// Plans of several clusters: which are written after a failure, and what the command reports.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stored } from "../../../cli/aws/parameter.ts";
import { Absent, executePlan, executePlans } from "../../../cli/changes/execute-plans.ts";
import type { Change } from "../../../cli/changes/plan.ts";
import { type ClusterPlan, EFFECT, type ProposeOptions } from "../../../cli/changes/propose.ts";
import { EXIT, type Failure, fault, usage } from "../../../cli/errors.ts";
import { OWNER_TAG } from "../../../functions/settings/stack.ts";
import { CONTEXT } from "../access/any-plan.ts";
import { useCluster } from "../mappings/cluster.ts";
import { connectionTo, terminal } from "./connection.ts";

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
  "no answer": fault("No answer."),
  bug: new TypeError("bug"),
};

function planOf(prefix: string, kind: Kind): ClusterPlan | undefined {
  if (kind === "nothing") return undefined;
  const failure = FAILURES[kind];
  if (failure !== undefined) throw failure;
  const eve: Stored = {
    ...{ name: `${prefix}/user/${A}/eve`, value: EVE, account: A },
    ...{ secure: false, version: 1, modified: 0 },
  };
  cluster.store.put(eve.name, EVE, kind === "managed" ? { tags: { [OWNER_TAG]: "team-a" } } : {});
  const known = new Map([[eve.name, eve]]);
  const settings = { clusterId: prefix.slice(1), region: "us-east-1" };
  const connection = connectionTo(cluster, { context: { ...CONTEXT, prefix }, settings });
  const [name, value] = kind === "any" ? ["pattern/any", ANY] : [`user/${A}/bob`, BOB];
  const changes: Change[] = [
    { action: "add", name: `${prefix}/${name}`, before: undefined, value },
    ...(kind === "managed" ? [{ action: "remove" as const, name: eve.name, before: eve, value: undefined }] : []),
  ];
  return { plan: { changes, unchanged: 0, extra: [] }, known, connection };
}

interface Run {
  /** Of clusters "one", "two" and so on. */
  readonly plans: readonly Kind[];
  readonly options?: ProposeOptions;
  readonly goesOn?: true;
  /** The cluster whose writes fail. */
  readonly fails?: string;
  /** The user presses Ctrl-C after the message that begins with it. */
  readonly interrupted?: string;
  readonly answers?: string;
  readonly rechecks?: true;
}

function failWrites(below: string): void {
  cluster.store.fail(({ headers, body }) =>
    headers["x-amz-target"] === "AmazonSSM.PutParameter" && body.includes(below)
      ? { kind: "answer", status: 500, body: "{}" }
      : undefined,
  );
}

/** What is printed, and the error with its exit code. */
async function execute({ plans, options = { yes: true }, goesOn, fails, interrupted, answers, rechecks }: Run) {
  const stop = new AbortController();
  const { io: one, texts } = terminal(answers, { interrupted: stop.signal, words: ["mappings", "deny", "a b"] });
  const log = (text: string) => {
    one.log(text);
    if (interrupted !== undefined && text.startsWith(interrupted)) stop.abort();
  };
  const io = { ...one, log };
  if (fails !== undefined) failWrites(`/${fails}/`);
  const tasks = plans.map((kind, index) => {
    const name = ["one", "two", "three"][index] ?? "";
    const own = { ...io, log: (text: string) => log(`${name}: ${text}`) };
    return { name, io: own, plan: async () => planOf(`/${name}`, kind) };
  });
  const recheck = async (isWritten: boolean) => log(`recheck ${isWritten}`);
  const all = { report: () => {}, ...options };
  const more = { ...(goesOn && { goesOn }), ...(rechecks && { recheck }) };
  await executePlans(tasks, all, io, more).catch(({ exitCode, message }: Failure) => {
    texts.push(`exit ${exitCode}: ${message}`);
  });
  cluster.store.fail(undefined);
  return texts;
}

const WROTE = `Wrote 1 parameter. ${EFFECT}`;
const UNCHANGED = "Nothing was written, because not every cluster can be changed.";
const AGAIN = "To repeat it where it failed, run: iam-authenticator mappings deny 'a b'";
const STOPPED = "The response is not from AWS: check for a proxy, and check AWS_ENDPOINT_URL.";
const NOTHING = "Nothing was written. Run the same command again.";
const failed = (name: string) => `${name}: ${STOPPED}\n${name}: ${NOTHING}`;
const ABSENT = ["one: No mapping.", "one: Check the ARN."];
const widens = { yes: true, allowWeakening: true } as const;

const ROWS: readonly (readonly [what: string, run: Run, ...texts: string[]])[] = [
  ["every plan is written", { plans: ["bob", "bob"] }, `one: ${WROTE}`, `two: ${WROTE}`],
  ["without a change, nothing is written", { plans: ["nothing", "nothing"] }],
  ["a dry run writes nothing", { plans: ["bob", "bob"], options: { dryRun: true } }],
  [
    "a check runs after the confirmation and after the writes",
    { plans: ["bob", "nothing"], options: {}, answers: "y\n", rechecks: true },
    "Write 1 parameter in account 111122223333, region us-east-1, cluster one (/one)? [y/N]",
    ...["recheck false", "recheck true", `one: ${WROTE}`],
  ],
  [
    "a plan that a stack manages in part is written, and the exit code is 1",
    { plans: ["managed", "bob"] },
    `one: user/${A}/eve is managed by the CloudFormation stack team-a and was not changed. Change it there, or use --force.`,
    ...[`one: ${WROTE}`, `two: ${WROTE}`, "exit 1: "],
  ],
  ["one cluster with the mapping is enough", { plans: ["absent", "bob"] }, ...ABSENT, `two: ${WROTE}`],
  ["no cluster has the mapping", { plans: ["absent"] }, ...ABSENT, "exit 1: "],
  ["no plan is written unless all can be", { plans: ["bob", "invalid"] }, `exit 2: two: It is invalid.\n${UNCHANGED}`],
  [
    "the exit code is the worst",
    { plans: ["no answer", "invalid"] },
    `exit 3: one: No answer.\ntwo: It is invalid.\n${UNCHANGED}`,
  ],
  [
    "a change that goes on is written where it can be",
    { plans: ["no answer", "invalid", "bob"], goesOn: true },
    ...[`three: ${WROTE}`, `exit 3: one: No answer.\ntwo: It is invalid.\n${AGAIN}`],
  ],
  [
    "a repetition does not help where the command is wrong",
    { plans: ["invalid", "bob"], goesOn: true },
    ...[`two: ${WROTE}`, "exit 2: one: It is invalid."],
  ],
  [
    "a change that goes on is planned nowhere",
    { plans: ["no answer", "nothing"], goesOn: true },
    `exit 3: one: No answer.\n${AGAIN}`,
  ],
  [
    "a dry run is not repeated",
    { plans: ["no answer", "bob"], goesOn: true, options: { dryRun: true } },
    "exit 3: one: No answer.",
  ],
  [
    "one mark stops a change that goes on",
    { plans: ["bob", "any", "no answer"], goesOn: true, options: widens },
    `exit 3: three: No answer.\n${UNCHANGED}`,
  ],
  [
    "the user is asked with the failures in view",
    { plans: ["no answer", "bob"], goesOn: true, options: {}, answers: "n\n" },
    "one: No answer.",
    "Write 1 parameter in account 111122223333, region us-east-1, cluster two (/two)? [y/N]",
    "exit 1: Nothing was written.",
  ],
  [
    "a failed write stops the others",
    { plans: ["bob", "bob", "bob"], fails: "one" },
    `exit 3: ${failed("one")}\nNot written: two, three.`,
  ],
  [
    "a failed write with a mark stops a change that goes on",
    { plans: ["any", "bob"], fails: "one", goesOn: true, options: widens },
    `exit 3: ${failed("one")}\nNot written: two.`,
  ],
  ["the last write fails", { plans: ["bob", "bob"], fails: "two" }, `one: ${WROTE}`, `exit 3: ${failed("two")}`],
  [
    "a change that goes on is written after a failed write",
    { plans: ["bob", "bob", "bob"], fails: "two", goesOn: true },
    ...[`one: ${WROTE}`, `three: ${WROTE}`, `exit 3: ${failed("two")}\n${AGAIN}`],
  ],
  [
    "Ctrl-C stops a change that goes on",
    { plans: ["bob", "bob", "bob"], goesOn: true, interrupted: "one: Wrote" },
    ...[`one: ${WROTE}`, `exit 130: two: Interrupted.\ntwo: ${NOTHING}\nNot written: three.`],
  ],
  ["a bug is thrown", { plans: ["bug", "bob"] }, "exit undefined: bug"],
];
for (const [what, run, ...texts] of ROWS) {
  test(what, async () => assert.deepEqual(await execute(run), texts));
}

test("the messages for one cluster do not have its name", async () => {
  const { io, texts } = terminal();
  const planned = planOf("/one", "bob");
  assert(planned !== undefined);
  const options = { yes: true, report: () => {} } as const;
  failWrites("/one/");
  const failure = { message: `${STOPPED}\n${NOTHING}`, exitCode: EXIT.fault };
  await assert.rejects(executePlan(planned, options, io), failure);
  cluster.store.fail(undefined);
  const effect = () => ["It ends at noon.", "Then run lint."];
  await executePlan({ ...planned, outcome: "Denied bob.", effect }, options, io);
  assert.deepEqual(texts, ["Denied bob. It ends at noon.", "Then run lint."]);
});
