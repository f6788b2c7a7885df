// Models Lambda: an environment handles one request at a time; a new one starts if none is free.

import { type Handled, type Handler, loadBundle } from "./load-bundle.ts";
import type { Time } from "./time.ts";

export interface LambdaOptions {
  /** Path of the built bundle. */
  readonly entry: string;
  /** Maximum number of environments: reserved concurrency or the account's limit. */
  readonly maxEnvironments: number;
  readonly time: Time;
}

export type Lambda = ReturnType<typeof startLambda>;

/**
 * Computing times with 512 MB, without waiting for services, which the model adds. From an early run under Lambda's
 * conditions, slightly above the current 127 and 30 (docs/decisions/0009-work-before-the-first-review.md). AWS does not
 * publish the time to start an environment; 150 ms is a guess.
 */
const START_MS = 150;
const INIT_MS = 110;
const FIRST_REVIEW_MS = 60;
const REVIEW_MS = 3;

/** Each environment has separate caches and connections. */
export function startLambda(options: LambdaOptions) {
  const { entry, maxEnvironments, time } = options;
  const loadHandler = loadBundle(entry);
  const free: Handler[] = [];
  let environments = 0;
  let throttled = 0;

  async function startEnvironment(): Promise<Handler> {
    environments += 1;
    await time.sleep(START_MS);
    const handler = await loadHandler();
    await time.sleep(INIT_MS);
    let isFirst = true;
    return async (event, context) => {
      await time.sleep(isFirst ? FIRST_REVIEW_MS : REVIEW_MS);
      isFirst = false;
      return handler(event, context);
    };
  }

  return {
    /** Returns `undefined` if throttled because every environment is busy. */
    async invoke(event: unknown): Promise<Handled | undefined> {
      // Lambda prefers the most recently used environment.
      let handler = free.pop();
      if (handler === undefined) {
        if (environments >= maxEnvironments) {
          throttled += 1;
          return undefined;
        }
        handler = await startEnvironment();
      }
      const answer = await handler(event, { awsRequestId: "spike" });
      free.push(handler);
      return answer;
    },
    environments: () => environments,
    throttled: () => throttled,
  };
}
