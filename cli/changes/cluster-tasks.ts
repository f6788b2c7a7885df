// Connects to the clusters that a change is for, and checks where they are before anything is read or written.

import { type Chosen, chosenClusters, failureIn, type OneOf } from "../aws/clusters.ts";
import { type Connection, connect } from "../aws/connection.ts";
import { ownAccount } from "../aws/own-account.ts";
import { usage } from "../errors.ts";
import { type ClustersOptions, isSeveral } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { ClusterTask } from "./execute-plans.ts";
import type { ClusterPlan } from "./propose.ts";

type MakePlan<O extends ClustersOptions> = (
  connection: Connection,
  options: OneOf<O>,
  io: IOStreams,
) => Promise<ClusterPlan | undefined>;

/** @param partition of the principal; of several clusters, those of other partitions are skipped by name */
export async function clusterTasks<O extends ClustersOptions>(
  options: O,
  io: IOStreams,
  plan: MakePlan<O>,
  partition?: string,
): Promise<ClusterTask[]> {
  const chosen = chosenClusters(options, io);
  if (!isSeveral(options)) {
    return chosen.map((one) => ({
      name: "",
      io,
      plan: async () => plan(await connect(one.options, io), one.options, io),
    }));
  }
  const stores = new Map<string, string>();
  const tasks: ClusterTask[] = [];
  for (const one of chosen) tasks.push(...(await taskFor(one, plan, partition, stores)));
  if (tasks.length > 0) return tasks;
  throw usage(`No cluster is in partition ${partition}. Nothing was written.`);
}

/** `stores`: the clusters so far, by account, region and prefix. */
async function taskFor<O extends ClustersOptions>(
  { name, options, io }: Chosen<O>,
  plan: MakePlan<O>,
  partition: string | undefined,
  stores: Map<string, string>,
): Promise<ClusterTask[]> {
  try {
    const connection = await connect(options, io);
    const { region, partition: own } = connection.settings;
    if (partition !== undefined && own.id !== partition) {
      io.tell(`Skipped: region ${region} is in partition ${own.id}, not ${partition}.\n`);
      return [];
    }
    // connect() has checked the context's account.
    const known = options.contextAccount ?? (await ownAccount(connection.ssm, region, io));
    const account = known ?? `profile ${options.profile}`;
    const store = `${account} ${region} ${connection.context.prefix}`;
    const same = stores.get(store);
    if (same !== undefined) {
      io.tell(`Skipped: it is the same store as ${same}.\n`);
      return [];
    }
    stores.set(store, name);
    return [{ name, io, plan: () => plan(connection, options, io) }];
  } catch (error) {
    const failure = failureIn(error, io);
    return [{ name, io, plan: () => Promise.reject(failure) }];
  }
}
