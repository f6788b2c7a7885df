// A node's name while EC2 or IAM fails: always a fault, since a failure proves nothing about the identity.

import assert from "node:assert/strict";
import { after, afterEach, before, mock, test } from "node:test";
import type { FindNodeName } from "../../../../functions/authenticator/aws/ec2-node-name.ts";
import { findNodeNameLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { readForm } from "../../../../local/ec2/query-protocol.ts";
import type { Fault } from "../../../../local/faults.ts";
import type { LocalRequest } from "../../../../local/http-server.ts";
import { ec2Throttling, iamThrottling } from "../../../local/service-faults.ts";
import { mockTime, passEach } from "../../../time.ts";
import { NAME, type NodeServices, node, startNodeServices, within } from "./node-services.ts";

let services: NodeServices;

before(async () => {
  services = await startNodeServices();
});
after(() => services.server.close());
afterEach(() => {
  services.server.fail(undefined);
  mock.timers.reset();
});

/** Caches nothing. */
const findLazily: FindNodeName = (...asked) =>
  findNodeNameLazily({ region: "us-east-1", vpcs: [], random: () => 0 })(...asked);

/** The first `count` requests of an action meet `fault`. */
function only(action: string, fault: Fault, count = Infinity): (request: LocalRequest) => Fault | undefined {
  let left = count;
  return (request) => {
    if (readForm(request).get("Action") !== action || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

const REFUSAL = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
const xml = (body: string): Fault => ({ kind: "answer", status: 200, headers: { "content-type": "text/xml" }, body });

for (const [action, throttling, asked] of [
  ["DescribeInstances", ec2Throttling(), 4],
  ["GetInstanceProfile", iamThrottling(), 5],
] as const) {
  test(`${action}: throttling is retried up to three times, a failed connection once, then it is a fault`, async () => {
    for (const [fault, times] of [
      [throttling, 3],
      [{ kind: "reset" } as const, 1],
    ] as const) {
      services.server.fail(only(action, fault, times));
      assert.deepEqual(await findLazily(node, within()), { name: NAME });
    }
    const before = services.server.requests.length;
    services.server.fail(only(action, throttling));
    await assert.rejects(findLazily(node, within()), { code: "instances_unavailable" });
    assert.equal(services.server.requests.length - before, asked);
  });

  test(`${action}: an unreachable, broken or refusing service is a fault, never a denial`, async () => {
    for (const fault of [
      { kind: "reset" },
      { kind: "answer", status: 500, body: "" },
      { kind: "answer", status: 403, body: REFUSAL },
      ...["", "not XML <", "<html><body>proxy</body></html>", `<${action}Response></${action}Response>`].map(xml),
    ] as const) {
      services.server.fail(only(action, fault));
      const finding = findLazily(node, within());
      await assert.rejects(finding, { code: "instances_unavailable" }, JSON.stringify(fault));
    }
  });

  test(`${action}: a late answer is a fault, at the review's deadline at the latest`, async () => {
    services.server.fail(only(action, { kind: "silent" }));
    services.server.requests.length = 0;
    const asked = () => services.server.requests.filter((request) => readForm(request).get("Action") === action);
    const time = mockTime();
    const found = findLazily(node, time.within(100));
    await passEach(() => asked().length, time.pass, 100);
    await assert.rejects(found, /no answer from EC2 or IAM \(TimedOut\)$/);
  });
}
