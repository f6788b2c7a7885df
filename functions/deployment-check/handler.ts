// CodeDeploy's check before a new version gets its first review: one that answers wrongly never does.

import { isObject, parseJson } from "../lib/json.ts";
import { type CheckedSettings, type KnownAnswer, knownAnswers, problemOf, reasonOf } from "./known-answers.ts";

export interface CheckDependencies {
  /** Gives what the function returned; throws where it failed. */
  readonly invoke: (functionArn: string, event: object) => Promise<unknown>;
  /** Tells CodeDeploy; `Failed` stops the deployment. */
  readonly report: (deploymentId: string, executionId: string, status: "Succeeded" | "Failed") => Promise<void>;
  readonly clock: () => number;
  readonly print: (line: string) => void;
}

export interface CheckOptions extends CheckedSettings {
  /** ARN of the version to check. */
  readonly versionArn: string;
  /** ARN of what answers reviews until then. */
  readonly liveArn: string;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-lambda */
interface HookEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

export function createCheckHandler(
  options: CheckOptions,
  { invoke, report, clock, print }: CheckDependencies,
): (event: HookEvent) => Promise<void> {
  const { versionArn, liveArn } = options;

  async function check(known: KnownAnswer): Promise<string | undefined> {
    try {
      const answer = await invoke(versionArn, known.event);
      const problem = problemOf(known, answer);
      if (problem === undefined || (await isOfCallers(answer, known.event))) return undefined;
      return `${known.name}: ${problem}`;
    } catch (error) {
      return `${known.name}: ${error instanceof Error ? `${error.name}: ${error.message}` : "failed"}`;
    }
  }

  /** Before the first `callers add`, every version says that there is no list. It is the live one's answer too. */
  async function isOfCallers(answer: unknown, event: object): Promise<boolean> {
    const missing = (given: unknown) => reasonOf(parsedBody(given)) === "callers_invalid";
    return missing(answer) && missing(await invoke(liveArn, event));
  }

  return async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
    const problems: string[] = [];
    // One after the other: the first of them is the version's cold start.
    for (const known of knownAnswers(options, clock())) {
      const problem = await check(known);
      if (problem !== undefined) problems.push(problem);
    }
    const status = problems.length === 0 ? "Succeeded" : "Failed";
    const level = problems.length === 0 ? "info" : "error";
    const timestamp = new Date(clock()).toISOString();
    print(JSON.stringify({ timestamp, level, status, deploymentId: DeploymentId, version: versionArn, problems }));
    await report(DeploymentId, LifecycleEventHookExecutionId, status);
  };
}

function parsedBody(answer: unknown): unknown {
  const { body } = isObject(answer) ? answer : {};
  return typeof body === "string" ? parseJson(body) : undefined;
}
