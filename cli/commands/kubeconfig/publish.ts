// Publishes a cluster: stores the server and the CA for users' kubeconfigs.

import { clusterParameter, shortName } from "../../../functions/parameters/names.ts";
import type { Connection } from "../../aws/connection.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { finding, usage } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { verifyServer } from "../../kube/verify-server.ts";
import { describeCertificates } from "../../model/certificates.ts";
import type { Mark } from "../../model/judgement.ts";
import { type PublishedCluster, publishedValue } from "../../model/published-cluster.ts";
import { valueText } from "../../model/stored.ts";
import { beforeWrites } from "../../plan/before-writes.ts";
import { carryOut } from "../../plan/carry-out.ts";
import { type Plan, planFor } from "../../plan/changes.ts";
import type { ClusterPlan, Judge } from "../../plan/plan.ts";
import { planClusters } from "../../plan/plan-clusters.ts";
import { readByName } from "../../plan/read.ts";
import { readStoredCluster } from "./published.ts";

/** Publishes the cluster in the store of each of its contexts. */
export async function publish(
  clusters: Clusters,
  published: PublishedCluster,
  options: WriteOptions,
  run: Run,
): Promise<void> {
  const ids = new Set(clusters.chosen.map(({ cluster }) => cluster));
  if (ids.size > 1)
    throw usage(`--publish is for one cluster, but ${ids.size} were given: ${listed([...ids])}.`);
  await beforeWrites(run, () => verifyServer(published, run));
  const planned = await planClusters(clusters, options, run, (connection, place, own) =>
    planPublication(published, place, connection, own),
  );
  await carryOut(planned, options, run, { done: "Published" });
}

async function planPublication(
  published: PublishedCluster,
  place: Clusters["chosen"][number],
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const name = clusterParameter(connection.review.prefix, place.cluster);
  const known = await readByName([name], connection, run);
  if (known.get(name)?.secure) {
    throw finding(
      `${name} is a SecureString, and a write does not change the type. Delete it first: aws ssm delete-parameter --name ${name}`,
    );
  }
  const plan = planFor(known, new Map([[name, valueText(name, publishedValue(published))]]));
  // Users have profiles of their own.
  const { profile: _, ...ofUsers } = place;
  const { spell } = spellerFor(ofUsers, run.environment);
  return {
    plan: withText(plan, published),
    known,
    connection,
    judge: judgeServer(published, place.cluster),
    effect: () => [
      `Users who have ssm:GetParameter on it can run: ${spell("kubeconfig client", "--merge")}`,
    ],
    grantsNothing: true,
  };
}

/** Shows what users of the cluster notice, instead of the value. */
function withText(plan: Plan, { server, ca }: PublishedCluster): Plan {
  const changes = plan.changes.map((change) => {
    const { before } = change;
    const was = before === undefined ? undefined : readStoredCluster(before);
    const problem = was?.valid === false ? `${was.problem} -> ` : "";
    const stored = was?.valid ? was.value : undefined;
    const ofServer = `server: ${fromTo(stored?.server, server)}`;
    const ofAuthority = `CA: ${fromTo(stored && describeCertificates(stored.ca), describeCertificates(ca))}`;
    return { ...change, shown: `${problem}${ofServer}, ${ofAuthority}` };
  });
  return { ...plan, changes };
}

function fromTo(was: string | undefined, is: string): string {
  return was === undefined || was === is ? is : `${was} -> ${is}`;
}

/** Marks each change: who chooses the server receives the tokens of its users. */
function judgeServer({ server }: PublishedCluster, clusterId: string): Judge {
  return async ({ plan, connection }) => {
    const marks = plan.changes.map(({ name }): Mark => {
      const what = shortName(name, connection.review.prefix);
      return {
        parameter: name,
        kind: "server",
        gives: [],
        text: `${what} sends users to ${server}, with tokens that ${clusterId} accepts for up to 15 minutes, and no other cluster`,
      };
    });
    return { marks };
  };
}
