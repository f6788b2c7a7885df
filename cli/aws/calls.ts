// One way to call AWS: every call of a client ends, has an answer of the service's own form, and fails in known ways.

import { getSmithyContext } from "@smithy/core/transport";
import type { InitializeMiddleware, MetadataBearer, StaticOperationSchema } from "@smithy/types";
import { HttpTimeout, quotedAnswer } from "../http.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { answerProblem } from "./check-answer.ts";
import { toFailure, UnusableAnswer } from "./errors.ts";

/** Of one call with all its tries: the SDK waits between them, and longer when the service says so. */
const CALL_LIMIT_MS = 60_000;

interface AnyClient {
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, MetadataBearer>, options: object): void;
  };
}

/**
 * The same client, whose calls throw an error that `toFailure` knows, whatever is sent back.
 *
 * @param unchecked members of an answer whose values the caller judges one by one
 */
export function watched<C>(client: C & AnyClient, io: IOStreams, unchecked: readonly string[] = []): C {
  const middleware: InitializeMiddleware<object, MetadataBearer> = (next, context) => async (input) => {
    const smithy = getSmithyContext(context) as { operationSchema?: StaticOperationSchema; abortSignal?: AbortSignal };
    const limit = new AbortController();
    const asked = smithy.abortSignal;
    // The SDK looks at it between two tries.
    smithy.abortSignal = asked === undefined ? limit.signal : AbortSignal.any([asked, limit.signal]);
    const call = `${context.clientName?.replace(/Client$/, "")} ${context.commandName?.replace(/Command$/, "")}`;
    const error = new HttpTimeout(`no answer to ${call} within ${CALL_LIMIT_MS / 1000} s`);
    const timer = setTimeout(() => limit.abort(error), CALL_LIMIT_MS);
    try {
      const result = await next(input);
      const output = smithy.operationSchema?.[5];
      const problem = output === undefined ? undefined : answerProblem(output, result.output, unchecked);
      if (problem !== undefined) throw new UnusableAnswer(call, problem);
      return result;
    } catch (cause) {
      asked?.throwIfAborted();
      if (limit.signal.aborted) throw error;
      throw known(cause, call, io);
    } finally {
      clearTimeout(timer);
    }
  };
  client.middlewareStack.add(middleware, { step: "initialize", priority: "high", name: "watched" });
  return client;
}

/** Text of the service's, without secrets and cut, before anything is made of it. */
function known(error: unknown, call: string, { secrets }: IOStreams): unknown {
  if (toFailure(error) === undefined) return new UnusableAnswer(call, undefined, { cause: error });
  if (error instanceof Error && "$fault" in error) error.message = quotedAnswer(secrets.hide(error.message));
  return error;
}
