// Retention and encryption of every log group of a cluster.

import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { LogGroupProps, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { CommonProps } from "./common-props.ts";
import { DEFAULTS } from "./defaults.ts";

export type LogSettings = Pick<LogGroupProps, "encryptionKey"> & { readonly retention: RetentionDays };

export function logSettings(
  scope: Construct,
  { logRetention = DEFAULTS.logRetention, encryptionKey }: Pick<CommonProps, "logRetention" | "encryptionKey">,
): LogSettings {
  if (encryptionKey === undefined) return { retention: logRetention };
  allowLogs(scope, encryptionKey);
  return { retention: logRetention, encryptionKey };
}

/**
 * Allows CloudWatch Logs to use the key, only for log groups of this account and region. CDK can change only the policy of
 * a key of the app; another key's policy must already allow it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function allowLogs(scope: Construct, key: IKey): void {
  const stack = Stack.of(scope);
  const anyLogGroup = stack.formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: "*",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
      resources: ["*"],
      conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": anyLogGroup } },
    }),
  );
}
