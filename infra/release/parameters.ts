// The parameters of a release's templates, in the form of the construct's props.

import { CfnParameter, type CfnParameterProps, type Stack, Token } from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { CLUSTER_ID, CLUSTER_ID_RULE } from "../../functions/settings/common.ts";
import { DEFAULTS } from "../defaults.ts";
import type { Throttle } from "../endpoint/endpoint.ts";
import { notEmpty, valueIf } from "./conditions.ts";

export function text(stack: Stack, name: string, props: Omit<CfnParameterProps, "type">): string {
  return new CfnParameter(stack, name, { type: "String", ...props }).valueAsString;
}

/** An empty value means not set. */
export function optionalText(stack: Stack, name: string, props: Omit<CfnParameterProps, "type" | "default">): string {
  return text(stack, name, { default: "", ...props });
}

function positiveInteger(stack: Stack, name: string, props: CfnParameterProps & { readonly default: number }) {
  return new CfnParameter(stack, name, { type: "Number", minValue: 1, ...props }).valueAsNumber;
}

/** A positive integer. An empty value means not set, which CloudFormation's type Number does not allow. */
export function optionalNumber(stack: Stack, name: string, props: Omit<CfnParameterProps, "type" | "default">): number {
  const value = optionalText(stack, name, {
    allowedPattern: "([1-9][0-9]*)?",
    constraintDescription: "must be a positive integer, or empty.",
    ...props,
  });
  return Token.asNumber(valueIf(notEmpty(stack, name, value), value));
}

/** The parameters of every template. `throttle`: the defaults. */
export function commonParameters(stack: Stack, throttle: Throttle) {
  return {
    clusterId: text(stack, "ClusterId", {
      description: `The id that tokens are signed for: ${CLUSTER_ID_RULE}.`,
      allowedPattern: CLUSTER_ID.source,
      constraintDescription: `must be ${CLUSTER_ID_RULE}.`,
    }),
    throttle: {
      rateLimit: positiveInteger(stack, "ThrottleRate", {
        description: "Requests a second that the endpoint lets through.",
        default: throttle.rateLimit,
      }),
      burstLimit: positiveInteger(stack, "ThrottleBurst", {
        description: "Requests at once, above ThrottleRate.",
        default: throttle.burstLimit,
      }),
    },
    memorySize: positiveInteger(stack, "MemorySize", {
      description: "Memory of the function in MB. More memory also means more processor.",
      default: DEFAULTS.memorySize,
      minValue: 128,
      maxValue: 10_240,
    }),
    architecture: Architecture.custom(
      text(stack, "Architecture", {
        description: "Processor architecture of the function.",
        default: "arm64",
        allowedValues: ["arm64", "x86_64"],
      }),
    ),
    logLevel: text(stack, "LogLevel", {
      description: "From which level on requests are logged. Metrics are always written.",
      default: "info",
      allowedValues: ["debug", "info", "warn", "error"],
    }) as "info",
    logRetention: new CfnParameter(stack, "LogRetentionDays", {
      type: "Number",
      description: "Days for which logs are kept.",
      default: String(DEFAULTS.logRetention),
      // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
      allowedValues: [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653].map(String),
    }).valueAsNumber,
    alarmTopic: alarmTopic(stack),
  };
}

/** Without a topic, the alarms have no actions. */
function alarmTopic(stack: Stack): ITopic {
  const arn = optionalText(stack, "AlarmTopicArn", {
    description: "ARN of the SNS topic that alarms notify. Empty: alarms are only shown.",
    allowedPattern: "(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+)?",
    constraintDescription: "must be the ARN of an SNS topic, or empty.",
  });
  return Topic.fromTopicArn(stack, "AlarmTopic", valueIf(notEmpty(stack, "AlarmTopicArn", arn), arn).toString());
}
