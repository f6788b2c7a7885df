// Checks that a cluster exists, which is where a parameter exists: a typo in --cluster must not create or hide one.

import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { nearest } from "../../functions/lib/nearest.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { readConfig } from "../config.ts";
import { finding, usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { placeOf } from "./destination.ts";
import { pagesBelow, readMappings } from "./read-mappings.ts";

type Known = ReadonlyMap<string, Stored>;

/**
 * Requires --new to write to a cluster without parameters.
 *
 * @param known the cluster's parameters that were read: one is enough to prove that it exists
 */
export async function requireCluster(
  known: Known,
  connection: Connection,
  options: { readonly new?: true; readonly dryRun?: true },
  io: IOStreams,
): Promise<void> {
  if (options.new || options.dryRun || (await exists(known, connection, io))) return;
  throw usage(`${await absence(connection, io)} To write to a new cluster, use --new.`);
}

/** Throws for a cluster without parameters: its empty output would look like that of a cluster without mappings. */
export async function requireParameters(known: Known, connection: Connection, io: IOStreams): Promise<void> {
  if (!(await exists(known, connection, io))) throw finding(await absence(connection, io));
}

/** Also without permission to read it. */
async function exists(known: Known, connection: Connection, io: IOStreams): Promise<boolean> {
  try {
    return known.size > 0 || (await hasParameters(connection, io));
  } catch (error) {
    // After any other error, such as no response, a write could create the cluster of a typo.
    if (!(error instanceof Error && /^AccessDenied/.test(error.name))) throw error;
    const { clusterId } = connection.settings;
    io.log(`Cannot check whether the cluster ${clusterId} exists: no permission for ssm:GetParametersByPath.\n`);
    return true;
  }
}

/** With --account, reads only what a team with permissions for its account may read. */
async function hasParameters(connection: Connection, io: IOStreams): Promise<boolean> {
  const { account, context, ssm } = connection;
  if (account === undefined) {
    // A page may be empty and still have a successor.
    for await (const page of pagesBelow(context.prefix, connection, io)) {
      if (page.length > 0) return true;
    }
    return false;
  }
  if ((await readMappings(connection, io)).size > 0) return true;
  const ofAny = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  return (await readSome(ssm, ofAny, io.interrupted)).size > 0;
}

/** Sentences about a cluster without parameters. */
async function absence(connection: Connection, io: IOStreams): Promise<string> {
  const { account, context, settings } = connection;
  const { clusterId } = settings;
  const [of, option] = account === undefined ? ["", ""] : [` of account ${account}`, "--account, "];
  const contexts = [...((await readConfig(io.environment))?.contexts.keys() ?? [])];
  const similar = nearest(
    clusterId,
    contexts.filter((name) => name !== clusterId),
  );
  const suggestion = similar === undefined ? "" : ` Did you mean ${similar}?`;
  const where = `below ${context.prefix} in ${await placeOf(connection, undefined, io)}`;
  return `The cluster ${clusterId} has no parameter${of} ${where}.${suggestion} Check ${option}--cluster, --region and --profile.`;
}
