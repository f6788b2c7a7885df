// apply when it is stopped by an error or the user: reports what was written, and a second run finishes.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Fault } from "../../../local/faults.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import { type ApplyCluster, isPut, masters, role, roles, startApplyCluster } from "./apply.ts";

let cluster: ApplyCluster;
beforeEach(async () => {
  cluster = await startApplyCluster();
});
afterEach(() => cluster.store.close());

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `role/111122223333/r${from + i}`).join(", ");

const refusal = (status: number, type: string, message: string): Fault => ({
  kind: "answer",
  status,
  headers: { "x-amzn-errortype": type },
  body: JSON.stringify({ __type: type, message }),
});

const FAULTS: [string, Fault, RegExp][] = [
  ["throttling", ssmThrottling(), /^AWS still throttles these calls after several retries/],
  [
    "the end of the credentials",
    refusal(400, "ExpiredTokenException", "x"),
    /^The AWS credentials have expired: sign in again/,
  ],
  [
    "a lack of permission",
    refusal(400, "AccessDeniedException", "User: arn:x is not authorized to perform: ssm:PutParameter"),
    /^No permission: User: arn:x is not authorized to perform: ssm:PutParameter\.\n/,
  ],
  ["a loss of network", { kind: "reset" }, /^No connection \(ECONNRESET\)/],
  ["an answer of 500", refusal(500, "InternalServerError", "x"), /^AWS returned an error: InternalServerError, x\./],
];
for (const [name, fault, sentence] of FAULTS) {
  test(`${name} during apply: exits with 3 and one sentence, and a second run finishes`, async () => {
    cluster.failPuts(4, fault);
    const { code, err } = await cluster.apply([masters, ...roles(6)]);
    assert.equal(code, 3);
    assert.match(err, sentence);
    // Without the permission, a second run would fail too.
    const again = name === "a lack of permission" ? "" : " Run the same command again to finish.";
    const [written, left] = [names(0, 3), names(3, 6)];
    assert.ok(err.endsWith(`\nWritten, 3 of 6: ${written}.\nNot written: ${left}.${again}\n`), err);
    assert.doesNotMatch(err, /\n {4}at /);
    cluster.store.fail(undefined);
    const second = await cluster.apply([masters, ...roles(6)]);
    assert.equal(second.code, 0);
    assert.match(second.out, /3 to add, 0 to change, 0 to remove, 4 unchanged\.\n$/);
  });
}

test("apply waits for throttling to end", async () => {
  let left = 1;
  cluster.store.fail((request) => {
    if (!isPut(request) || left === 0) return undefined;
    left -= 1;
    return ssmThrottling();
  });
  assert.equal((await cluster.apply([masters, ...roles(2)])).code, 0);
});

test("a put whose response is lost is not mistaken for another operator's", async () => {
  let lose = true;
  cluster.store.fail((request) => {
    if (!isPut(request) || !lose) return undefined;
    lose = false;
    const { Name, Value } = JSON.parse(request.body.toString());
    cluster.store.put(Name, Value);
    return { kind: "reset" };
  });
  const { code, err } = await cluster.apply([masters, role(1)]);
  assert.equal(code, 0, err);
  lose = true;
  assert.equal((await cluster.apply([masters, role(1, "changed")])).code, 0);
  assert.deepEqual(await cluster.value("role/111122223333/r1"), { ...role(1), username: "changed" });
});

test("Ctrl-C ends apply after the current write, and a second run finishes", async () => {
  const interrupt = new AbortController();
  cluster.store.fail((request) => {
    if (isPut(request) && cluster.puts() === 3) interrupt.abort();
    return undefined;
  });
  const options = { interrupted: interrupt.signal };
  const { code, err } = await cluster.apply([masters, ...roles(6)], [], options);
  assert.equal(code, 130);
  const again = "Run the same command again to finish.";
  assert.equal(err, `Interrupted.\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}. ${again}\n`);
  assert.match((await cluster.apply([masters, ...roles(6)])).out, /3 to add/);
});
