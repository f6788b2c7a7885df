// What the stacks of a cluster's authenticator and of its issuer have in common.

import type { Stack, StackProps } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { given } from "../given.ts";
import type { ClusterContext } from "./cluster.ts";

export function stackProps({ account, region, terminationProtection, tags }: ClusterContext): StackProps {
  return { env: given({ account, region }), ...given({ terminationProtection, tags }) };
}

/** The props of both constructs that have another form in the context. */
export function sharedProps(
  stack: Stack,
  { architecture, alarmTopicArn: topic, logRetentionDays, encryptionKeyArn: key }: ClusterContext,
) {
  return given({
    architecture: architecture && { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 }[architecture],
    alarmTopic: topic === undefined ? undefined : Topic.fromTopicArn(stack, "AlarmTopic", topic),
    logRetention: logRetentionDays,
    encryptionKey: key === undefined ? undefined : Key.fromKeyArn(stack, "LogKey", key),
  });
}
