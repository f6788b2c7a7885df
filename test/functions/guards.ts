// Guards around fake services: the one that a function has, or one without limits and memory.

import { type Clock, deadlineIn } from "../../functions/lib/deadline.ts";
import { type Call, type Guarded, guard, type Limits } from "../../functions/lib/guard.ts";

/** The guard with these limits. Calls the fake once for each call, which throws its errors. */
export function guarded<Asked, Answer>(
  limits: Limits,
  fake: Call<Asked, Answer>,
  clock: Clock,
): Guarded<Call<Asked, Answer>> {
  const transport = {
    send: (asked: Asked) => fake(asked, deadlineIn(limits.totalMs, clock)),
    settle: (error: unknown) => {
      throw error;
    },
    keyOf: String,
    isRetryable: () => false,
  };
  return guard(limits, transport, clock);
}

/** For tests of other rules. A fake that is already a client stays unchanged. */
export function unguarded<Asked, Answer>(fake: Call<Asked, Answer>): Guarded<Call<Asked, Answer>> {
  if ("isFailing" in fake) return fake as Guarded<typeof fake>;
  const call: typeof fake = (...asked) => fake(...asked);
  return Object.assign(call, { isFailing: () => false }) as Guarded<typeof fake>;
}
