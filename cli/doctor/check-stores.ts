// Compares the stores of a cluster's regions: nothing copies what is written to one of them.

import { connect } from "../aws/connection.ts";
import { readToCompare } from "../changes/read-mappings.ts";
import { clustersIn, readConfig } from "../config.ts";
import type { ConnectionOptions } from "../options.ts";
import { isStored } from "../store/value.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { listed } from "../terminal/print.ts";
import { type Check, failed, ok, warning } from "./check.ts";
import { unread } from "./check-cluster.ts";

/** Compares mappings, denials and callers with those of the other contexts of the cluster's id. */
export async function checkStores(options: ConnectionOptions, hasStandby: boolean, io: IOStreams): Promise<Check[]> {
  const { cluster, profile } = options;
  const contexts = clustersIn(await readConfig(io.environment)).filter((one) => one.cluster === cluster);
  if (contexts.length < 2 && hasStandby)
    return [warning("stores", "not compared: the standby has no context", "add one to the configuration file")];
  if (contexts.length < 2) return [];
  const advice = `to see it, run mappings diff -c ${cluster} and callers list -c ${cluster}; then repeat the change that is missing`;
  const checks: Check[] = [];
  for (const context of contexts) {
    try {
      const [own, other] = [await connect(options, io), await connect({ ...(profile && { profile }), ...context }, io)];
      if (own.settings.region === other.settings.region && own.context.prefix === other.context.prefix) continue;
      const [ours, theirs] = [
        await readToCompare(own, io, { callers: true }),
        await readToCompare(other, io, { callers: true }),
      ];
      const names = [...new Set([...ours.keys(), ...theirs.keys()])];
      const different = names.filter((one) => !isStored(theirs.get(one)?.value, ours.get(one)));
      if (different.length === 0) checks.push(ok("stores", `equal to ${context.name}`));
      else checks.push(failed("stores", `different in ${context.name}: ${listed(different)}`, advice));
    } catch (error) {
      checks.push(unread("stores", error, advice));
    }
  }
  return checks;
}
