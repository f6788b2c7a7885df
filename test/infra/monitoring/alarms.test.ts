// Which alarms fire for which fault: each for its own, and for no other. Whom they notify: a topic,
// an email address, or no one.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stack } from "aws-cdk-lib";
import { Annotations, Match, type Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { endpointOf, issuerOf, type MoreProps, stackOf } from "../stacks.ts";
import { resource, resources } from "../template.ts";
import { alarmsOf, dataOf, type Ending, type Request, type SimulatedAlarm } from "./cloudwatch.ts";

const MINUTE = 60;
const HOUR = 3_600;
const failoverUrl = "https://standby.example.com/authenticate";
const notifying = (more: { readonly failoverUrl?: string }): SimulatedAlarm[] =>
  alarmsOf(stackOf("http", { quietHours: 24, ...more }).template()).filter(
    ({ name }) => name === undefined,
  );
const watched = notifying({});
const redirecting = notifying({ failoverUrl });

/** The alarms that fire in any minute of a time. */
function firing(
  requests: readonly Request[],
  from = 0,
  until = 30 * MINUTE,
  alarms = watched,
): string[] {
  const data = requests.flatMap((request) => dataOf(request, alarms === redirecting));
  const minutes = Array.from(
    { length: (until - from) / MINUTE },
    (_, i) => from + (i + 1) * MINUTE,
  );
  return alarms.filter(({ fires }) => minutes.some((now) => fires(data, now))).map(({ id }) => id);
}

/** `perMinute` requests for `minutes` minutes, at even intervals, that end in turn as `endings`. */
function traffic(endings: readonly Ending[], perMinute = 20, minutes = 15, from = 0): Request[] {
  return Array.from({ length: perMinute * minutes }, (_, i) => ({
    at: from + ((i + 0.5) * MINUTE) / perMinute,
    ending: endings[i % endings.length] ?? "granted",
  }));
}

/** kube-apiserver tries a failed review five times. */
const login = (ending: Ending, from: number): Request[] => traffic([ending], 10, 0.5, from);

/** An invocation in each hour of the day before, so that NoReviews stays silent. */
const YESTERDAY = Array.from(
  { length: 25 },
  (_, hour): Request => ({ at: -hour * HOUR - 1, ending: "granted" }),
);

const HALF: Ending[] = ["granted", "not_ours"];

for (const [what, requests, expected] of [
  ["grants, and tokens of another kind", traffic(HALF), []],
  ["one review in seven minutes", traffic(["granted"], 1 / 7, 28), []],
  ["every review is a fault", traffic(["fault"]), ["Failing"]],
  ["a quarter of the reviews are faults", traffic([...HALF, "granted", "fault"]), ["Failing"]],
  ["the function crashes", traffic(["crash"]), ["Failing"]],
  ["the function times out", traffic(["time-out"]), ["Failing"]],
  ["the function was deleted", traffic(["function deleted"]), ["Failing"]],
  ["Lambda throttles the function", traffic(["throttled by Lambda"]), ["Failing"]],
  [
    "at night, two logins end with a fault",
    [...login("fault", 0), ...login("fault", MINUTE)],
    ["Failing"],
  ],
  ["at night, two logins crash", [...login("crash", 0), ...login("crash", MINUTE)], ["Failing"]],
  [
    "one bad minute",
    [...traffic(HALF, 20, 5), ...traffic(["fault"], 20, 1, 300), ...traffic(HALF, 20, 5, 360)],
    [],
  ],
  [
    "a fault in each minute",
    traffic([...Array.from({ length: 19 }, (): Ending => "granted"), "fault"]),
    [],
  ],
  [
    "one of three kube-apiservers has an old token",
    traffic([...HALF, "caller_refused"]),
    ["Refused"],
  ],
  ["every caller is refused", traffic(["caller_refused"]), ["Refused"]],
  ["every review is denied", traffic(["denied"]), ["Refused"]],
  ["STS throttles every review", traffic(["throttled"]), ["Refused"]],
  ["a fifth of the reviews are denied", traffic([...HALF, ...HALF, "denied"]), []],
  ["one user with an expired token, a try in each minute", traffic(["denied"], 4 / 5), []],
  ["five denials, and then an idle night", traffic(["denied"], 5, 1), []],
  ["malformed requests", traffic(["bad_request"]), []],
] as readonly [string, Request[], string[]][]) {
  test(`${what}: ${expected.join(", ") || "no alarm"}`, () => {
    assert.deepEqual(firing([...YESTERDAY, ...requests]), expected);
    assert.deepEqual(firing([...YESTERDAY, ...requests], 0, 30 * MINUTE, redirecting), expected);
  });
}

test("a redirected review is one fault instead of five tries", () => {
  const perMinute = (count: number, minutes: number) => [
    ...YESTERDAY,
    ...traffic(["fault"], count, minutes),
  ];
  assert.deepEqual(firing(perMinute(2, 2), 0, 30 * MINUTE, redirecting), ["Failing"]);
  assert.deepEqual(firing(perMinute(1, 10), 0, 30 * MINUTE, redirecting), []);
  assert.deepEqual(firing(perMinute(2, 10)), []);
});

test("NoReviews fires after quietHours without an invocation, and not a few hours earlier", () => {
  const last: Request = { at: 0, ending: "granted" };
  const until = (hours: number) => firing([...YESTERDAY, last], (hours - 1) * HOUR, hours * HOUR);
  assert.deepEqual(until(20), []);
  assert.deepEqual(until(27), ["NoReviews"]);
  assert.deepEqual(firing([], 0, HOUR), ["NoReviews"]);
});

test("alarms notify the topic of their start and end, except those that roll a new version back", () => {
  const topic = "arn:aws:sns:eu-west-1:111122223333:on-call";
  const made = stackOf("http", (scope) => ({
    alarmTopic: Topic.fromTopicArn(scope, "Topic", topic),
    quietHours: 24,
  }));
  const actions = resources(made.template(), "AWS::CloudWatch::Alarm").map(({ Properties }) => [
    Properties["AlarmName"] !== undefined,
    Properties["AlarmActions"],
    Properties["OKActions"],
  ]);
  const notifies = [false, [topic], [topic]];
  const rollsBack = [true, undefined, undefined];
  assert.deepEqual(actions, [notifies, notifies, notifies, rollsBack, rollsBack]);
});

const EMAIL = "on-call@example.com";

function warnings(stack: Stack): unknown[] {
  return Annotations.fromStack(stack)
    .findWarning("*", Match.anyValue())
    .map(({ entry }) => entry.data);
}

/** The actions of each alarm that notifies, without repetitions. */
function actions(template: Template): unknown[] {
  const found = resources(template, "AWS::CloudWatch::Alarm")
    .flatMap(({ Properties }) => [Properties["AlarmActions"], Properties["OKActions"]])
    .filter((action) => action !== undefined);
  return [...new Set(found.map((action) => JSON.stringify(action)))];
}

test("a former endpoint's alarms notify the same topic", () => {
  const beside = (scope: Stack) => ({
    alarmEmail: EMAIL,
    formerEndpoint: endpointOf("mtls", scope),
  });
  const made = stackOf("http", beside as MoreProps).template();
  const { TopicArn } = resource(made, "AWS::SNS::Subscription").Properties;
  assert.deepEqual(actions(made), [JSON.stringify([TopicArn])]);
});

test("the issuer has a separate topic, which a deletion of its stack does not keep", () => {
  const { stack, template: made } = issuerOf(() => ({ alarmEmail: EMAIL }));
  const template = made();
  const { Endpoint, TopicArn } = resource(template, "AWS::SNS::Subscription").Properties;
  assert.equal(Endpoint, EMAIL);
  assert.deepEqual(actions(template), [JSON.stringify([TopicArn])]);
  assert.equal(resource(template, "AWS::SNS::Topic").DeletionPolicy, undefined);
  assert.deepEqual(warnings(stack), []);
});

test("without a topic and an address, synth warns that the alarms notify no one", () => {
  const { stack, template } = stackOf("http");
  assert.deepEqual(actions(template()), []);
  for (const found of [warnings(stack), warnings(issuerOf().stack)])
    assert.match(found.join("\n"), /^the alarms notify no one: set alarmEmail or alarmTopic.*$/);
});

test("synth does not warn with a topic, and not without alarms", () => {
  const topic = (scope: Stack) => ({ alarmTopic: new Topic(scope, "Topic") });
  for (const more of [topic as MoreProps, { alarms: false }])
    assert.deepEqual(warnings(stackOf("http", more).stack), []);
});
