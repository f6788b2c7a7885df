// Runs checks in order and always removes their resources.

import { awsOf } from "./aws.ts";
import { removeAndLook } from "./removal.ts";
import { type Row, type Rows, rowsOf } from "./rows.ts";
import { cannotSign } from "./signed-tokens.ts";
import { type Inputs, openSite, type Site } from "./site.ts";
import { Interrupted, type World } from "./world.ts";

export interface Check {
  readonly number: number;
  readonly title: string;
  /** An estimate: no run on AWS has been measured yet. */
  readonly minutes: number;
  /**
   * Part of --short, and of it only, or of the complete run too. Default: only of the complete run.
   */
  readonly short?: "only" | "also";
  /** Needs an account that signs tokens, and with --enable-token-signing enables it. */
  readonly needsSigning?: true;
  run(site: Site, rows: Rows): Promise<void>;
}

export interface RunOptions {
  readonly clusterId: string;
  readonly checks: readonly Check[];
  readonly inputs?: Inputs;
  readonly keep?: boolean;
}

/** After an interruption, `resume` allows programs again for the removal. */
export async function runChecks(world: World, options: RunOptions, resume: () => void = () => {}) {
  const rows: Row[] = [];
  const record = (row: Row) => void rows.push(row);
  let isInterrupted = false;
  try {
    await runAll(world, options, record);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    isInterrupted = true;
    world.print("Interrupted.");
  } finally {
    resume();
    if (options.keep !== true) {
      world.print("Removing everything");
      await removeAndLook(world, awsOf(world), options.clusterId, record);
    }
  }
  return { rows, isInterrupted };
}

async function runAll(
  world: World,
  options: RunOptions,
  record: (row: Row) => void,
): Promise<void> {
  const { clusterId, checks, inputs } = options;
  const site = openSite(world, clusterId, inputs);
  for (const check of checks) {
    const { number, title } = check;
    const rows = rowsOf(number, world, record);
    world.print(`${number}. ${title}`);
    const reason = world.unserved[String(number)];
    const missing = reason === undefined && check.needsSigning ? await cannotSign(site) : undefined;
    if (reason !== undefined) {
      record({
        check: number,
        name: "entire check",
        expected: "-",
        seen: reason,
        verdict: "not served",
      });
      world.print(`  not served  ${reason}`);
    } else if (missing !== undefined) {
      rows.leaveOut("entire check", "-", missing);
    } else {
      await runOne(check, site, rows);
    }
  }
}

/** Records an error outside of a row as a failed row. */
async function runOne(check: Check, site: Site, rows: Rows): Promise<void> {
  try {
    await check.run(site, rows);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    await rows.see("the check completed", "no error", () => {
      throw error;
    });
  }
}
