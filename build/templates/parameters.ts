// The parameters of a release's templates, in the form of the construct's props, and the conditions
// that depend on them.

import {
  Aws,
  CfnCondition,
  CfnParameter,
  type CfnParameterProps,
  CfnResource,
  CfnRule,
  Fn,
  type Stack,
  Token,
} from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import type { IConstruct } from "constructs";
import { CLUSTER_ID_FORM, CLUSTER_ID_RULE } from "../../functions/settings/common.ts";
import { DEFAULTS, defaultThrottle } from "../../infra/common-props.ts";
import type { Throttle } from "../../infra/endpoint/endpoint.ts";
import { EMAIL, emailTopic } from "../../infra/monitoring/topic.ts";

/** Adds a parameter that is `true` or `false`. Returns the condition `Is<name>`. */
export function switchParameter(
  stack: Stack,
  name: string,
  description: string,
  isOn: boolean,
): CfnCondition {
  const { valueAsString } = new CfnParameter(stack, name, {
    type: "String",
    description,
    default: String(isOn),
    allowedValues: ["true", "false"],
  });
  return new CfnCondition(stack, `Is${name}`, {
    expression: Fn.conditionEquals(valueAsString, "true"),
  });
}

/** Adds the condition `Has<name>`. */
export function notEmpty(stack: Stack, name: string, value: string): CfnCondition {
  return new CfnCondition(stack, `Has${name}`, {
    expression: Fn.conditionNot(Fn.conditionEquals(value, "")),
  });
}

/**
 * Returns the value, or no value: CloudFormation then omits the property or list item.
 */
export function valueIf(condition: CfnCondition, value: unknown) {
  return Fn.conditionIf(condition.logicalId, value, Aws.NO_VALUE);
}

/** Adds the condition to all resources of the constructs. */
export function onlyIf(condition: CfnCondition, constructs: readonly IConstruct[]): void {
  for (const construct of constructs) {
    for (const child of construct.node.findAll()) {
      if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = condition;
    }
  }
}

/** Adds a parameter and returns its value. */
export function text(stack: Stack, name: string, props: Omit<CfnParameterProps, "type">): string {
  return new CfnParameter(stack, name, { type: "String", ...props }).valueAsString;
}

/** Adds a parameter and returns its value. An empty value means not set. */
export function optionalText(
  stack: Stack,
  name: string,
  props: Omit<CfnParameterProps, "type" | "default">,
): string {
  return text(stack, name, { default: "", ...props });
}

/**
 * The default of a limit, which can depend on another parameter, and its text for the description.
 */
type DefaultLimit = (limit: keyof Throttle) => { readonly text: string; readonly value: unknown };

/**
 * Adds a parameter with a positive integer and returns its value. An empty value means `otherwise`,
 * which CloudFormation's type Number does not allow.
 */
function optionalNumber(
  stack: Stack,
  name: string,
  props: Omit<CfnParameterProps, "type" | "default">,
  otherwise: unknown,
): number {
  const value = optionalText(stack, name, {
    allowedPattern: "([1-9][0-9]*)?",
    constraintDescription: "must be a positive integer, or empty.",
    ...props,
  });
  return Token.asNumber(Fn.conditionIf(notEmpty(stack, name, value).logicalId, value, otherwise));
}

/**
 * Adds the parameter Accounts. `given`: the parameter's value. `accepted`: the function's setting,
 * which is empty for any account.
 */
export function accountsParameter(stack: Stack) {
  const given = optionalText(stack, "Accounts", {
    description:
      "Account ids, separated by commas, or any. Identities of other accounts are denied. Empty: the stack's own account.",
    // The maximum that fits into the description of a policy (switches.ts).
    allowedPattern: "(any|[0-9]{12}(,[0-9]{12}){0,74})?",
    constraintDescription:
      "must be at most 75 account ids of 12 digits, separated by commas, or any, or empty.",
  });
  const isGiven = notEmpty(stack, "Accounts", given);
  const isAny = new CfnCondition(stack, "IsAnyAccount", {
    expression: Fn.conditionEquals(given, "any"),
  });
  const listed = Fn.conditionIf(isGiven.logicalId, given, Aws.ACCOUNT_ID);
  return { given, accepted: Fn.conditionIf(isAny.logicalId, "", listed).toString() };
}

/**
 * Adds the parameters of the authenticator's templates about concurrency. Returns their values, and
 * the default throttle that depends on them.
 */
