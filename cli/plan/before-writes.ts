// Before the first write: asks for the user's consent, and reports after Ctrl-C that nothing was
// written.

import { toFailure } from "../aws/errors.ts";
import type { WriteOptions } from "../cmdline/options.ts";
import { confirm } from "../io/confirm.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import { shortened } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { type Change, count } from "./changes.ts";
import type { JudgedPlan } from "./plan.ts";
import { byPerson, countMarks, MOST_NAMED, riskiestFirst } from "./show.ts";

/** Confirms the plans of all clusters together, the marks first. Throws unless the user accepts. */
export async function confirmPlans(
  plans: readonly Pick<JudgedPlan, "plan" | "marks" | "destination">[],
  options: WriteOptions,
  run: Run,
): Promise<void> {
  const marks = plans.flatMap((judged) => judged.marks);
  const marked = marks.length === 0 || options.allowWeakening ? undefined : countMarks(marks);
  if (options.yes && marked !== undefined) {
    // In a terminal, they are above, in the plan. A script may keep only one of both streams.
    const again = run.columns === undefined ? byPerson(riskiestFirst(marks)) : [];
    const texts = [...new Set(again.map(({ text }) => text))];
    throw finding(
      `Refused, because it needs your consent: ${marked}.`,
      ...shortened(texts, 10, String).map((text) => `  ${text}`),
      "To accept this with --yes, add --allow-weakening.",
    );
  }
  if (options.yes) return;
  if (marked !== undefined)
    await confirm(`Accept what is marked ! above (${marked})?`, run, "--yes and --allow-weakening");
  const destinations = plans.map(({ destination }) => destination);
  const all = plans.length > MOST_NAMED ? "" : `: ${destinations.join("; ")}`;
  const where = plans.length === 1 ? destinations.join() : `${plans.length} clusters${all}`;
  await confirmWrites(
    plans.flatMap(({ plan }) => plan.changes),
    where,
    run,
  );
}

/** Throws unless the user accepts these writes. */
export async function confirmWrites(changes: readonly Change[], where: string, run: Run) {
  const verb = changes.every(({ action }) => action === "remove") ? "Remove" : "Write";
  await confirm(`${verb} ${count(changes.length)} in ${where}?`, run);
}

/** Runs `work`, which must not write. After Ctrl-C, the error says that nothing was written. */
export async function beforeWrites<T>({ interrupted }: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfUser =
      interrupted.aborted &&
      !(error instanceof Failure) &&
      toFailure(error)?.exitCode === EXIT.interrupted;
    throw isOfUser ? new Failure(EXIT.interrupted, NOTHING, { cause: error }) : error;
  }
}

export const NOTHING = "Nothing was written.";
