// Why writing stopped: what the failed write has done, what was written, and whether a second run
// helps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SSMServiceException } from "@aws-sdk/client-ssm";
import { EXIT, Failure } from "../../../cli/io/errors.ts";
import { outcomeOf, type State, stopped, type Written } from "../../../cli/plan/stopped.ts";
import { Overwrote, Unsure } from "../../../cli/plan/write-parameter.ts";
import { PREFIX } from "../commands/mappings/cluster.ts";

const FAULT = new Failure(EXIT.awsFailure, "It failed.");
const REPLACED = new Overwrote({ name: `${PREFIX}/a`, over: 1, version: 3 });
const UNSURE = new Unsure(`${PREFIX}/a`, FAULT);

test("the error shows what the failed write has done, and to which parameter", () => {
  const name = `${PREFIX}/a`;
  assert.deepEqual(outcomeOf(REPLACED), { state: "replaced", name });
  assert.deepEqual(outcomeOf(UNSURE), { state: "unknown", name });
  for (const error of [FAULT, new Failure(EXIT.finding, "x"), new TypeError("bug")])
    assert.deepEqual(outcomeOf(error), { state: "absent" });
});

const WHOSE = (which: string) =>
  `Another operator wrote /p/deny/any at the same time, and your write replaced theirs: ${which}.`;
const HISTORY = "To see its versions, run: aws ssm get-parameter-history --name /p/deny/any";
const restore = (version: number) =>
  `To restore version ${version}, run: mappings rollback /p/deny/any --to ${version}`;
const version = (number: number, by = "") => ({
  ...{ name: "/p/deny/any", value: "[]", secure: false, version: number, modified: 0 },
  ...{ by, description: "" },
});
test("a write that replaced versions names them and their authors", () => {
  const write = { name: "/p/deny/any", over: 1 };
  const linesOf = (...given: ConstructorParameters<typeof Overwrote>) =>
    new Overwrote(...given).lines;
  const replaced = [version(4, "arn:b"), version(2, "arn:a"), version(3)];
  assert.deepEqual(linesOf({ ...write, version: 5, replaced }, FAULT), [
    WHOSE("version 4 by arn:b, version 2 by arn:a, version 3"),
    "It failed.",
    HISTORY,
    restore(4),
  ]);
  const unread = [WHOSE("version 2"), HISTORY, restore(2)];
  assert.deepEqual(linesOf({ ...write, version: 3 }), unread);
  const unreadable = [
    WHOSE("versions 2 to 4"),
    "Unexpected error: TypeError.",
    HISTORY,
    restore(4),
  ];
  assert.deepEqual(linesOf({ ...write, version: 5 }, new TypeError("x")), unreadable);
  const unsure =
    "It is not known whether the merged list was written, and what that write replaced.";
  const lines = [WHOSE("version 2"), "It failed.", unsure, HISTORY, restore(2)];
  assert.deepEqual(linesOf({ ...write, version: 3 }, UNSURE), lines);
  assert.equal(new Overwrote({ ...write, version: 3 }).exitCode, EXIT.finding);
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
  [of({ unsure: names("a"), left: [] }), [...UNSURE.lines, `It is not known whether a was written. ${AGAIN}`], UNSURE, "unknown", UNSURE],
  [of({ begun: names("a"), left: [] }), [...REPLACED.lines, "Not finished: a. Restore it first, then run the same command again."], REPLACED, "replaced", REPLACED],
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
    const { lines: found, exitCode, state: is, cause } = stopped(failure, outcome, error, PREFIX);
    assert.deepEqual([found, exitCode, is, cause], [lines, failure.exitCode, state, error]);
  }
});
