// While EC2 or IAM fails, the built bundle and its sources answer a node's review with a fault, never
// with a grant or a denial. Only "does not exist" is a denial.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { nodeName, nodeServices } from "../../local/aws/ec2.ts";
import {
  type Fault,
  type LocalRequest,
  type LocalResponse,
  ServiceError,
} from "../../local/aws/http-server.ts";
import { readForm, renderError, renderResult } from "../../local/aws/protocols.ts";
import { queryAnswers } from "../../local/aws/query-services.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import {
  answering,
  ec2Throttling,
  type FaultRule,
  iamThrottling,
} from "../local/aws/service-faults.ts";
import { startNodeInstance } from "../local-aws.ts";
import { until } from "../time.ts";
import { sharedClock, stoppedClock } from "./clock.ts";
import { NODE_MAPPING } from "./mappings.ts";
import { BUNDLE, REGION, SOURCES, startSystem } from "./system.ts";

type Service = "ec2" | "iam";

const ACTIONS: Readonly<Record<Service, string>> = {
  ec2: "DescribeInstances",
  iam: "GetInstanceProfile",
};
const honest = queryAnswers(nodeServices(REGION), () => {});

const faultOf = ({ status, headers = {}, body }: LocalResponse): Fault => {
  return { kind: "answer", status, headers, body: String(body) };
};
const half = (body: LocalResponse["body"]): string => String(body).slice(0, body.length / 2);
const error = (service: Service, code: string, status: number): Fault =>
  faultOf(renderError(service, new ServiceError(code, "As it says.", status)));

/** With the number of calls until the review ends. */
const FAULTS: readonly (readonly [
  name: string,
  fault: (service: Service, request: LocalRequest) => Fault,
  calls: number,
])[] = [
  ["503", (service) => error(service, "Unavailable", 503), 2],
  ["503 without a body", () => answering(503), 2],
  ["500", (service) => error(service, "InternalError", 500), 2],
  ["reset", () => ({ kind: "reset" }), 2],
  ["half an answer", (_, request) => ({ kind: "cut", body: half(honest(request).body) }), 2],
  [
    "half a document",
    (_, request) => {
      const { body, ...answer } = honest(request);
      return faultOf({ ...answer, body: half(body) });
    },
    2,
  ],
  ["an empty body", () => answering(200), 1],
  [
    "the answer to another operation",
    (service) => faultOf(renderResult(service, "DescribeVpcs", { vpcSet: {} })),
    1,
  ],
  ["access denied", (service) => error(service, "AccessDenied", 403), 1],
  ["throttled", (service) => (service === "ec2" ? ec2Throttling() : iamThrottling()), 2],
];

/** The review ends after two tries of 1 s. */
const SLOW_FAULTS: readonly (readonly [name: string, fault: (request: LocalRequest) => Fault])[] = [
  ["silence", () => ({ kind: "silent" })],
  [
    "half an answer, then silence",
    (request) => ({ kind: "stall", body: half(honest(request).body) }),
  ],
];

async function startNode(t: TestContext, entry: string, isStopped: boolean) {
  const services = await startNodeInstance({ region: REGION });
  t.after(services.close);
  const clock = isStopped ? stoppedClock() : sharedClock();
  const system = await startSystem(t, {
    ...{ entry, clock },
    settings: { AWS_ENDPOINT_URL_EC2: services.url, AWS_ENDPOINT_URL_IAM: services.url },
    parameters: { "role/111122223333/clusternode": NODE_MAPPING },
  });
  const asked = (service: Service): number =>
    services.requests.filter((request) => readForm(request).get("Action") === ACTIONS[service])
      .length;
  let reviews = 0;
  return {
    asked,
    /** Only requests of this service get it, until the next call. */
    fail(service: Service, fault: (request: LocalRequest) => Fault): void {
      const rule: FaultRule = (request) =>
        readForm(request).get("Action") === ACTIONS[service] ? fault(request) : undefined;
      services.fail(rule);
    },
    heal: () => services.fail(undefined),
    advance: clock.advance,
    /** The outcome of a new token. */
    async review(): Promise<string> {
      reviews += 1;
      const token = await system.token("node", { expiresIn: 60 + reviews });
      const { status, body, text } = await system.review(token);
      const { status: answer, message } = body as {
        status: { authenticated?: boolean; error?: string; user?: { username: string } };
        message?: string;
      };
      if (status !== 200) return `${status} ${message}`;
      assert.equal(typeof answer.authenticated, "boolean", text);
      return answer.user?.username ?? answer.error ?? "no reason";
    },
  };
}

const GRANTED = `system:node:${nodeName(REGION)}`;
const UNAVAILABLE = /^500 instances_unavailable: no answer from EC2 or IAM \(\w+\)$/;
/** Longer than a node's name and the silence of a service are remembered. */
const FORGOTTEN_MS = 60_001;

for (const [what, entry, options] of [
  ["the bundle", BUNDLE, {}],
  ["the sources", SOURCES, ONLY_IN_ALL],
] as const) {
  for (const service of ["ec2", "iam"] as const) {
    test(
      `${what}, ${service}: each failure is a fault, and the node logs in afterwards`,
      options,
      async (t) => {
        const node = await startNode(t, entry, false);
        for (const [name, fault, calls] of FAULTS) {
          const before = node.asked(service);
          node.fail(service, (request) => fault(service, request));
          assert.match(await node.review(), UNAVAILABLE, name);
          assert.equal(node.asked(service) - before, calls, name);
          node.heal();
          assert.equal(await node.review(), GRANTED, name);
          await node.advance(FORGOTTEN_MS);
        }
      },
    );

    for (const [name, fault] of SLOW_FAULTS) {
      test(
        `${what}, ${service}: ${name} is a fault, is remembered, and the node logs in afterwards`,
        options,
        async (t) => {
          const node = await startNode(t, entry, true);
          node.fail(service, fault);
          const answer = node.review();
          for (const call of [1, 2]) {
            await until(() => node.asked(service) === call);
            await node.advance(1_000);
          }
          assert.match(await answer, UNAVAILABLE);
          assert.match(await node.review(), UNAVAILABLE);
          assert.equal(node.asked(service), 2);
          node.heal();
          await node.advance(FORGOTTEN_MS);
          assert.equal(await node.review(), GRANTED);
        },
      );
    }
  }

  test(
    `${what}: an instance or a profile that does not exist is a denial, and is not remembered`,
    options,
    async (t) => {
      const node = await startNode(t, entry, true);
      node.fail("ec2", () => error("ec2", "InvalidInstanceID.NotFound", 400));
      assert.match(await node.review(), /^node_not_verified: .*: EC2 finds no instance/);
      node.fail("iam", () => error("iam", "NoSuchEntity", 404));
      assert.match(await node.review(), /^node_not_verified: .* does not have this role/);
      node.heal();
      assert.equal(await node.review(), GRANTED);
    },
  );
}
