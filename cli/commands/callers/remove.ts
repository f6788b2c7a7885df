// `callers remove`: removes a caller, whose token the function then rejects.

import { didYouMean } from "../../../functions/lib/text.ts";
import type { Connection } from "../../aws/connection.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { EXIT, finding } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import type { Items } from "../../model/stored.ts";
import {
  callerName,
  callerState,
  checkNeighbours,
  planCallers,
  readCallers,
} from "../../plan/callers.ts";
import { carryOut } from "../../plan/carry-out.ts";
import type { ClusterPlan } from "../../plan/plan.ts";
import { Absent, planClusters } from "../../plan/plan-clusters.ts";

export async function remove(
  name: string,
  clusters: Clusters,
  options: WriteOptions,
  run: Run,
): Promise<void> {
  const planned = await planClusters(clusters, options, run, (connection, _, ownRun) =>
    planRemoval(name, options, connection, ownRun),
  );
  // A revoked token must not stay valid in one Region because another cannot be reached.
  await carryOut(planned, options, run, { done: "Removed", goesOn: true });
}

async function planRemoval(
  name: string,
  { force }: WriteOptions,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const isNamed = (entry: unknown) => callerName(entry) === name;
  const callers = await readCallers(connection, run.interrupted);
  const remaining = callers.entries.filter((entry) => !isNamed(entry));
  if (remaining.length === callers.entries.length)
    throw new Absent(
      EXIT.finding,
      `Caller ${name} not found.${didYouMean(name, callers.entries.map(callerName))} To see all callers, run callers list.`,
    );
  checkNeighbours(callers.entries, callers.parameter, isNamed);
  // Called again with the list after a merge with a concurrent change.
  const check = (left: Items) => {
    checkNeighbours(left, callers.parameter);
    if (!force) requireAccepted(left, connection.review.now);
  };
  check(remaining);
  return {
    plan: planCallers(callers, remaining, check),
    known: callers.known,
    connection,
    effect: () => [`The function rejects ${name} within 60 s.`],
    grantsNothing: true,
  };
}

/** The time that an operator needs to give kube-apiserver another file. */
const HANDOVER_MS = 3_600_000;

function requireAccepted(callers: Items, now: number): void {
  if (callers.some((entry) => callerState(entry, now + HANDOVER_MS) === "accepted")) return;
  throw finding(
    "Refused: no caller would remain accepted for an hour. Add another one first, or use --force.",
  );
}
