// The SNS topic that the alarms of a construct notify: a given one, or a new one with an email
// subscription.

import { Annotations, Arn, ArnFormat, Stack, Token } from "aws-cdk-lib";
import { type ITopic, Subscription, SubscriptionProtocol, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { acknowledge } from "../cdk-rules.ts";
import type { IamAuthenticatorProps } from "../props.ts";

export const EMAIL = "[^\\s@]+@[^\\s@]+\\.[^\\s@]+";

type AlarmProps = Pick<
  IamAuthenticatorProps,
  "alarms" | "alarmTopic" | "alarmEmail" | "quietHours"
>;

/**
 * Returns the topic, and warns if the alarms notify no one. Throws an error that states what to do.
 */
export function alarmTopicOf(scope: Construct, props: AlarmProps): ITopic | undefined {
  const { alarms, alarmTopic, alarmEmail, quietHours } = props;
  for (const [name, value] of Object.entries({ quietHours, alarmTopic, alarmEmail })) {
    if (value === undefined || alarms !== false) continue;
    throw new Error(`${name} requires alarms: leave it out, or leave out alarms: false`);
  }
  if (alarmEmail !== undefined) {
    if (alarmTopic !== undefined) {
      throw new Error(
        "alarmEmail and alarmTopic exclude each other: omit one, or subscribe the address to the topic",
      );
    }
    return emailTopic(scope, alarmEmail);
  }
  if (alarmTopic !== undefined) checkRegion(scope, alarmTopic);
  else if (alarms !== false) {
    Annotations.of(scope).addWarningV2(
      "lambda-iam-authenticator:alarms-notify-no-one",
      "the alarms notify no one: set alarmEmail or alarmTopic (in cdk.json alarmTopicArn), or alarms: false",
    );
  }
  return alarmTopic;
}

/**
 * Creates a topic for an address. AWS sends it a mail with a link. Only a confirmed subscription
 * receives alarms.
 */
export function emailTopic(scope: Construct, email: string): Topic {
  if (!Token.isUnresolved(email) && !new RegExp(`^${EMAIL}$`).test(email)) {
    throw new Error(
      `alarmEmail must be an email address, such as on-call@example.com, not "${email}"`,
    );
  }
  const topic = new Topic(scope, "Notifications");
  new Subscription(topic, "Subscription", {
    topic,
    protocol: SubscriptionProtocol.EMAIL,
    endpoint: email,
  });
  // A policy would replace the default one, which allows the account's alarms to publish.
  acknowledge(
    topic,
    "AwsSolutions-SNS3",
    "Only CloudWatch's alarms of this account publish to the topic, and they use TLS.",
  );
  return topic;
}

/**
 * Checks that the topic is in the Region of its alarms:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
function checkRegion(scope: Construct, topic: ITopic): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(topic.topicArn) || Token.isUnresolved(region)) return;
  const { region: its = "" } = Arn.split(topic.topicArn, ArnFormat.NO_RESOURCE_NAME);
  if (its !== region) {
    throw new Error(
      `the alarm topic ${topic.topicArn} is in ${its} and the stack is in ${region}: alarms notify only topics of their own region. Use a topic in ${region}`,
    );
  }
}
