// `mappings deny`: denies an identity, with precedence over all mappings.

import { isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import { traceRefused } from "../../cmdline/advice.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import { programName } from "../../cmdline/spelling.ts";
import { endOf } from "../../cmdline/times.ts";
import { finding, usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { sessionProgram } from "../../model/session-programs.ts";
import { checkOneArn, partitionIn, traceIn } from "../../model/target.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { type ClusterPlan, judgedPlans, type PlannedClusters } from "../../plan/plan.ts";
import { planClusters } from "../../plan/plan-clusters.ts";
import { type Ending, effectOf, type PlannedDenial } from "./deny-effect.ts";
import type { DenyOptions, Terms } from "./deny-list.ts";
import { endingOfPerson, planPerson, RefusedName } from "./deny-person.ts";
import { endingOfPrincipal, planPrincipal } from "./deny-principal.ts";

export async function deny(
  who: string,
  clusters: Clusters,
  options: DenyOptions,
  run: Run,
): Promise<void> {
  const terms = { endAt: endOf(options, ""), description: options.description };
  const [cluster] = clusters.chosen;
  const trace = traceIn(who);
  if (trace !== undefined && cluster !== undefined) throw traceRefused(who, trace, cluster, run);
  if (who === "help" && !options.person) {
    throw usage(
      `"help" is not taken for a person. For the help of the command, run: ${programName(run.environment)} mappings deny --help`,
      "To deny a person of this name, add --person.",
    );
  }
  checkOneArn(who);
  const isPerson = isPersonName(who);
  if (isPerson && options.session !== undefined) {
    throw usage(
      `--session requires a role or a permission set. The name ${who} alone denies its sessions.`,
    );
  }
  if (options.person && !isPerson)
    throw usage(`--person requires a name, such as jane@example.com, not ${who}.`);
  const denyIdentity = isPerson ? denyPerson : denyPrincipal;
  await denyIdentity(who, clusters, options, terms, run);
}

async function denyPrincipal(
  who: string,
  clusters: Clusters,
  options: DenyOptions,
  terms: Terms,
  run: Run,
): Promise<void> {
  const planned = await planClusters(
    clusters,
    options,
    run,
    (connection, cluster, ownRun) =>
      planPrincipal(who, cluster, options, terms, connection, ownRun),
    { partition: partitionIn(who) },
  );
  const { denials, isComplete } = plannedDenials(planned);
  const ending = await endingOfPrincipal(who, denials, isComplete, run);
  await writeDenials(who, planned, ending, options, run);
  if (ending.errors.length > 0) throw finding(...ending.errors);
}

async function denyPerson(
  who: string,
  clusters: Clusters,
  options: DenyOptions,
  terms: Terms,
  run: Run,
): Promise<void> {
  if (!options.force) refuseProgram(who);
  const planned = await planClusters(clusters, options, run, (connection, cluster, ownRun) =>
    planPerson(who, cluster, options, terms, connection, ownRun),
  );
  for (const cluster of planned.clusters)
    if (cluster.state === "unplanned" && cluster.failure instanceof RefusedName)
      throw cluster.failure;
  const { denials, isComplete } = plannedDenials(planned);
  const ending = await endingOfPerson(who, denials, isComplete);
  const written = await writeDenials(who, planned, ending, options, run);
  const uncovered = written.flatMap((plan) => plan.uncovered ?? []);
  const gaps =
    uncovered.length === 0
      ? []
      : [`${who} is not denied everywhere. Not covered: ${uncovered.join("; ")}.`];
  if (gaps.length + ending.errors.length > 0) throw finding(...gaps, ...ending.errors);
}

/** Returns the denials, and whether they could be planned in every cluster. */
function plannedDenials<D extends PlannedDenial>(planned: PlannedClusters<D>) {
  const isComplete = planned.clusters.every(({ state }) => state !== "unplanned");
  return { denials: judgedPlans(planned), isComplete };
}

function refuseProgram(who: string): void {
  const { program, isConstant = false } = sessionProgram(who) ?? {};
  if (!isConstant) return;
  throw usage(
    `${who} is the name of every session of ${program}: this denies all its users. To deny them all, add --force. ` +
      "To deny one of them, deny the IAM user or the session of the permission set behind the role.",
  );
}

/**
 * Shows the plans, asks, and writes the denials. The ending is printed once, after the write; if
 * there is a question, also before it. Returns the plans, or those that replaced them.
 */
async function writeDenials(
  who: string,
  planned: PlannedClusters<PlannedDenial>,
  ending: Ending,
  options: DenyOptions,
  run: Run,
): Promise<readonly ClusterPlan[]> {
  const { sentence, errors } = ending;
  const isWriting = !options.dryRun && planned.clusters.some(({ state }) => state === "ready");
  const isShown = isWriting ? !options.yes : errors.length === 0;
  if (isShown && sentence !== undefined) run.log(`${sentence}\n`);
  const withEffect = <D extends PlannedDenial>(denial: D): D & ClusterPlan => {
    const { ifRefused } = denial;
    return {
      ...denial,
      effect: (now, isComplete) => effectOf(who, denial, ending, now, isComplete),
      ...(ifRefused && {
        async ifRefused(error: unknown, ownRun: Run) {
          const other = await ifRefused(error, ownRun);
          return other && withEffect(other);
        },
      }),
    };
  };
  const clusters = planned.clusters.map((cluster) =>
    "plan" in cluster ? withEffect(cluster) : cluster,
  );
  return carryOut({ ...planned, clusters }, options, run, { done: "Denied", goesOn: true });
}
