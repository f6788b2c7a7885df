// The deployment check's entry: settings from the environment, Lambda, CodeDeploy, the clock and standard output.

import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { parseJson } from "../lib/json.ts";
import { readFrom, required } from "../settings/environment.ts";
import { createCheckHandler } from "./handler.ts";

const lambda = new LambdaClient({});
const codeDeploy = new CodeDeployClient({});
const read = readFrom(process.env);

function setting(name: string, what: string): string {
  const value = read(name);
  if (value === undefined) throw required(name, what);
  return value;
}

export const handler = createCheckHandler(
  {
    versionArn: setting("VERSION_ARN", "the ARN of a version of the authenticator"),
    liveArn: setting("LIVE_ARN", "the ARN of the authenticator's alias"),
    callerAuth: setting("CALLER_AUTH", "the authenticator's"),
    callerSubject: read("CALLER_SUBJECTS")?.split(";")[0]?.trim(),
    stsRegion: (read("STS_REGIONS") ?? setting("AWS_REGION", "set by Lambda")).split(",")[0]?.trim() ?? "",
  },
  {
    async invoke(functionArn, event) {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) }),
      );
      // What it says is in the version's own log.
      if (FunctionError !== undefined) throw new Error(`the version failed (${FunctionError})`);
      return parseJson(Buffer.from(Payload ?? []).toString());
    },
    async report(deploymentId, lifecycleEventHookExecutionId, status) {
      const result = { deploymentId, lifecycleEventHookExecutionId, status };
      await codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand(result));
    },
    clock: Date.now,
    print: (line) => process.stdout.write(`${line}\n`),
  },
);
