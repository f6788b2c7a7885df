// `mappings apply`: writes the mappings and denials of mapping files.

import type { Connection } from "../../aws/connection.ts";
import type { StoreOptions } from "../../aws/store.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import type { OutputOptions, WriteOptions } from "../../cmdline/options.ts";
import { usage } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { afterwards } from "../../model/access/state.ts";
import { deniedElsewhere, elsewhereSentence } from "../../model/denied-elsewhere.ts";
import type { Entry } from "../../model/entry.ts";
import { readMappingFiles } from "../../model/mapping-file.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { warnOfSessionTrust } from "../../plan/changes.ts";
import type { ClusterPlan, PlanOptions } from "../../plan/plan.ts";
import { planClusters } from "../../plan/plan-clusters.ts";
import { compare, type PruneOptions } from "./compare.ts";

interface ApplyOptions extends StoreOptions, WriteOptions, OutputOptions, PruneOptions {
  readonly file?: readonly string[];
}

export async function apply(
  files: readonly string[],
  clusters: Clusters,
  options: ApplyOptions,
  run: Run,
): Promise<void> {
  const { output } = options;
  if (output !== "table" && !options.dryRun) throw usage(`-o ${output} requires --dry-run.`);
  const paths = [...(options.file ?? []), ...files];
  if (paths.length === 0) throw usage("Give a mapping file, such as -f mappings.yaml.");
  const entries = await readMappingFiles(paths, run);
  const planned = await planClusters(clusters, options, run, (connection, _, ownRun) =>
    planFile(entries, options, connection, ownRun),
  );
  const planOptions: PlanOptions =
    output === "table"
      ? options
      : { ...options, report: (plans) => printPlanData(plans, clusters, output, run) };
  await carryOut(planned, planOptions, run, { done: "Applied" });
}

async function planFile(
  entries: readonly Entry[],
  options: PruneOptions,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const compared = await compare(entries, options, connection, run);
  const { changes } = compared.plan;
  warnOfSessionTrust(changes, connection, run);
  const { review } = compared.connection;
  const denied = deniedElsewhere(
    changes.map(({ name }) => name),
    afterwards(compared.known, changes),
    review,
  );
  return { ...compared, afterPlan: elsewhereSentence(denied, review) };
}

/** Prints a list for several clusters, and the plan of the only cluster. */
async function printPlanData(
  plans: readonly object[],
  { isSeveral }: Clusters,
  output: "json" | "yaml",
  run: Run,
): Promise<void> {
  const data = isSeveral ? plans : plans[0];
  if (data !== undefined) await printData(data, output, run);
}
