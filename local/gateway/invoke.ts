// Calls a handler as Lambda does: JSON in, JSON out, with a context and a timeout.

import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import { ACCOUNT_ID, FUNCTION_NAME, REGION } from "./event-fields.ts";

/** The context of an async handler, without the callbacks that Lambda removed after Node.js 22. */
export type LambdaContext = Omit<Context, "done" | "fail" | "succeed">;

/** Declared as a method to accept handlers with narrower parameter types. */
export interface Handler {
  handler(event: unknown, context: LambdaContext): Promise<unknown>;
}

export interface InvokeOptions extends Handler {
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** The name of the handler's error if Lambda would reject the invocation. */
export const THROTTLING = "TooManyRequestsException";

/** `error` is what the handler threw, or a timeout. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

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

/** A JSON round trip: `undefined` becomes null; throws for values that JSON cannot represent. */
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
