// Whom alarms notify: a topic, an email address, or no one, with a warning.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stack } from "aws-cdk-lib";
import { Annotations, Match, type Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { endpointOf, issuerOf, type MoreProps, stackOf } from "./stacks.ts";
import { resource, resources } from "./template.ts";

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
  const { template } = stackOf("http", (scope) => ({
    alarmEmail: EMAIL,
    formerEndpoint: endpointOf("mtls", scope),
  }));
  const made = template();
  const { TopicArn } = resource(made, "AWS::SNS::Subscription").Properties;
  assert.deepEqual(actions(made), [JSON.stringify([TopicArn])]);
});

test("the issuer has a separate topic for the address, which a deletion of its stack does not keep", () => {
  const { stack, template: made } = issuerOf(() => ({ alarmEmail: EMAIL }));
  const template = made();
  const { Endpoint, TopicArn } = resource(template, "AWS::SNS::Subscription").Properties;
  assert.equal(Endpoint, EMAIL);
  assert.deepEqual(actions(template), [JSON.stringify([TopicArn])]);
  assert.equal(resource(template, "AWS::SNS::Topic").DeletionPolicy, undefined);
  assert.deepEqual(warnings(stack), []);
});

test("without a topic and an address, synth warns that the alarms notify no one", () => {
  const message = /^the alarms notify no one: set alarmEmail or alarmTopic/;
  const { stack, template } = stackOf("http");
  assert.deepEqual(actions(template()), []);
  for (const found of [warnings(stack), warnings(issuerOf().stack)]) {
    assert.equal(found.length, 1);
    assert.match(String(found[0]), message);
  }
});

test("synth does not warn with a topic, and not without alarms", () => {
  const topic = (scope: Stack) => ({ alarmTopic: new Topic(scope, "Topic") });
  for (const more of [topic as MoreProps, { alarms: false }])
    assert.deepEqual(warnings(stackOf("http", more).stack), []);
});
