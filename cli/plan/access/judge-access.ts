// Judges a plan of mappings by the rule of access: every command that changes mappings passes it to
// the plan.

import type { Run } from "../../io/run.ts";
import { guardLockout } from "../../model/access/administrators.ts";
import { endedFirst, nextPhase, SETTLED_MS } from "../../model/access/phases.ts";
import { warningsFor } from "../../model/lint/lint.ts";
import type { Judge } from "../plan.ts";
import { checkConsent } from "./consent.ts";
import { guardNames } from "./guard-names.ts";
import { readForAccess } from "./read-for-access.ts";

interface AccessOptions {
  /** Whether the plan has read every mapping; with --account, every mapping of that account. */
  readonly isWhole?: boolean;
  /** As in `readForAccess`: a denial must not wait for other operators. */
  readonly merges?: boolean;
}

/** Returns what judges a plan of mappings and denials. */
export function judgeAccess({ isWhole = false, merges = false }: AccessOptions = {}): Judge {
  return async ({ plan, known, managed, connection, grantsNothing, force }, run) => {
    const { changes } = plan;
    const { review } = connection;
    const view = { known, isWhole, merges, skipped: managed };
    const { current, marks, reader } = await readForAccess(changes, view, connection, run);
    const ended = [...endedFirst(changes, current, review)];
    return {
      current,
      marks,
      warnings: warningsFor(changes, review),
      notes: new Map(ended.map((name) => [name, ENDED_FIRST])),
      async guard() {
        guardLockout(changes, current, review);
        // A denial by the command has chosen between names and patterns.
        if (!grantsNothing) await guardNames(changes, current, connection, run);
      },
      order: {
        unread: reader.unread,
        nextPhase: (wanted, stored, clock) =>
          reader.settle(stored, (rule) => nextPhase(wanted, stored, rule, clock)),
        waitForCaches,
        again: (before) => reader.again(before),
        async checkConsent(wanted, stored, changed, clock) {
          await checkConsent(wanted, stored, { marks, force, reader }, changed, clock);
          // A stack may have changed what the functions accept. --force is about other checks of a
          // denial: for a function that does not know names, the list would deny every identity.
          if (!force || grantsNothing) await guardNames(wanted, stored, connection, run);
        },
      },
    };
  };
}

const ENDED_FIRST = `It is written as ended, and deleted ${SETTLED_MS / 1000} s later.`;

/**
 * Waits until the function no longer uses earlier values.
 *
 * @param until milliseconds since 1970
 * @param what a phrase for the parameters that were written
 */
export async function waitForCaches(until: number, what: string, run: Run): Promise<void> {
  // AWS's clock may be ahead of this machine's.
  const end = Math.min(until, run.clock() + SETTLED_MS);
  if (end <= run.clock()) return;
  const seconds = () => `${Math.ceil((end - run.clock()) / 1000)} s`;
  run.log(
    `Waiting ${seconds()} until the function has read ${what}. The next write depends on it.\n`,
  );
  while (run.clock() < end) {
    if (run.watched) run.showProgress(`waiting for ${what}, ${seconds()} left`);
    await run.sleep(Math.min(1_000, end - run.clock()), run.interrupted);
  }
  if (run.watched) run.showProgress("");
}
