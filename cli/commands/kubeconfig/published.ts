// The published clusters that users' kubeconfigs are made of: reads them for the user.

import { type Checked, invalid } from "../../../functions/lib/checked.ts";
import { clusterParameter } from "../../../functions/parameters/names.ts";
import { ownAccount } from "../../aws/calls.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import { readOne } from "../../aws/parameter-store.ts";
import { openStore, type Store } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { type ClusterFailure, inEachCluster } from "../../cmdline/clusters.ts";
import { awsFailure, type Failure, finding, usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import {
  describePublished,
  type PublishedCluster,
  parsePublished,
} from "../../model/published-cluster.ts";
import type { VersionedParameter } from "../../model/stored.ts";

/** A cluster of which the server is known. */
export interface KnownCluster extends PublishedCluster {
  readonly place: ChosenCluster;
  /** The Region of the cluster's parameters. */
  readonly region: string;
}

/**
 * Reads what is published of each cluster, one call each. A cluster of which several contexts are
 * chosen, such as one for each Region, is returned once.
 */
export async function readPublished(clusters: Clusters, run: Run) {
  const { results, failures } = await inEachCluster(clusters, run, readCluster);
  const known = new Map<string, KnownCluster>();
  const different: ClusterFailure[] = [];
  for (const { value } of results) {
    const { place } = value;
    const other = known.get(place.cluster);
    if (other === undefined) known.set(place.cluster, value);
    else if (describePublished(other) !== describePublished(value))
      different.push({ name: place.name, failure: ofAnother(value, other) });
  }
  return { found: [...known.values()], failures: [...failures, ...different] };
}

async function readCluster(place: ChosenCluster, run: Run): Promise<KnownCluster> {
  const store = await openStore(place, {}, run);
  const { ssm, review, config } = store;
  const name = clusterParameter(review.prefix, place.cluster);
  const stored = await readOne(ssm, name, run.interrupted).catch((error: unknown) => {
    throw isAccessDenied(error) ? forbidden(name, place, error) : error;
  });
  if (stored === undefined) throw await absent(name, place, store, run);
  const checked = readStoredCluster(stored);
  if (!checked.valid) throw unusable(name, checked.problem);
  run.log(`${name}, version ${stored.version}: ${describePublished(checked.value)}\n`);
  return { ...checked.value, place, region: config.region };
}

/** Reads the stored parameter. Never throws. A `problem` is a sentence without period. */
export function readStoredCluster({
  secure,
  value,
}: VersionedParameter): Checked<PublishedCluster> {
  if (secure) return invalid("the parameter is a SecureString");
  const checked = parsePublished(value);
  return checked.valid ? checked : invalid(`the value ${checked.problem}`);
}

function forbidden(name: string, { cluster }: ChosenCluster, error: unknown): Failure {
  return awsFailure(
    `No permission for ssm:GetParameter on ${name}: give --server and --ca, or ask an administrator of the cluster ` +
      `${cluster} for the permission.`,
    error,
  );
}

async function absent(
  name: string,
  { cluster }: ChosenCluster,
  { config }: Store,
  run: Run,
): Promise<Failure> {
  const account = (await ownAccount(config, run)) ?? "unknown";
  return finding(
    `The cluster ${cluster} is not published: ${name} does not exist in account ${account}, region ${config.region}. ` +
      "Give --server and --ca, or ask an administrator of the cluster to publish it (kubeconfig client --publish).",
  );
}

function unusable(name: string, problem: string): Failure {
  return finding(
    `The published cluster is invalid: ${problem} (${name}). Give --server and --ca, or ask an administrator of the ` +
      "cluster to publish it again.",
  );
}

function ofAnother({ place }: KnownCluster, other: KnownCluster): Failure {
  return usage(
    `It has the same id as ${other.place.name}, ${place.cluster}, but another server or CA. Run this for it alone, with ` +
      "--alias <name>.",
  );
}
