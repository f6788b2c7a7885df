// Writes accepted changes in phases, one parameter at a time, and reports which were written.

import { isDeepStrictEqual } from "node:util";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { type RateLimit, rateLimited } from "../aws/rates.ts";
import { EXIT, Failure } from "../io/errors.ts";
import { listed } from "../io/print.ts";
import { logIfSlow, startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { shortName } from "../model/evaluation.ts";
import type { PhaseWrite } from "../model/judgement.ts";
import { looksAt, looksWithout, sizeOf } from "../model/looks.ts";
import { entryKey, isStored, listIn, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import type { Accepted } from "./judge.ts";
import { checkMerge, rebased } from "./rebase.ts";
import { NoOrder, outcomeOf, stopped } from "./stopped.ts";
import { mergeValues, writeList } from "./write-list.ts";
import { NeighbourChanged, type Neighbours, writeValue } from "./write-parameter.ts";

/** More than the number of operators who may change the same parameters during one command. */
const MAX_REREADS = 20;

/** GetParameters accepts ten names: the written one, and these. */
const MOST_NEIGHBOURS = 9;

/**
 * The number of writes before the plan is read again, in a phase in which a write has more
 * neighbours.
 */
const WRITES_WITHOUT_NEIGHBOURS = 20;

/**
 * Writes in the phases of the judgement. Before each one, the parameters that the plan uses are read
 * again.
 *
 * @throws `Stopped` at the first uncertain write: a conflict with another operator, an error, or no
 * response
 */
export async function writeAll(
  accepted: Accepted,
  connection: Connection,
  run: Run,
): Promise<void> {
  const progress = startProgress("writing", accepted.changes.length, run, connection.rates.writes);
  const endOfWaiting = logIfSlow(run);
  const writing = new Writing(accepted, connection, run, progress);
  try {
    let isLeft = true;
    while (isLeft) isLeft = await writing.phase();
  } catch (error) {
    throw writing.reportOf(error);
  } finally {
    progress.end();
    endOfWaiting();
  }
}

class Writing {
  readonly #accepted: Accepted;
  readonly #connection: Connection;
  readonly #run: Run;
  readonly #progress: ReturnType<typeof startProgress>;
  readonly #waitForTurn: RateLimit;
  #changes: readonly Change[];
  #current: Map<string, VersionedParameter>;
  /** When this command wrote a parameter, by name. */
  readonly #times = new Map<string, number>();
  #rereads = 0;

  constructor(
    accepted: Accepted,
    connection: Connection,
    run: Run,
    progress: ReturnType<typeof startProgress>,
  ) {
    this.#accepted = accepted;
    this.#connection = connection;
    this.#run = run;
    this.#progress = progress;
    this.#waitForTurn = rateLimited(connection.rates.writes);
    this.#changes = accepted.changes;
    this.#current = new Map(accepted.current);
  }

  /** Writes the next phase. Returns whether something may be left to write. */
  async phase(): Promise<boolean> {
    const planned = await this.#next();
    if (planned === undefined) return false;
    await this.#accepted.waitForCaches(planned.from, this.#listed(planned.waitsFor), this.#run);
    if (await this.#readAgain()) return true;
    const { writes = [] } = (await this.#next(planned.from)) ?? {};
    if (writes.length === 0 && !this.#accepted.force) {
      throw new NoOrder(
        EXIT.finding,
        "Refused: each of these changes would leave no administrator for a time. To write them, use --force.",
      );
    }
    const left = this.#changes
      .filter((change) => !this.#isDone(change))
      .map((write) => ({ ...write, uses: looksAt() }));
    const all = writes.length > 0 ? writes : left;
    const isFar = all.some((write) => this.#neighboursOf(write) === undefined);
    try {
      for (const write of isFar ? all.slice(0, WRITES_WITHOUT_NEIGHBOURS) : all)
        await this.#write(write);
    } catch (error) {
      if (!(error instanceof NeighbourChanged)) throw error;
    }
    return true;
  }

  /**
   * Returns an error that states why a phase has stopped, and lists what is written and what is
   * left; the error itself if it is a bug.
   */
  reportOf(error: unknown): unknown {
    const failure = toFailure(error);
    if (failure === undefined) return error;
    const { state, name: failed } = outcomeOf(error);
    const isUnsure = (name: string) => state === "unknown" && name === failed;
    const isBegun = (name: string) => this.#times.has(name) || name === failed;
    const rest = this.#changes.flatMap((change) => (this.#isDone(change) ? [] : change.name));
    const others = rest.filter((name) => !isUnsure(name));
    const found = {
      written: [...this.#times.keys()].filter((name) => !rest.includes(name)),
      begun: others.filter(isBegun),
      unsure: rest.filter(isUnsure),
      left: others.filter((name) => !isBegun(name)),
    };
    return stopped(failure, found, error, this.#connection.review.prefix);
  }

  /** Plans the next phase by the plan's time, except for waits. */
  #next(from = 0) {
    const clock = Math.max(from, this.#run.clock());
    return this.#accepted.nextPhase(this.#changes, this.#current, clock);
  }

  /**
   * Returns whether another operator changed what the plan uses. Throws if the rest of the plan
   * must not be written.
   */
  async #readAgain(): Promise<boolean> {
    const before = this.#current;
    const fresh = await this.#accepted.again(before);
    const others = [...new Set([...before.keys(), ...fresh.keys()])].filter((name) =>
      this.#isOther(name, fresh.get(name)),
    );
    for (const [name, time] of this.#times) {
      const stored = fresh.get(name);
      // This machine's clock may be ahead of AWS's.
      if (stored !== undefined)
        fresh.set(name, { ...stored, modified: Math.max(stored.modified, time) });
    }
    const combined = this.#changes.map((change) => {
      const { name } = change;
      if (!others.includes(name)) return change;
      return rebased(change, before.get(name), fresh.get(name), this.#connection.review);
    });
    await this.#accepted.checkConsent(combined, fresh, this.#listed(others), this.#run.clock());
    this.#changes = combined;
    this.#current = fresh;
    if (others.length === 0) return false;
    this.#run.log(
      `Another operator changed ${this.#listed(others)} at the same time. Both changes are kept.\n`,
    );
    this.#rereads += 1;
    if (this.#rereads > MAX_REREADS)
      throw new Failure(EXIT.awsFailure, "Other operators keep changing what the plan uses.");
    return true;
  }

  /** Writes one change of a phase, whose value may be one before the wanted value. */
  async #write(planned: PhaseWrite): Promise<void> {
    const { name, value } = planned;
    await this.#waitForTurn(this.#run.interrupted);
    const wanted = this.#changes.find((change) => change.name === name);
    const change: Change = {
      ...wanted,
      action: "change",
      name,
      before: this.#current.get(name),
      value,
    };
    const neighbours = this.#neighboursOf(planned);
    this.#note(name, await this.#writeChange(change, wanted ?? change, neighbours));
    this.#progress.show(this.#times.size);
  }

  /**
   * Writes the change, and returns the written value. A list may be merged with another operator's.
   */
  async #writeChange(
    change: Change,
    wanted: Change,
    neighbours: Neighbours | undefined,
  ): Promise<string | undefined> {
    const { name, before, value } = change;
    const { ssm, review } = this.#connection;
    const { interrupted } = this.#run;
    const key = entryKey(name);
    const was = listIn(before?.value);
    const is = listIn(value);
    const isList = is !== undefined && (before === undefined || was !== undefined);
    // Only the text differs, by a repeated key: the entries are equal, so there is nothing to
    // merge.
    if (key === undefined || !isList || isDeepStrictEqual(was, is)) {
      await writeValue(ssm, change, interrupted, neighbours);
      return value;
    }
    const final = (merged: string): readonly Change[] => {
      const left = {
        ...wanted,
        value: mergeValues(key, wanted, value ?? "[]", wanted.value ?? "[]", merged).value,
      };
      return this.#changes.map((planned) => (planned.name === name ? left : planned));
    };
    const check = async (merged: string, theirs: string) => {
      checkMerge(change, merged, theirs, review);
      this.#current.set(name, {
        name,
        value: theirs,
        secure: false,
        version: 0,
        modified: this.#run.clock(),
      });
      await this.#accepted.checkConsent(final(merged), this.#current, name, this.#run.clock());
    };
    const toMerge = { ...change, isInterim: value !== wanted.value };
    const { isMerged, value: written } = await writeList(
      ssm,
      key,
      toMerge,
      check,
      interrupted,
      neighbours,
    );
    if (isMerged) {
      this.#run.log(`Another operator changed ${name} at the same time. Both changes are kept.\n`);
      this.#changes = final(written);
    }
    return written;
  }

  #note(name: string, value: string | undefined): void {
    this.#times.set(name, this.#run.clock());
    if (value === undefined) this.#current.delete(name);
    // Its version is read before the next phase.
    else
      this.#current.set(name, {
        name,
        value,
        version: 0,
        secure: false,
        modified: this.#run.clock(),
      });
  }

  /**
   * Returns what the write's judgement used, which the call before the write reads again;
   * `undefined` if it is too much for one call.
   */
  #neighboursOf({ name, uses }: PhaseWrite): Neighbours | undefined {
    const looks = looksWithout(uses, this.#accepted.unread);
    looks.names.delete(name);
    if (sizeOf(looks) > looks.names.size || looks.names.size > MOST_NEIGHBOURS) return undefined;
    return { names: [...looks.names], isOther: (other, stored) => this.#isOther(other, stored) };
  }

  #isOther(name: string, is: VersionedParameter | undefined): boolean {
    const was = this.#current.get(name);
    return was?.value !== is?.value || (was?.version !== is?.version && !this.#times.has(name));
  }

  #isDone({ name, value }: Change): boolean {
    return isStored(value, this.#current.get(name));
  }

  #listed(names: readonly string[]): string {
    return listed(names.map((name) => shortName(name, this.#connection.review.prefix)));
  }
}
