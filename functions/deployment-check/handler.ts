// Checks a new version for CodeDeploy before it receives reviews. A version with a wrong answer
// receives none.

import { isAwsError } from "../lib/aws-error.ts";
import type { Clock } from "../lib/deadline.ts";
import { withTimeout } from "../lib/retry.ts";
import { compareStores } from "./compare-stores.ts";
import {
  bodyOf,
  type CheckedSettings,
  type KnownAnswer,
  knownAnswers,
  problemOf,
  reasonOf,
} from "./known-answers.ts";
import { foreignSettings, type ParameterTags } from "./settings-owner.ts";
import { type Page, readStore } from "./stored-values.ts";

export interface CheckDependencies {
  /** Returns the function's result. Throws if its code fails. */
  readonly invoke: (functionArn: string, event: object) => Promise<unknown>;
  /** Reads one page of the parameters below the path, by one call of GetParametersByPath. */
  readonly readPage: (path: string, next: string | undefined) => Promise<Page>;
  readonly readTags: (name: string) => Promise<ParameterTags>;
  /** Reports to CodeDeploy. `Failed` stops the deployment. */
  readonly report: (
    deploymentId: string,
    executionId: string,
    status: "Succeeded" | "Failed",
  ) => Promise<void>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly print: (line: string) => void;
}

/**
 * Lambda stops the check after 15 minutes. The rest is for the report, whose permission can also be
 * new.
 */
const LIMIT_MS = 13 * 60_000;

export interface CheckOptions extends CheckedSettings {
  /** ARN of the version to check. */
  readonly versionArn: string;
  /** ARN of the alias that serves reviews. */
  readonly liveArn: string;
  readonly mappingPrefix: string;
  /** The parameter of the function's settings. */
  readonly settingsName: string;
  /** The stack that deploys. */
  readonly stackName: string;
  /** The function's partition. */
  readonly partition: string;
  readonly compareStoredValues: boolean;
}

/**
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#appspec-hooks-lambda
 */
interface HookEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

/** Filled while the check runs, so that a check that fails or takes too long reports it as well. */
interface CheckRecord {
  /** The step that runs. A failure is reported with its name. */
  step: string;
  /** ARN of the version to check, once the options have been read. */
  version: string | undefined;
  readonly problems: string[];
  readonly warnings: string[];
}

/**
 * Creates the handler. It reports every failure, including one of reading the options: CodeDeploy
 * invokes the function asynchronously, so Lambda would run a check that throws three times, and
 * CodeDeploy would wait for an hour.
 */
export function createCheckHandler(
  readOptions: () => CheckOptions,
  dependencies: CheckDependencies,
): (event: HookEvent) => Promise<void> {
  const { report, clock, sleep, print } = dependencies;
  return async ({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: executionId }) => {
    const record: CheckRecord = {
      step: "the check's settings",
      version: undefined,
      problems: [],
      warnings: [],
    };
    const check = (signal: AbortSignal) => checkVersion(readOptions, dependencies, record, signal);
    await withTimeout(LIMIT_MS, check).catch((error) =>
      record.problems.push(`${record.step}: ${errorText(error)}`),
    );
    const { version, problems, warnings } = record;
    const timestamp = new Date(clock()).toISOString();
    const status = problems.length === 0 ? "Succeeded" : "Failed";
    const level = levelOf(record);
    print(JSON.stringify({ timestamp, level, status, deploymentId, version, problems, warnings }));
    const mayReport = awaitPermission(clock, sleep);
    await mayReport(() => report(deploymentId, executionId, status));
  };
}

function levelOf({ problems, warnings }: CheckRecord): "error" | "warn" | "info" {
  if (problems.length > 0) return "error";
  return warnings.length > 0 ? "warn" : "info";
}

/** Fills `record`. Throws if the version cannot be checked. Reads no page after an abort. */
async function checkVersion(
  readOptions: () => CheckOptions,
  { invoke, readPage, readTags, clock, sleep }: CheckDependencies,
  record: CheckRecord,
  signal: AbortSignal,
): Promise<void> {
  const options = readOptions();
  const { versionArn, liveArn, mappingPrefix, partition, compareStoredValues } = options;
  const { settingsName, stackName } = options;
  record.version = versionArn;

  record.step = "the stored settings";
  const mayReadTags = awaitPermission(clock, sleep);
  const tags = await mayReadTags(() => readTags(settingsName));
  const foreign = foreignSettings(settingsName, tags, stackName);
  if (foreign !== undefined) record.problems.push(`${record.step}: ${foreign}`);

  const mayInvoke = awaitPermission(clock, sleep);
  const ask: Ask = (functionArn, event) => mayInvoke(() => invoke(functionArn, event));
  // Sequential: only the first one has a cold start.
  for (const known of knownAnswers(options, clock())) {
    record.step = known.name;
    const problem = await problemOfVersion(known, ask, versionArn, liveArn);
    if (problem !== undefined) record.problems.push(`${known.name}: ${problem}`);
  }
  if (!compareStoredValues) return;

  record.step = "the comparison of stored values";
  const mayRead = awaitPermission(clock, sleep);
  const readNext = (next: string | undefined) => {
    signal.throwIfAborted();
    return mayRead(() => readPage(mappingPrefix, next));
  };
  const { problems, warnings } = await compareStores({
    prefix: mappingPrefix,
    partition,
    askNext: (event) => ask(versionArn, event),
    askLive: (event) => ask(liveArn, event),
    pages: readStore({ readPage: readNext, clock, sleep }),
    clock,
  });
  record.problems.push(...problems);
  record.warnings.push(...warnings);
}

type Ask = (functionArn: string, event: object) => Promise<unknown>;

/** Returns what is wrong with the version's answer; `undefined` if it is as expected. */
async function problemOfVersion(
  known: KnownAnswer,
  ask: Ask,
  versionArn: string,
  liveArn: string,
): Promise<string | undefined> {
  const answer = await ask(versionArn, known.event);
  const problem = problemOf(known, answer);
  // Before the first `callers add`, every version reports a missing list, and so does the live one.
  const isOfCallers =
    problem !== undefined && hasNoCallers(answer) && hasNoCallers(await ask(liveArn, known.event));
  return isOfCallers ? undefined : problem;
}

function hasNoCallers(answer: unknown): boolean {
  return reasonOf(bodyOf(answer)) === "callers_invalid";
}

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : "failed";
}

const LONGEST_MS = 60_000;
const STEP_MS = 5_000;

/**
 * Returns a function that makes a call, and repeats it while IAM denies it, until 60 s after the
 * first denial. All its calls share this minute, so it is for calls of one permission.
 */
function awaitPermission(clock: Clock, sleep: (ms: number) => Promise<unknown>) {
  let ends: number | undefined;
  return async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!isAwsError(error, "AccessDeniedException")) throw error;
        ends ??= clock() + LONGEST_MS;
        if (clock() >= ends) throw error;
        await sleep(STEP_MS);
      }
    }
  };
}
