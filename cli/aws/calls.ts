// Wraps AWS clients with a time limit and errors that `toFailure` knows. Gets the account of the
// credentials from STS.

import { HttpResponse } from "@smithy/core/protocols";
import { getSmithyContext } from "@smithy/core/transport";
import type { InitializeMiddleware, MetadataBearer } from "@smithy/types";
import type { CallerIdentity } from "../../functions/authenticator/identity/sts-response.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { HttpTimeout, quotedAnswer } from "../io/http.ts";
import type { Run } from "../io/run.ts";
import { awsRequestHandler, type ClientConfig, configuredEndpoint } from "./client.ts";
import { toFailure, unusableAnswer } from "./errors.ts";

/** The limit for a call with all its retries and the waits between them. */
const CALL_LIMIT_MS = 60_000;

export interface AnyClient {
  readonly config: {
    readonly serviceId?: string;
    readonly profile?: string;
    /**
     * Returns the service's endpoint from the environment or the profile. The SDK's own function
     * reads only the profile of AWS_PROFILE, not the one that the client has, and the SDK exports
     * neither it nor its rules for `loadConfig`.
     */
    serviceConfiguredEndpoint?: () => Promise<string | undefined>;
  };
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, MetadataBearer>, options: object): void;
  };
}

/** Returns the same client. Its calls throw only errors that `toFailure` knows. */
export function watched<C>(client: C & AnyClient, run: Run): C {
  const middleware: InitializeMiddleware<object, MetadataBearer> =
    (next, context) => async (input) => {
      const smithy = getSmithyContext(context) as { abortSignal?: AbortSignal };
      const limit = new AbortController();
      const asked = smithy.abortSignal;
      // The SDK checks it before each retry.
      smithy.abortSignal =
        asked === undefined ? limit.signal : AbortSignal.any([asked, limit.signal]);
      const call = `${context.clientName?.replace(/Client$/, "")} ${context.commandName?.replace(/Command$/, "")}`;
      const error = new HttpTimeout(`no answer to ${call} within ${CALL_LIMIT_MS / 1000} s`);
      const timer = setTimeout(() => limit.abort(error), CALL_LIMIT_MS);
      try {
        const result = await next(input);
        noteDate(result.response, run);
        run.memo.lastAnswered = call;
        return result;
      } catch (cause) {
        asked?.throwIfAborted();
        if (limit.signal.aborted) throw error;
        // A denied call may be the only one before AWS's time is needed.
        noteDate(responseOf(cause), run);
        throw serviceError(cause, call, run);
      } finally {
        clearTimeout(timer);
      }
    };
  const { serviceId, profile } = client.config;
  if (serviceId !== undefined && profile !== undefined) {
    client.config.serviceConfiguredEndpoint = () => configuredEndpoint(serviceId, profile, run);
  }
  client.middlewareStack.add(middleware, { step: "initialize", priority: "high", name: "watched" });
  return client;
}

/** Returns the response that the SDK made this error of, if there is one. */
function responseOf(error: unknown): unknown {
  return error instanceof Error && "$response" in error ? error.$response : undefined;
}

/** The error of the time in a `Date`, which has no fractions and whose response takes time. */
const DATE_ERROR_MS = 2_000;

/** Notes by how much AWS's clock is ahead, from the `Date` of a response. */
function noteDate(response: unknown, { clock, memo }: Run): void {
  const date = HttpResponse.isInstance(response)
    ? Date.parse(response.headers["date"] ?? "")
    : Number.NaN;
  if (Number.isNaN(date)) return;
  const least = date - clock();
  const known = memo.clockOffset;
  // Unchanged within the error: a wait measures the time between two calls.
  if (known < least || known > least + DATE_ERROR_MS) memo.clockOffset = least;
}

/**
 * Returns the same run with the clock of AWS, which dates parameters, and by which the function
 * ends mappings. It is this machine's before the first response.
 */
export function withAwsClock(run: Run): Run {
  return { ...run, clock: () => run.clock() + run.memo.clockOffset };
}

/**
 * Returns the error of a call as one that `toFailure` knows. Hides secrets in the service's
 * message, and shortens it.
 */
function serviceError(error: unknown, call: string, { secrets }: Run): unknown {
  if (toFailure(error) === undefined) return unusableAnswer(call, failureKind(error), error);
  if (error instanceof Error && "$fault" in error)
    error.message = quotedAnswer(secrets.hide(error.message));
  return error;
}

export async function callerIdentity(config: ClientConfig, run: Run): Promise<CallerIdentity> {
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const client = watched(new STSClient(config), run);
  const answer = await client.send(new GetCallerIdentityCommand(), {
    abortSignal: run.interrupted,
  });
  const { Arn = "", Account = "", UserId = "" } = answer;
  return { Arn, Account, UserId };
}

/**
 * Returns the account for callers that only print it: `undefined` if STS cannot be reached, since
 * that must not stop a change.
 */
export async function ownAccount(config: ClientConfig, run: Run): Promise<string | undefined> {
  const { accountId } = await config.credentials();
  return accountId ?? provenAccount(config, run);
}

/**
 * Asks STS for the account, since AWS_ACCOUNT_ID or a profile may state another one. Returns
 * `undefined` without a response.
 */
export function provenAccount(config: ClientConfig, run: Run): Promise<string | undefined> {
  return run.memo.once(config, "account", () => askForAccount(config, run));
}

async function askForAccount(config: ClientConfig, run: Run): Promise<string | undefined> {
  try {
    const limited = { ...config, maxAttempts: 1, requestHandler: awsRequestHandler(run, 2_000) };
    return (await callerIdentity(limited, run)).Account;
  } catch {
    run.interrupted.throwIfAborted();
    return undefined;
  }
}
