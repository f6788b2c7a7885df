// Entry point of the deployment check's Lambda function: wires settings, AWS clients, clock and
// standard output.

import { setTimeout } from "node:timers/promises";
import {
  CodeDeployClient,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { TOKENS } from "../authenticator/jwt-settings.ts";
import { partitionOfRegion } from "../aws/partitions.ts";
import { parseJson } from "../lib/json.ts";
import { settingsParameter } from "../parameters/names.ts";
import { oneOf, readFrom, required } from "../settings/environment.ts";
import type { Variable } from "../settings/variables.ts";
import { type CheckOptions, createCheckHandler } from "./handler.ts";

const lambda = new LambdaClient({});
/** More retries than the default, since reviews share the account's limit. */
const ssm = new SSMClient({ maxAttempts: 8 });
const codeDeploy = new CodeDeployClient({});
const read = readFrom(process.env);

function setting(name: Variable, what: string): string {
  const value = read(name);
  if (value === undefined) throw required(name, what);
  return value;
}

function readOptions(): CheckOptions {
  const region = setting("AWS_REGION", "set by Lambda");
  const mappingPrefix = setting("MAPPING_PREFIX", "the authenticator's mapping prefix");
  const clusterId = setting("CLUSTER_ID", "the authenticator's CLUSTER_ID");
  return {
    versionArn: setting("VERSION_ARN", "the ARN of a version of the authenticator"),
    liveArn: setting("LIVE_ARN", "the ARN of the authenticator's alias"),
    mappingPrefix,
    settingsName: settingsParameter(mappingPrefix, clusterId),
    stackName: setting("STACK_NAME", "the name of the stack that deploys"),
    partition: partitionOfRegion(region)?.id ?? "aws",
    callerAuth: setting("CALLER_AUTH", "the authenticator's CALLER_AUTH"),
    tokens: oneOf(read, "TOKENS", TOKENS) ?? "any",
    callerSubject: read("CALLER_SUBJECTS")?.split(";")[0]?.trim(),
    compareStoredValues: oneOf(read, "COMPARE_STORED_VALUES", ["true", "false"]) !== "false",
    stsRegion: (read("STS_REGIONS") ?? region).split(",")[0]?.trim() ?? "",
  };
}

export const handler = createCheckHandler(readOptions, {
  async invoke(functionArn, event) {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) }),
    );
    if (FunctionError !== undefined) throw new Error(`${functionArn} failed (${FunctionError})`);
    return parseJson(Buffer.from(Payload ?? []).toString());
  },
  async readPage(Path, NextToken) {
    const { Parameters = [], NextToken: next } = await ssm.send(
      new GetParametersByPathCommand({ Path, Recursive: true, MaxResults: 10, NextToken }),
    );
    const parameters = Parameters.map(({ Name = "", Value = "", Type }) => {
      return [Name, { value: Value, secure: Type === "SecureString" }] as const;
    });
    return { parameters, next };
  },
  async readTags(name) {
    // Its answer lacks a parameter that does not exist. What ListTagsForResource answers for one is
    // not documented.
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [name] }));
    if (Parameters.length === 0) return undefined;
    const { TagList = [] } = await ssm.send(
      new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name }),
    );
    return Object.fromEntries(TagList.map(({ Key = "", Value = "" }) => [Key, Value]));
  },
  async report(deploymentId, lifecycleEventHookExecutionId, status) {
    const result = { deploymentId, lifecycleEventHookExecutionId, status };
    await codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand(result));
  },
  clock: Date.now,
  sleep: setTimeout,
  print: (line) => process.stdout.write(`${line}\n`),
});
