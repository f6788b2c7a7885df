// Judges a plan of mappings by the rule of access, and again before each write: every command that
// changes mappings passes it to the plan.

import { finding } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import {
  guardLockout,
  hasAdministrator,
  withoutRestrictions,
} from "../../model/access/administrators.ts";
import { hasConsent } from "../../model/access/changes.ts";
import { endedFirst, marksOf, nextPhase, SETTLED_MS } from "../../model/access/phases.ts";
import type { Mark } from "../../model/judgement.ts";
import { warningsFor } from "../../model/lint/lint.ts";
import {
  isDenyList,
  type VersionedParameter,
  type VersionedParameters,
} from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import type { Judge } from "../plan.ts";
import { guardNames } from "./guard-names.ts";
import { type RuleReader, readForAccess } from "./read-for-access.ts";

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
    const guardDenyLists = async (all: readonly Change[], stored: VersionedParameters) => {
      const lists = all.filter(({ name }) => isDenyList(name));
      if (lists.length > 0) await guardNames(lists, stored, connection, run);
    };
    return {
      current,
      marks,
      warnings: warningsFor(changes, review),
      notes: new Map(ended.map((name) => [name, ENDED_FIRST])),
      async guard() {
        guardLockout(changes, current, review);
        // A denial by the command has chosen between names and patterns.
        if (!grantsNothing) await guardDenyLists(changes, current);
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
          if (!force || grantsNothing) await guardDenyLists(wanted, stored);
        },
      },
    };
  };
}

const ENDED_FIRST = `It is written as ended, and deleted ${SETTLED_MS / 1000} s later.`;

/** What the user has seen and accepted. */
interface Consent {
  readonly marks: readonly Mark[];
  /** Whether --force skips the lockout check. */
  readonly force: boolean;
  /** Reads what the rule needs to judge the changes again. */
  readonly reader: Pick<RuleReader, "settle" | "seek">;
}

/**
 * Throws if the changes need consent that the user has not given: for a parameter, an entry, and
 * the names that it gives.
 *
 * @param others a phrase for the parameters that another operator changed; empty if none did
 * @param clock the running clock, for administrators whose mappings end
 */
export async function checkConsent(
  changes: readonly Change[],
  current: Map<string, VersionedParameter>,
  { marks, force, reader }: Consent,
  others: string,
  clock: number,
): Promise<void> {
  const marksNow = await reader.settle(current, (review) => marksOf(changes, current, review));
  const unseen = marksNow.find((mark) => !hasConsent(mark, marks));
  if (unseen !== undefined) {
    throw finding(
      others === ""
        ? `This needs your consent, and was not in the plan: ${unseen.text}.`
        : `Another operator changed ${others} at the same time. Combined with that change, ${unseen.text}. Their change is kept.`,
    );
  }
  if (force) return;
  const isAdministered = await reader.settle(current, (review) =>
    hasAdministrator(current, withoutRestrictions({ ...review, now: clock })),
  );
  // The other operator may have made the first administrator among the parameters that were read.
  if (isAdministered) await reader.seek(current, changes, clock);
  await reader.settle(current, (review) =>
    guardLockout(changes, current, { ...review, now: clock }),
  );
}

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
