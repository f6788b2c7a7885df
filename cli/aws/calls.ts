// Wraps AWS clients: every call has a time limit, a checked response, and errors that `toFailure` knows. Notes AWS's time.

import { HttpResponse } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { getSmithyContext } from "@smithy/core/transport";
import type { InitializeMiddleware, MetadataBearer, SchemaRef, StaticOperationSchema } from "@smithy/types";
import { HttpTimeout, quotedAnswer } from "../http.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Secrets } from "../terminal/secrets.ts";
import { toFailure, UnusableAnswer } from "./errors.ts";

/** Limit for a call with all its retries and the waits between them. */
const CALL_LIMIT_MS = 60_000;

interface AnyClient {
  readonly middlewareStack: {
    add(middleware: InitializeMiddleware<object, MetadataBearer>, options: object): void;
  };
}

/**
 * Returns the same client. Its calls throw only errors that `toFailure` knows.
 *
 * @param unchecked members of the response that the caller checks itself
 */
export function watched<C>(client: C & AnyClient, io: IOStreams, unchecked: readonly string[] = []): C {
  const middleware: InitializeMiddleware<object, MetadataBearer> = (next, context) => async (input) => {
    const smithy = getSmithyContext(context) as { operationSchema?: StaticOperationSchema; abortSignal?: AbortSignal };
    const limit = new AbortController();
    const asked = smithy.abortSignal;
    // The SDK checks it before each retry.
    smithy.abortSignal = asked === undefined ? limit.signal : AbortSignal.any([asked, limit.signal]);
    const call = `${context.clientName?.replace(/Client$/, "")} ${context.commandName?.replace(/Command$/, "")}`;
    const error = new HttpTimeout(`no answer to ${call} within ${CALL_LIMIT_MS / 1000} s`);
    const timer = setTimeout(() => limit.abort(error), CALL_LIMIT_MS);
    try {
      const result = await next(input);
      noteDate(result.response, io);
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

/** By run: how far AWS's clock is ahead of this machine's, in milliseconds. */
const offsets = new WeakMap<Secrets, number>();

/** A `Date` has whole seconds, and its response takes time. */
const DATE_ERROR_MS = 2_000;

function noteDate(response: unknown, { clock, secrets }: IOStreams): void {
  if (!HttpResponse.isInstance(response)) return;
  const least = Date.parse(response.headers["date"] ?? "") - clock();
  const known = offsets.get(secrets) ?? 0;
  // It stays the same within the error: a wait measures the time between two calls.
  if (known < least || known > least + DATE_ERROR_MS) offsets.set(secrets, least);
}

/** With the clock of AWS, which dates parameters, and by which the function ends mappings. */
export function withAwsClock(io: IOStreams): IOStreams {
  return { ...io, clock: () => io.clock() + (offsets.get(io.secrets) ?? 0) };
}

/** Hides secrets in the service's message and shortens it. */
function known(error: unknown, call: string, { secrets }: IOStreams): unknown {
  if (toFailure(error) === undefined) return new UnusableAnswer(call, undefined, { cause: error });
  if (error instanceof Error && "$fault" in error) error.message = quotedAnswer(secrets.hide(error.message));
  return error;
}

/** Our output formats have four digits for the year. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/**
 * Returns the first type error, such as `Parameters is not a list`, or `undefined`. Missing members are allowed.
 *
 * @param unchecked top-level members that are checked elsewhere
 */
export function answerProblem(
  schema: SchemaRef,
  answer: unknown,
  unchecked: readonly string[] = [],
): string | undefined {
  return problemOf(NormalizedSchema.of(schema), answer, "", unchecked);
}

function problemOf(
  schema: NormalizedSchema,
  value: unknown,
  where: string,
  unchecked: readonly string[] = [],
): string | undefined {
  if (schema.isUnitSchema()) return undefined;
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return `${where} is not a list`;
    const member = schema.getValueSchema();
    return firstOf(value.map((one: unknown) => () => problemOf(member, one, where)));
  }
  if (schema.isStructSchema()) {
    if (typeof value !== "object" || value === null) return `${where || "it"} is not an object`;
    const members = [...schema.structIterator()].filter(([name]) => !unchecked.includes(name));
    return firstOf(
      members.map(([name, member]) => () => {
        const found: unknown = Reflect.get(value, name);
        return found === undefined || found === null ? undefined : problemOf(member, found, name);
      }),
    );
  }
  if (schema.isTimestampSchema()) {
    const isDate = value instanceof Date && Math.abs(value.getTime()) <= LATEST_MS;
    return isDate ? undefined : `${where} is not a date`;
  }
  if (schema.isStringSchema()) return typeof value === "string" ? undefined : `${where} is not a string`;
  if (schema.isNumericSchema()) return Number.isSafeInteger(value) ? undefined : `${where} is not a number`;
  if (schema.isBooleanSchema()) return typeof value === "boolean" ? undefined : `${where} is not a boolean`;
  return undefined;
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}
