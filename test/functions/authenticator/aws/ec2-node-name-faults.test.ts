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

function only(action: string, fault: Fault): (request: LocalRequest) => Fault | undefined {
  return (request) => (readForm(request).get("Action") === action ? fault : undefined);
}

test("throttling by EC2 or IAM is retried up to three times, then it is a fault", async () => {
  for (const [action, fault, asked] of [
    ["DescribeInstances", ec2Throttling(), 4],
    ["GetInstanceProfile", iamThrottling(), 5],
  ] as const) {
    const before = services.server.requests.length;
    services.server.fail(only(action, fault));
    await assert.rejects(findLazily(node, within()), { code: "instances_unavailable" }, action);
    assert.equal(services.server.requests.length - before, asked, action);
  }
});

test("short throttling by EC2 or IAM does not lock a node out", async () => {
  for (const [action, fault] of [
    ["DescribeInstances", ec2Throttling()],
    ["GetInstanceProfile", iamThrottling()],
  ] as const) {
    let left = 3;
    services.server.fail((request) => {
      if (readForm(request).get("Action") !== action || left === 0) return undefined;
      left -= 1;
      return fault;
    });
    assert.deepEqual(await findLazily(node, within()), { name: NAME }, action);
  }
});

test("an unreachable, broken or refusing EC2 or IAM is a fault", async () => {
  const faults: Fault[] = [
    { kind: "reset" },
    { kind: "answer", status: 500, body: "" },
    {
      kind: "answer",
      status: 403,
      body: "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
    },
    { kind: "answer", status: 200, body: "not XML <" },
  ];
  for (const action of ["DescribeInstances", "GetInstanceProfile"]) {
    for (const fault of faults) {
      services.server.fail(only(action, fault));
      await assert.rejects(
        findLazily(node, within()),
        { code: "instances_unavailable" },
        `${action} ${JSON.stringify(fault)}`,
      );
    }
  }
});

test("a late EC2 or IAM is a fault, at the review's deadline at the latest", async () => {
  for (const action of ["DescribeInstances", "GetInstanceProfile"]) {
    services.server.fail(only(action, { kind: "silent" }));
    services.server.requests.length = 0;
    const asked = () => services.server.requests.filter((request) => readForm(request).get("Action") === action);
    const time = mockTime();
    const found = findLazily(node, time.within(100));
    await passEach(() => asked().length, time.pass, 100);
    await assert.rejects(found, /no answer from EC2 or IAM \(TimedOut\)$/, action);
    mock.timers.reset();
  }
});

test("one connection failure is retried", async () => {
  for (const action of ["DescribeInstances", "GetInstanceProfile"]) {
    let left = 1;
    services.server.fail((request) => {
      if (readForm(request).get("Action") !== action || left === 0) return undefined;
      left -= 1;
      return { kind: "reset" };
    });
    assert.deepEqual(await findLazily(node, within()), { name: NAME });
  }
});

test("the lazily loaded code returns the same results, including refusals", async () => {
  assert.deepEqual(await findLazily(node, within()), { name: NAME });
  assert.deepEqual(await findLazily({ ...node, sessionName: "x" }, within()), {
    refusal: "the session name is not an instance id",
  });
});

test("a 200 that is not a response of EC2 or IAM is a fault, never a denial", async () => {
  for (const action of ["DescribeInstances", "GetInstanceProfile"]) {
    for (const body of ["", "<html><body>proxy</body></html>", `<${action}Response></${action}Response>`]) {
      services.server.fail(
        only(action, { kind: "answer", status: 200, headers: { "content-type": "text/xml" }, body }),
      );
      await assert.rejects(findLazily(node, within()), { code: "instances_unavailable" }, `${action} ${body}`);
    }
  }
});