export function concurrencyParameters(stack: Stack) {
  const reservedConcurrency = text(stack, "ReservedConcurrency", {
    description:
      "Environments of the function that are reserved for logins and limit them, such as 8. A new account can reserve none. 0: none are reserved.",
    default: "0",
    allowedPattern: "0|[1-9][0-9]*",
    constraintDescription: "must be a positive integer, or 0.",
  });
  const isReserved = new CfnCondition(stack, "HasReservedConcurrency", {
    expression: Fn.conditionNot(Fn.conditionEquals(reservedConcurrency, "0")),
  });
  const reserved = defaultThrottle(1);
  const unreserved = defaultThrottle(false);
  const throttle: DefaultLimit = (limit) => ({
    text: `${unreserved[limit]}, or ${reserved[limit]} if ReservedConcurrency is not 0`,
    value: Fn.conditionIf(isReserved.logicalId, reserved[limit], unreserved[limit]),
  });
  return {
    reservedConcurrency: Token.asNumber(valueIf(isReserved, reservedConcurrency)),
    throttle,
  };
}

/** Adds the parameters of every template and returns their values. `throttle`: the defaults. */
export function commonParameters(stack: Stack, throttle: DefaultLimit) {
  const limit = (of: keyof Throttle, name: string, description: string) => {
    const { text: byDefault, value } = throttle(of);
    return optionalNumber(
      stack,
      name,
      { description: `${description} Empty: ${byDefault}.` },
      value,
    );
  };
  return {
    clusterId: text(stack, "ClusterId", {
      description: `The id that tokens are signed for: ${CLUSTER_ID_RULE}.`,
      allowedPattern: CLUSTER_ID_FORM.source,
      constraintDescription: `must be ${CLUSTER_ID_RULE}.`,
    }),
    throttle: {
      rateLimit: limit(
        "rateLimit",
        "ThrottleRate",
        "Requests per second that the endpoint accepts.",
      ),
      burstLimit: limit("burstLimit", "ThrottleBurst", "Requests at once, above ThrottleRate."),
    },
    memorySize: new CfnParameter(stack, "MemorySize", {
      type: "Number",
      description: "Memory of the function in MB. More memory also gives more CPU.",
      default: DEFAULTS.memorySize,
      minValue: 128,
      maxValue: 10_240,
    }).valueAsNumber,
    architecture: Architecture.custom(
      text(stack, "Architecture", {
        description: "Processor architecture of the function.",
        default: "arm64",
        allowedValues: ["arm64", "x86_64"],
      }),
    ),
    logLevel: text(stack, "LogLevel", {
      description: "Logs requests of this level or higher. Metrics are always written.",
      default: "info",
      allowedValues: ["debug", "info", "warn", "error"],
    }) as "info",
    logRetention: new CfnParameter(stack, "LogRetentionDays", {
      type: "Number",
      description: "Number of days to keep logs.",
      default: String(DEFAULTS.logRetention),
      // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
      allowedValues: [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653].map(
        String,
      ),
    }).valueAsNumber,
    alarmTopic: alarmTopicParameters(stack),
  };
}

/**
 * Adds the parameters of the alarms' receiver and returns its topic. Without a topic and an email
 * address, the alarms have no actions.
 */
function alarmTopicParameters(stack: Stack): ITopic {
  const arn = optionalText(stack, "AlarmTopicArn", {
    description:
      "ARN of the SNS topic that alarms notify. Empty: without AlarmEmail, alarms are only visible in CloudWatch.",
    allowedPattern: "(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+)?",
    constraintDescription: "must be the ARN of an SNS topic, or empty.",
  });
  const email = optionalText(stack, "AlarmEmail", {
    description:
      "Email address that alarms notify, instead of AlarmTopicArn. Confirm the link that AWS sends.",
    allowedPattern: `(${EMAIL})?`,
    constraintDescription: "must be an email address, or empty.",
  });
  const assert = Fn.conditionOr(Fn.conditionEquals(arn, ""), Fn.conditionEquals(email, ""));
  const assertDescription = "AlarmTopicArn and AlarmEmail exclude each other: leave one empty.";
  new CfnRule(stack, "OneAlarmReceiver", { assertions: [{ assert, assertDescription }] });
  const hasEmail = notEmpty(stack, "AlarmEmail", email);
  const topic = emailTopic(stack, email);
  onlyIf(hasEmail, [topic]);
  const hasArn = notEmpty(stack, "AlarmTopicArn", arn);
  const chosen = Fn.conditionIf(hasArn.logicalId, arn, valueIf(hasEmail, topic.topicArn));
  return Topic.fromTopicArn(stack, "AlarmTopic", chosen.toString());
}
