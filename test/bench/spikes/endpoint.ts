// Models kube-apiserver's tries, the gateway's token bucket, and Lambda: an environment handles one
// request at a time, and a new one starts if none is free.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { reviewEvent } from "../review-event.ts";
import type { Time } from "./time.ts";

/** As AWS throttles: a burst limit and a rate per second. */
export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

/** The function takes one token; it returns false if the bucket is empty. */
export function tokenBucket({ perSecond, burst }: Limit, now: () => number): () => boolean {
  let tokens = burst;
  let at = now();
  return () => {
    tokens = Math.min(burst, tokens + ((now() - at) * perSecond) / 1000);
    at = now();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

interface Answer {
  readonly statusCode: number;
  readonly body: string;
}
type Handler = (event: unknown, context: unknown) => Promise<Answer>;

/** `BENCH_BUNDLE`: the file of another build, to compare. */
const { BENCH_BUNDLE } = process.env;
const ENTRY =
  BENCH_BUNDLE === undefined
    ? new URL("../../../dist/authenticator/index.mjs", import.meta.url)
    : pathToFileURL(BENCH_BUNDLE);
/** Round trip between kube-apiserver and gateway, including the gateway's time. */
const LATENCY_MS = 20;
/**
 * Computing times with 512 MB, without waiting for services, which the model adds. From an early
 * run under Lambda's conditions, slightly above the current 127 and 30
 * (docs/decisions/0009-work-before-the-first-review.md). AWS does not publish the time to start an
 * environment; 150 ms is a guess.
 */
const START_MS = 150;
const INIT_MS = 110;
const FIRST_REVIEW_MS = 60;
const REVIEW_MS = 3;
/**
 * A signature of ES384 takes 0.8 ms of a processor, of which 512 MB have 0.29
 * (test/bench/README.md, "AWS-signed tokens").
 */
const VERIFY_MS = 3;

/**
 * Returns a function that runs the bundle again and returns its handler. It compiles the module
 * once: if each environment imported it, V8 would compile and optimize the code for each, which
 * took 40 % of a run with 140 environments. Files that the module imports later are shared.
 */
function loadBundle(): () => Promise<Handler> {
  const source = readFileSync(ENTRY, "utf8");
  const body = source
    .replaceAll("import(", "importPart(")
    .replace(/\bexport\{(\S+) as handler\};/, "return $1;");
  // A module that still has an import or export declaration is a syntax error here.
  const start = runInThisContext(`(async (importPart) => { "use strict"; ${body}\n})`, {
    filename: ENTRY.pathname,
  });
  return () => start((part: string) => import(new URL(part, ENTRY).href));
}

/**
 * `maxEnvironments`: reserved concurrency or the account's limit. Each environment has separate
 * caches and connections. `isSigned`: the tokens are AWS-signed.
 */
export function openEndpoint(
  throttle: Limit,
  maxEnvironments: number,
  time: Time,
  isSigned = false,
) {
  const counts = { requests: 0, gatewayThrottled: 0, lambdaThrottled: 0, environments: 0 };
  const admit = tokenBucket(throttle, time.now);
  const loadHandler = loadBundle();
  const free: Handler[] = [];

  async function startEnvironment(): Promise<Handler> {
    counts.environments += 1;
    await time.sleep(START_MS);
    const handler = await loadHandler();
    await time.sleep(INIT_MS);
    let isFirst = true;
    return async (event, context) => {
      await time.sleep((isFirst ? FIRST_REVIEW_MS : REVIEW_MS) + (isSigned ? VERIFY_MS : 0));
      isFirst = false;
      return handler(event, context);
    };
  }

  async function answer(token: string, bearer: string | undefined): Promise<Answer> {
    counts.requests += 1;
    if (!admit()) {
      counts.gatewayThrottled += 1;
      return { statusCode: 429, body: '{"message":"Too Many Requests"}' };
    }
    if (free.length === 0 && counts.environments >= maxEnvironments) {
      counts.lambdaThrottled += 1;
      return { statusCode: 500, body: '{"message":"Internal Server Error"}' };
    }
    const event = reviewEvent(token, time.now(), bearer);
    // Lambda prefers the most recently used environment.
    const handler = free.pop() ?? (await startEnvironment());
    const answered = await handler(event, { awsRequestId: "spike" });
    free.push(handler);
    return answered;
  }

  /** `bearer`: the caller's token. Default: that of the only caller with a hash. */
  async function post(token: string, bearer?: string): Promise<Answer> {
    await time.sleep(LATENCY_MS / 2);
    const answered = await answer(token, bearer);
    await time.sleep(LATENCY_MS / 2);
    return answered;
  }

  /** Starts this many environments, and each grants these logins, one after the other. */
  async function warmUp(
    environments: number,
    tokens: () => Promise<readonly string[]>,
    bearer?: string,
  ) {
    const handlers = await Promise.all(Array.from({ length: environments }, startEnvironment));
    for (const handler of handlers) {
      for (const token of await tokens()) {
        const { statusCode, body } = await handler(reviewEvent(token, time.now(), bearer), {
          awsRequestId: "warm",
        });
        if (JSON.parse(body).status?.authenticated !== true)
          throw new Error(`warm-up failed: ${statusCode} ${body}`);
      }
    }
    free.push(...handlers);
  }
  return { post, warmUp, counts };
}

/**
 * k8s.io/apiserver 0.32.3 does not retry 503 and the others:
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/util/webhook/webhook.go
 */
const RETRIED = [429, 500, 502, 504];
const TRIES = 5;
const FIRST_WAIT_MS = 500;
const FACTOR = 1.5;
const JITTER = 0.2;
/** For all attempts together. */
const LIMIT_MS = 30_000;

/**
 * Looks up an uncached token: the body of a 200, or of a 307 to the standby. `undefined`: the
 * client gets a 401, and nothing is cached.
 */
export async function lookUp(
  { post }: Pick<ReturnType<typeof openEndpoint>, "post">,
  time: Time,
  random: () => number,
  token: string,
  bearer?: string,
): Promise<string | undefined> {
  const ends = time.now() + LIMIT_MS;
  let wait = FIRST_WAIT_MS;
  for (let tries = 1; ; tries += 1) {
    const { statusCode, body } = await post(token, bearer);
    if (statusCode === 200 || statusCode === 307) return body;
    const thisWait = wait * (1 + random() * JITTER);
    wait *= FACTOR;
    if (!RETRIED.includes(statusCode) || tries === TRIES || time.now() + thisWait >= ends)
      return undefined;
    await time.sleep(thisWait);
  }
}
