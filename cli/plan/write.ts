// Writes accepted changes in phases, one parameter at a time, and reports which were written.

import { shortName } from "../../functions/parameters/names.ts";
import { type RateLimit, rateLimited } from "../aws/rates.ts";
import { EXIT, Failure } from "../io/errors.ts";
import { listed } from "../io/print.ts";
import { logIfSlow, startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import type { Phase, PhaseWrite } from "../model/judgement.ts";
import { looksAt, looksWithout, sizeOf } from "../model/looks.ts";
import { isStored, mergeKeyOf, type VersionedParameter } from "../model/stored.ts";
import type { Change } from "./changes.ts";
import type { JudgedPlan, Order } from "./plan.ts";
import { checkMerge, logBothKept, rebased } from "./rebase.ts";
import { NoOrder, stoppedBy } from "./stopped.ts";
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

/** A plan, with what its writes are judged from. */
type OrderedPlan = Pick<JudgedPlan, "plan" | "connection" | "current" | "force">;

/**
 * Writes in the phases of the judgement. Before each one, the parameters that the plan uses are read
 * again.
 *
 * @throws `Stopped` at the first uncertain write: a conflict with another operator, an error, or no
 * response
 */
export async function writeInPhases(plan: OrderedPlan, order: Order, run: Run): Promise<void> {
  const { changes } = plan.plan;
  const progress = startProgress("writing", changes.length, run, plan.connection.rates.writes);
  const endOfWaiting = logIfSlow(run);
  const writing = new Writing(plan, order, run);
  try {
    for (;;) {
      const phase = await writing.nextPhase();
      if (phase === undefined) return;
      for (const write of phase) {
        if (!(await writing.write(write))) break;
        progress.show(writing.times.size);
      }
    }
  } catch (error) {
    throw stoppedBy(
      error,
      new Set(writing.times.keys()),
      writing.rest(),
      plan.connection.review.prefix,
    );
  } finally {
    progress.end();
    endOfWaiting();
  }
}

class Writing {
  /** When this command wrote a parameter, by name. */
  readonly times = new Map<string, number>();
  readonly #plan: OrderedPlan;
  readonly #order: Order;
  readonly #run: Run;
  readonly #waitForTurn: RateLimit;
  #changes: readonly Change[];
  #current: Map<string, VersionedParameter>;
  #rereads = 0;

  constructor(plan: OrderedPlan, order: Order, run: Run) {
    this.#plan = plan;
    this.#order = order;
    this.#run = run;
    this.#waitForTurn = rateLimited(plan.connection.rates.writes);
    this.#changes = plan.plan.changes;
    this.#current = new Map(plan.current);
  }

  /** Waits for the next phase, and returns its writes; `undefined` if nothing is left to write. */
  async nextPhase(): Promise<readonly PhaseWrite[] | undefined> {
    const { waitForCaches } = this.#order;
    for (;;) {
      const planned = await this.#phaseFrom();
      if (planned === undefined) return undefined;
      await waitForCaches(planned.from, this.#listed(planned.waitsFor), this.#run);
      if (await this.#readAgain()) continue;
      const { writes = [] } = (await this.#phaseFrom(planned.from)) ?? {};
      if (writes.length === 0 && !this.#plan.force) {
        throw new NoOrder(
          EXIT.finding,
          "Refused: each of these changes would leave no administrator for a time. To write them, use --force.",
        );
      }
      const left = this.#changes
        .filter((change) => !this.#isDone(change))
        .map((write) => ({ ...write, uses: looksAt() }));
      const phase = writes.length > 0 ? writes : left;
      const isTooFar = phase.some((write) => this.#neighboursOf(write) === undefined);
      return isTooFar ? phase.slice(0, WRITES_WITHOUT_NEIGHBOURS) : phase;
    }
  }

  /** Returns the parameters that do not have their wanted value. */
  rest(): string[] {
    return this.#changes.flatMap((change) => (this.#isDone(change) ? [] : change.name));
  }

  /** Plans the next phase. The rule keeps the plan's time; the clock is only for waits. */
  #phaseFrom(from = 0): Promise<Phase | undefined> {
    const clock = Math.max(from, this.#run.clock());
    return this.#order.nextPhase(this.#changes, this.#current, clock);
  }

  /**
   * Returns whether another operator changed what the plan uses. Throws if the rest of the plan
   * must not be written.
   */
  async #readAgain(): Promise<boolean> {
    const before = this.#current;
    const fresh = await this.#order.again(before);
    const changed = [...new Set([...before.keys(), ...fresh.keys()])].filter((name) =>
      this.#isOther(name, fresh.get(name)),
    );
    for (const [name, time] of this.times) {
      const stored = fresh.get(name);
      // This machine's clock may be ahead of AWS's.
      if (stored !== undefined)
        fresh.set(name, { ...stored, modified: Math.max(stored.modified, time) });
    }
    const combined = this.#changes.map((change) => {
      const { name } = change;
      if (!changed.includes(name)) return change;
      return rebased(change, before.get(name), fresh.get(name), this.#plan.connection.review);
    });
    await this.#order.checkConsent(combined, fresh, this.#listed(changed), this.#run.clock());
    this.#changes = combined;
    this.#current = fresh;
    if (changed.length === 0) return false;
    logBothKept(this.#listed(changed), this.#run);
    this.#rereads += 1;
    if (this.#rereads > MAX_REREADS)
      throw new Failure(EXIT.awsFailure, "Other operators keep changing what the plan uses.");
    return true;
  }

  /**
   * Writes one change of a phase, whose value may be one before the wanted value. A list may be
   * merged with another operator's. Returns false, without writing, if another operator has changed
   * what the phase depends on.
   */
  async write(planned: PhaseWrite): Promise<boolean> {
    const { name, value } = planned;
    const { ssm } = this.#plan.connection;
    const { interrupted } = this.#run;
    await this.#waitForTurn(interrupted);
    const wanted = this.#changes.find((change) => change.name === name);
    const before = this.#current.get(name);
    // `action` is for the plan that is printed; writes do not read it.
    const change: Change = { ...wanted, action: "change", name, before, value };
    const neighbours = this.#neighboursOf(planned);
    const key = mergeKeyOf(change);
    try {
      if (key === undefined) {
        await writeValue(ssm, change, interrupted, neighbours);
        this.#note(name, value);
      } else {
        this.#note(name, await this.#writeList(key, change, wanted ?? change, neighbours));
      }
    } catch (error) {
      if (error instanceof NeighbourChanged) return false;
      throw error;
    }
    return true;
  }

  /** Writes a list, and returns its written value. */
  async #writeList(
    key: string,
    change: Change,
    wanted: Change,
    neighbours: Neighbours | undefined,
  ): Promise<string> {
    const { name, value = "[]" } = change;
    const { ssm, review } = this.#plan.connection;
    const planWith = (merged: string): readonly Change[] => {
      const left = mergeValues(key, wanted, value, wanted.value ?? "[]", merged).value;
      return this.#changes.map((planned) =>
        planned.name === name ? { ...wanted, value: left } : planned,
      );
    };
    const check = async (merged: string, theirs: string) => {
      checkMerge(change, merged, theirs, review);
      this.#setCurrent(name, theirs);
      const clock = this.#run.clock();
      await this.#order.checkConsent(planWith(merged), this.#current, name, clock);
    };
    const toMerge = { ...change, isInterim: value !== wanted.value };
    const { interrupted } = this.#run;
    const written = await writeList(ssm, key, toMerge, check, interrupted, neighbours);
    if (written.isMerged) {
      logBothKept(name, this.#run);
      this.#changes = planWith(written.value);
    }
    return written.value;
  }

  #note(name: string, value: string | undefined): void {
    this.times.set(name, this.#run.clock());
    if (value === undefined) this.#current.delete(name);
    else this.#setCurrent(name, value);
  }

  /** Its version is read before the next phase. */
  #setCurrent(name: string, value: string): void {
    const modified = this.#run.clock();
    this.#current.set(name, { name, value, version: 0, secure: false, modified });
  }

  /**
   * Returns what the write's judgement used, which the call before the write reads again;
   * `undefined` if it is too much for one call.
   */
  #neighboursOf({ name, uses }: PhaseWrite): Neighbours | undefined {
    const looks = looksWithout(uses, this.#order.unread);
    looks.names.delete(name);
    if (sizeOf(looks) > looks.names.size || looks.names.size > MOST_NEIGHBOURS) return undefined;
    return { names: [...looks.names], isOther: (other, stored) => this.#isOther(other, stored) };
  }

  #isOther(name: string, is: VersionedParameter | undefined): boolean {
    const was = this.#current.get(name);
    return was?.value !== is?.value || (was?.version !== is?.version && !this.times.has(name));
  }

  #isDone({ name, value }: Change): boolean {
    return isStored(value, this.#current.get(name));
  }

  #listed(names: readonly string[]): string {
    return listed(names.map((name) => shortName(name, this.#plan.connection.review.prefix)));
  }
}
