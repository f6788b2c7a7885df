// Checks a new version for CodeDeploy before it receives reviews. A version with a wrong answer receives none.

import type { Clock } from "../lib/deadline.ts";
import { isObject, parseJson } from "../lib/json.ts";
import { type CheckedSettings, type KnownAnswer, knownAnswers, problemOf, reasonOf } from "./known-answers.ts";
import { changedReadings, type Store } from "./stored-values.ts";

export interface CheckDependencies {
  /** Returns the function's result. Throws `VersionFailed` if its code fails. */
  readonly invoke: (functionArn: string, event: object) => Promise<unknown>;
  /** Reports to CodeDeploy. `Failed` stops the deployment. */
  readonly report: (deploymentId: string, executionId: string, status: "Succeeded" | "Failed") => Promise<void>;
  readonly store: Store;
  readonly clock: Clock;
  readonly print: (line: string) => void;
}

/** The version's code failed. Its own log has the details. */
export class VersionFailed extends Error {}

/** This many changed parameters fit in one log line. */
const MAX_NAMED = 200;

export interface CheckOptions extends CheckedSettings {
  /** ARN of the version to check. */
  readonly versionArn: string;
  /** ARN of the alias that serves reviews. */
  readonly liveArn: string;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-lambda */
interface HookEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

export function createCheckHandler(
  options: CheckOptions,
  { invoke, report, store, clock, print }: CheckDependencies,
): (event: HookEvent) => Promise<void> {
  const { versionArn, liveArn } = options;

  async function check(known: KnownAnswer): Promise<string | undefined> {
    try {
      const answer = await invoke(versionArn, known.event);
      const problem = problemOf(known, answer);
      if (problem === undefined || (await isOfCallers(answer, known.event))) return undefined;
      return `${known.name}: ${problem}`;
    } catch (error) {
      return `${known.name}: ${nameOf(error)}`;
    }
  }

  /** Before the first `callers add`, every version reports a missing list, and so does the live one. */
  async function isOfCallers(answer: unknown, event: object): Promise<boolean> {
    const missing = (given: unknown) => reasonOf(parsedBody(given)) === "callers_invalid";
    return missing(answer) && missing(await invoke(liveArn, event));
  }

  /** `undefined` if the live version fails: it then grants nothing, so there is nothing to compare with. */
  async function askLive(event: object): Promise<unknown> {
    try {
      return await invoke(liveArn, event);
    } catch (error) {
      if (error instanceof VersionFailed) return undefined;
      throw error;
    }
  }

  async function checkStore(): Promise<string[]> {
    try {
      const found = await changedReadings(store, askLive);
      if (found.length === 0) return [];
      const more = found.length > MAX_NAMED ? [`and ${found.length - MAX_NAMED} more parameters`] : [];
      return [...found.slice(0, MAX_NAMED), ...more, ADVICE];
    } catch (error) {
      return [`the stored mappings cannot be compared: ${nameOf(error)}`];
    }
  }

  return async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
    const problems: string[] = [];
    // Sequential: only the first one has a cold start.
    for (const known of knownAnswers(options, clock())) {
      const problem = await check(known);
      if (problem !== undefined) problems.push(problem);
    }
    problems.push(...(await checkStore()));
    const status = problems.length === 0 ? "Succeeded" : "Failed";
    const level = problems.length === 0 ? "info" : "error";
    const timestamp = new Date(clock()).toISOString();
    print(JSON.stringify({ timestamp, level, status, deploymentId: DeploymentId, version: versionArn, problems }));
    await report(DeploymentId, LifecycleEventHookExecutionId, status);
  };
}

const ADVICE =
  "to keep what the live version grants and denies, run this release's `iam-authenticator mappings lint --fix`";

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : "failed";
}

function parsedBody(answer: unknown): unknown {
  const { body } = isObject(answer) ? answer : {};
  return typeof body === "string" ? parseJson(body) : undefined;
}
