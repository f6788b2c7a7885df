// Writes accepted changes in phases, one parameter at a time, and reports which were written.

import { isDeepStrictEqual } from "node:util";
import { nextPhase } from "../access/phases.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { rateLimited } from "../aws/rates.ts";
import { EXIT, Failure } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import { isStored } from "../store/value.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { listed } from "../terminal/print.ts";
import { logIfSlow, startProgress } from "../terminal/progress.ts";
import { entryKey, itemsOf } from "./merge-list.ts";
import { type Accepted, checkConsent, checkMerge, rebased } from "./other-operators.ts";
import type { Change } from "./plan.ts";
import { NoOrder, stateOf, stopped } from "./stopped.ts";
import { waitForCaches } from "./wait.ts";
import { writeValue } from "./write.ts";
import { mergeValues, writeList } from "./write-list.ts";

/** More than the number of operators who may change the same parameters during one command. */
const MAX_REREADS = 20;

/**
 * Writes in the phases of cli/access/phases.ts. Before each one, the parameters that the plan uses are read again.
 *
 * @throws `Stopped` at the first uncertain write: a conflict with another operator, an error, or no response
 */
export async function writeAll(accepted: Accepted, connection: Connection, io: IOStreams): Promise<void> {
  const { context, ssm, rates } = connection;
  const { prefix } = context;
  const waitForTurn = rateLimited(rates.writes);
  const progress = startProgress("writing", accepted.changes.length, io, rates.writes);
  const endOfWaiting = logIfSlow(io);
  const changes = new Map(accepted.changes.map((change) => [change.name, change]));
  const all = () => [...changes.values()];
  let current = new Map(accepted.current);
  let rereads = 0;
  let writing: Change | undefined;
  /** When this command wrote a parameter, by name. */
  const times = new Map<string, number>();
  const namesOf = (names: readonly string[]) => listed(names.map((name) => shortName(name, prefix)));
  const isDone = ({ name, value }: Change) => isStored(value, current.get(name));

  function note(name: string, value: string | undefined): void {
    times.set(name, io.clock());
    if (value === undefined) current.delete(name);
    // Its version is read before the next phase.
    else current.set(name, { name, value, version: 0, secure: false, modified: io.clock() });
  }

  /** Returns whether another operator changed what the plan uses. Throws if the rest of the plan must not be written. */
  async function readAgain(): Promise<boolean> {
    const fresh = await accepted.again(current);
    for (const [name, time] of times) {
      const stored = fresh.get(name);
      // This machine's clock may be ahead of AWS's.
      if (stored !== undefined) fresh.set(name, { ...stored, modified: Math.max(stored.modified, time) });
    }
    const isOther = (name: string) => {
      const [was, is] = [current.get(name), fresh.get(name)];
      return was?.value !== is?.value || (was?.version !== is?.version && !times.has(name));
    };
    const others = [...new Set([...current.keys(), ...fresh.keys()])].filter(isOther);
    const combined = all().map((change) => {
      const { name } = change;
      return others.includes(name) ? rebased(change, current.get(name), fresh.get(name), context) : change;
    });
    if (others.length > 0) {
      await checkConsent(combined, fresh, accepted, namesOf(others), io.clock());
      io.log(`Another operator changed ${namesOf(others)} at the same time. Both changes are kept.\n`);
    }
    for (const change of combined) changes.set(change.name, change);
    current = fresh;
    return others.length > 0;
  }

  /** @param value may be one before the wanted value */
  async function write(change: Change): Promise<void> {
    const { name, before, value } = change;
    const key = entryKey(name);
    const [was, is] = [itemsOf(before?.value), itemsOf(value)];
    const isList = is !== undefined && (before === undefined || was !== undefined);
    // Only the text differs, by a repeated key: the entries are equal, so there is nothing to merge.
    if (key === undefined || !isList || isDeepStrictEqual(was, is)) {
      await writeValue(ssm, change, io.interrupted);
      return note(name, value);
    }
    const wanted = changes.get(name) ?? change;
    const final = (merged: string): Change => {
      return { ...wanted, value: mergeValues(key, name, value ?? "[]", wanted.value ?? "[]", merged).value };
    };
    const check = async (merged: string, theirs: string) => {
      checkMerge(change, merged, theirs, context);
      const stored = { name, value: theirs, secure: false, version: 0, modified: io.clock() };
      current.set(name, stored);
      const combined = all().map((one) => (one.name === name ? final(merged) : one));
      await checkConsent(combined, current, accepted, name, io.clock());
    };
    const own = { ...change, isInterim: value !== wanted.value };
    const { isMerged, value: written } = await writeList(ssm, key, own, check, io.interrupted);
    if (isMerged) {
      io.log(`Another operator changed ${name} at the same time. Both changes are kept.\n`);
      changes.set(name, final(written));
    }
    note(name, written);
  }

  async function writePhase(): Promise<boolean> {
    const next = (from: number) =>
      accepted.settle(current, (rule) => nextPhase(all(), current, { ...rule, now: Math.max(from, io.clock()) }));
    const planned = await next(0);
    if (planned === undefined) return false;
    await waitForCaches(planned.from, namesOf(planned.waitsFor), io);
    if (await readAgain()) {
      rereads += 1;
      if (rereads > MAX_REREADS) throw new Failure(EXIT.fault, "Other operators keep changing what the plan uses.");
      return true;
    }
    // A mapping ends when it is written, so not before the wait.
    const { writes = [] } = (await next(planned.from)) ?? {};
    if (writes.length === 0 && !accepted.force) {
      throw new NoOrder(
        EXIT.finding,
        "Refused: each of these changes would leave no administrator for a time. To write them, use --force.",
      );
    }
    for (const { name, value } of writes.length > 0 ? writes : all().filter((change) => !isDone(change))) {
      await waitForTurn(io.interrupted);
      writing = { ...changes.get(name), action: "change", name, before: current.get(name), value };
      await write(writing);
      writing = undefined;
      progress.show(times.size);
    }
    return true;
  }

  /** Throws unless only the response of a write was lost. */
  async function report(error: unknown): Promise<void> {
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const state = writing === undefined ? "absent" : await stateOf(writing, failure, connection);
    const unsure = state === "unknown" && writing !== undefined ? [writing.name] : [];
    if (state === "written" && writing !== undefined) {
      note(writing.name, writing.value);
      writing = undefined;
      if (failure.exitCode === EXIT.fault) return;
    }
    const rest = all().flatMap((change) => (isDone(change) ? [] : change.name));
    const others = rest.filter((name) => !unsure.includes(name));
    const outcome = {
      written: [...times.keys()].filter((name) => !rest.includes(name)),
      begun: others.filter((name) => times.has(name)),
      unsure,
      left: others.filter((name) => !times.has(name)),
    };
    throw stopped(failure, outcome, state, error, prefix);
  }

  try {
    for (let isLeft = true; isLeft; ) {
      try {
        isLeft = await writePhase();
      } catch (error) {
        await report(error);
      }
    }
  } finally {
    progress.end();
    endOfWaiting();
  }
}
