// Calls a handler as the Lambda service does: JSON in, JSON out, a context, and an end to its time.

import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { ACCOUNT_ID, FUNCTION_NAME, REGION } from "./names.ts";

/** The context of an asynchronous handler; `done`, `fail` and `succeed` went with the callback handlers of Node.js 22. */
export type LambdaContext = Omit<Context, "done" | "fail" | "succeed">;

/** Declared as a method so that handlers with a narrower event or context type fit. */
export interface Handler {
  handler(event: unknown, context: LambdaContext): Promise<unknown>;
}

export interface InvokeOptions extends Handler {
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** What came of it; `error` is what the handler threw, or that its time was over. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** Runs the handler once. */
export async function invoke(event: unknown, options: InvokeOptions): Promise<Outcome> {
  const { timeoutMs, now } = options;
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Task timed out after ${timeoutMs / 1000} seconds`)), timeoutMs);
  try {
    const context = createContext(timeoutMs, now);
    const returned = await Promise.race([options.handler(throughJson(event), context), timedOut]);
    return { result: throughJson(returned) };
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** What the other side receives: `undefined` becomes null, what JSON cannot carry is an error. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}

function createContext(timeoutMs: number, now: () => number): LambdaContext {
  const start = now();
  const day = new Date(start).toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: FUNCTION_NAME,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${FUNCTION_NAME}`,
    memoryLimitInMB: "256",
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${FUNCTION_NAME}`,
    logStreamName: `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`,
    getRemainingTimeInMillis: () => Math.max(0, timeoutMs - (now() - start)),
  };
}
