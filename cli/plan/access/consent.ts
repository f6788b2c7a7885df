// The consent that the user has given: checks it again before the writes, after changes by other
// operators.

import { finding } from "../../io/errors.ts";
import {
  guardLockout,
  hasAdministrator,
  withoutRestrictions,
} from "../../model/access/administrators.ts";
import { hasConsent } from "../../model/access/changes.ts";
import { marksOf } from "../../model/access/phases.ts";
import type { Mark } from "../../model/judgement.ts";
import type { VersionedParameter } from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import type { RuleReader } from "./read-for-access.ts";

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
  const found = await reader.settle(current, (review) => marksOf(changes, current, review));
  const unseen = found.find((mark) => !hasConsent(mark, marks));
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
