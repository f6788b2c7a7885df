// Checks a new version for CodeDeploy before it receives reviews. A version with a wrong answer
// receives none.

import type { Clock } from "../lib/deadline.ts";
import { withTimeout } from "../lib/retry.ts";
import { accountChange, lostMappings } from "./accounts.ts";
import { signedTokenDenials, signedTokensOf } from "./denied-names.ts";
import {
  bodyOf,
  type CheckedSettings,
  type KnownAnswer,
  knownAnswers,
  problemOf,
  reasonOf,
} from "./known-answers.ts";
import { changedReadings, type Page, readStore } from "./stored-values.ts";

export interface CheckDependencies {
  /** Returns the function's result. Throws if its code fails. */
  readonly invoke: (functionArn: string, event: object) => Promise<unknown>;
  /** Reads one page of the parameters below the path, by one call of GetParametersByPath. */
  readonly readPage: (path: string, next: string | undefined) => Promise<Page>;
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
/** This many changed parameters fit in one log line. */
const MAX_NAMED = 200;

export interface CheckOptions extends CheckedSettings {
  /** ARN of the version to check. */
  readonly versionArn: string;
  /** ARN of the alias that serves reviews. */
  readonly liveArn: string;
  readonly mappingPrefix: string;
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

/**
 * Creates the handler. It reports every failure, including one of reading the options: CodeDeploy
 * invokes the function asynchronously, so Lambda would run a check that throws three times, and
 * CodeDeploy would wait for an hour.
 */
export function createCheckHandler(
  readOptions: () => CheckOptions,
  { invoke, readPage, report, clock, sleep, print }: CheckDependencies,
): (event: HookEvent) => Promise<void> {
  return async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
    const mayInvoke = awaitPermission(clock, sleep);
    const mayRead = awaitPermission(clock, sleep);
    const problems: string[] = [];
    const warnings: string[] = [];
    let version: string | undefined;
    let step = "the check's settings";

    async function check(signal: AbortSignal): Promise<void> {
      const options = readOptions();
      const { versionArn, liveArn } = options;
      version = versionArn;
      const ask: Ask = (arn, event) => mayInvoke(() => invoke(arn, event));
      // Sequential: only the first one has a cold start.
      for (const known of knownAnswers(options, clock())) {
        step = known.name;
        const problem = await problemOfVersion(known, ask, versionArn, liveArn);
        if (problem !== undefined) problems.push(`${known.name}: ${problem}`);
      }
      if (options.compareStoredValues) await compareStores(options, ask, signal);
    }

    async function compareStores(
      options: CheckOptions,
      ask: Ask,
      signal: AbortSignal,
    ): Promise<void> {
      const { versionArn, liveArn, mappingPrefix, partition } = options;
      step = "the comparison of stored values";
      const askSettings = async (arn: string) => bodyOf(await ask(arn, { storedParameters: [] }));
      const next = await askSettings(versionArn);
      const change = await accountChange(next, () => askSettings(liveArn));
      const signed = signedTokensOf(next);
      // The comparison of stored values reports a live version that fails.
      const live =
        signed === "only" ? await askSettings(liveArn).catch(() => undefined) : undefined;
      const isFirstOnly = signed === "only" && signedTokensOf(live) !== "only";
      const lost: ReturnType<typeof lostMappings> = [];
      const denials: ReturnType<typeof signedTokenDenials> = [];
      const pages = readStore({
        readPage: (next) => {
          signal.throwIfAborted();
          return mayRead(() => readPage(mappingPrefix, next));
        },
        clock,
        sleep,
      });
      const noted = noting(pages, (parameter) => {
        lost.push(...lostMappings(change, mappingPrefix, parameter, clock()));
        if (signed !== undefined)
          denials.push(...signedTokenDenials(mappingPrefix, parameter, clock()));
      });
      const store = { prefix: mappingPrefix, partition, pages: noted };
      problems.push(
        ...shortened(await changedReadings(store, (event) => ask(liveArn, event)), ADVICE),
      );
      const certain = lost.filter(({ isCertain }) => isCertain);
      problems.push(...shortened(linesOf(certain), ACCOUNTS_ADVICE));
      const possible = lost.filter(({ isCertain }) => !isCertain);
      warnings.push(...shortened(linesOf(possible), ACCOUNTS_ADVICE));
      // The first version without other tokens leaves these roles none. Beside others, patterns are
      // what mappings deny writes.
      const listed = isFirstOnly ? denials : denials.filter(({ isPattern }) => !isPattern);
      (isFirstOnly ? problems : warnings).push(...shortened(linesOf(listed), DENIED_ADVICE));
    }

    await withTimeout(LIMIT_MS, check).catch((error) =>
      problems.push(`${step}: ${errorText(error)}`),
    );
    const status = problems.length === 0 ? "Succeeded" : "Failed";
    const level = problems.length > 0 ? "error" : warnings.length > 0 ? "warn" : "info";
    const timestamp = new Date(clock()).toISOString();
    print(
      JSON.stringify({
        timestamp,
        level,
        status,
        deploymentId: DeploymentId,
        version,
        problems,
        warnings,
      }),
    );
    await awaitPermission(
      clock,
      sleep,
    )(() => report(DeploymentId, LifecycleEventHookExecutionId, status));
  };
}

type Ask = (functionArn: string, event: object) => Promise<unknown>;

function linesOf(found: readonly { readonly line: string }[]): string[] {
  return found.map(({ line }) => line);
}

type Parameters = Page["parameters"];

/** Yields the pages unchanged, and calls `note` with each parameter. */
async function* noting(
  pages: AsyncIterable<Parameters>,
  note: (parameter: Parameters[number]) => void,
) {
  for await (const page of pages) {
    page.forEach(note);
    yield page;
  }
}

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

function shortened(found: readonly string[], advice: string): string[] {
  if (found.length === 0) return [];
  const more = found.length > MAX_NAMED ? [`and ${found.length - MAX_NAMED} more parameters`] : [];
  return [...found.slice(0, MAX_NAMED), ...more, advice];
}

const ADVICE = "change these values so that both versions read them alike, then deploy again";
const ACCOUNTS_ADVICE =
  'add these accounts to the setting accounts, or set it to "any", or remove the mappings; then deploy again';

const DENIED_ADVICE =
  "to keep AWS-signed tokens of roles: remove the access in AWS (the assignment, the role's trust or the IAM user), then run " +
  "mappings allow for each of these denials; after a failed deployment, deploy again";

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : "failed";
}

const LONGEST_MS = 60_000;
const STEP_MS = 5_000;

/**
 * Repeats denied calls until 60 s after the first one. Calls of one permission share this minute.
 */
export function awaitPermission(clock: Clock, sleep: (ms: number) => Promise<unknown>) {
  let ends: number | undefined;
  return async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Error && error.name === "AccessDeniedException")) throw error;
        ends ??= clock() + LONGEST_MS;
        if (clock() >= ends) throw error;
        await sleep(STEP_MS);
      }
    }
  };
}
