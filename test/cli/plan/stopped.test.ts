// Why writing stopped: what is known of the failed write, what was written, and whether a second
// run helps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";
import type { Connection } from "../../../cli/aws/connection.ts";
import { EXIT, Failure } from "../../../cli/io/errors.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { type State, stateOf, stopped, type Written } from "../../../cli/plan/stopped.ts";
import { overwrote } from "../../../cli/plan/write-parameter.ts";
import { PREFIX, useCluster } from "../commands/mappings/cluster.ts";

const cluster = useCluster();
const FAULT = new Failure(EXIT.awsFailure, "It failed.");
const [ROLE, DENY] = [`${PREFIX}/role/1/a`, `${PREFIX}/deny/any`];
const list = (...names: string[]) => JSON.stringify(names.map((arnLike) => ({ arnLike })));

const STATES: readonly (readonly [
  what: string,
  change: [name: string, before?: string | undefined, value?: string],
  now: string | undefined,
  state: State,
  failure?: Failure,
])[] = [
  ["the value is stored", [ROLE, undefined, "{}"], "{}", "written"],
  ["the earlier value is stored", [ROLE, "{}", '{"a":1}'], "{}", "absent"],
  ["a removal is done", [ROLE, "{}"], undefined, "written"],
  ["a removal is not done", [ROLE, "{}"], "{}", "absent"],
  [
    "the list has the new entry beside another one",
    [DENY, list("a"), list("a", "c")],
    list("a", "b", "c"),
    "written",
  ],
  ["the list lacks the new entry", [DENY, list("a"), list("a", "c")], list("a", "b"), "absent"],
  [
    "the entry is another one",
    [DENY, list("a"), list("a", "c")],
    '[{"arnLike":"a"},{"arnLike":"c","x":1}]',
    "absent",
  ],
  ["the new list has the entry", [DENY, undefined, list("c")], list("b", "c"), "written"],
  ["a new order is stored", [DENY, list("a", "b"), list("b", "a")], list("b", "a"), "written"],
  ["a new order is not stored", [DENY, list("a", "b"), list("b", "a")], list("a", "b"), "absent"],
  [
    "a new order, and another entry",
    [DENY, list("a", "b"), list("b", "a")],
    list("b", "a", "c"),
    "unknown",
  ],
  ["the value is not a list", [DENY, list("a"), list("c")], "{", "absent"],
  ["the list is gone", [DENY, list("a"), list("c")], undefined, "absent"],
  [
    "a conflict writes nothing",
    [ROLE, undefined, "{}"],
    "{}",
    "absent",
    new Failure(EXIT.finding, "x"),
  ],
  [
    "an interruption comes before a write",
    [ROLE, undefined, "{}"],
    "{}",
    "absent",
    new Failure(EXIT.interrupted, "x"),
  ],
  ["a conflict after the write", [ROLE, "{}", '{"a":1}'], "{}", "written", overwrote(ROLE, [])],
];
test("after a failed write, the stored value shows whether it happened", async () => {
  const ssm = new SSMClient({ endpoint: cluster.store.url, maxAttempts: 1 });
  const state = (change: Change, failure: Failure) =>
    stateOf(change, failure, { ssm } as Connection);
  for (const [what, [name, before, value], now, expected, failure = FAULT] of STATES) {
    cluster.store.remove(name);
    if (now !== undefined) cluster.store.put(name, now);
    const stored =
      before === undefined
        ? undefined
        : { name, value: before, secure: false, version: 1, modified: 0 };
    assert.equal(
      await state({ action: "change", name, before: stored, value }, failure),
      expected,
      what,
    );
  }
  cluster.store.fail({ kind: "reset" });
  assert.equal(
    await state({ action: "add", name: ROLE, before: undefined, value: "{}" }, FAULT),
    "unknown",
  );
  ssm.destroy();
});

const names = (...some: string[]) => some.map((name) => `${PREFIX}/${name}`);
const NONE: Written = { written: [], begun: [], unsure: [], left: names("b") };
const of = (more: Partial<Written>): Written => ({ ...NONE, ...more });
const awsError = (name: string, $fault: "client" | "server" = "client") =>
  new SSMServiceException({ name, $fault, $metadata: {} });
const AGAIN = "Run the same command again to finish.";
const ONE_OF_TWO = "Written, 1 of 2: a.";
const NOTHING = ["It failed.", "Nothing was written."];
const NOTHING_AGAIN = ["It failed.", "Nothing was written. Run the same command again."];
// biome-ignore format: a table
const LINES: readonly (readonly [Written, lines: readonly string[], error?: unknown, State?, Failure?])[] = [
  [NONE, NOTHING_AGAIN],
  [of({ written: names("a") }), ["It failed.", "Written, 1 of 2: a.", `Not written: b. ${AGAIN}`]],
  [of({ written: names("a", "c"), left: [] }), ["It failed.", "Written, 2 of 2: a, c."]],
  [of({ begun: names("a") }), ["It failed.", "Not finished: a.", `Not written: b. ${AGAIN}`]],
  [of({ written: names("a"), unsure: names("c"), left: [] }), ["It failed.", "It is not known whether c was written.", `Written, 1 of 2: a. ${AGAIN}`]],
  [of({ written: names("a"), begun: names("c"), left: [] }), ["It failed.", ONE_OF_TWO, `Not finished: c. ${AGAIN}`]],
  [of({ unsure: names("a"), left: [] }), ["It failed.", `It is not known whether a was written. ${AGAIN}`]],
  [NONE, NOTHING, awsError("ValidationException")],
  [NONE, NOTHING_AGAIN, awsError("InternalServerError", "server")],
  [NONE, NOTHING_AGAIN, awsError("ThrottlingException")],
  [NONE, NOTHING_AGAIN, awsError("ExpiredTokenException")],
  [NONE, NOTHING, awsError("NotExpired")],
  [NONE, NOTHING_AGAIN, awsError("ValidationException"), "unknown"],
  [NONE, ["x", "Nothing was written. Run the same command again."], awsError("ValidationException"), "absent", new Failure(EXIT.finding, "x")],
  [NONE, ["Nothing was written."], new DOMException("", "AbortError"), "absent", new Failure(EXIT.interrupted, "Interrupted.")],
];
test("the message reports what was written, and recommends a second run if that can help", () => {
  for (const [
    outcome,
    lines,
    error = new Error("network"),
    state = "absent",
    failure = FAULT,
  ] of LINES) {
    const {
      lines: found,
      exitCode,
      state: is,
      cause,
    } = stopped(failure, outcome, state, error, PREFIX);
    assert.deepEqual([found, exitCode, is, cause], [lines, failure.exitCode, state, error]);
  }
});
