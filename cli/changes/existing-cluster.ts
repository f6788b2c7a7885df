// Checks that a cluster exists, which is where a parameter exists: a typo in --cluster must not create or hide one.

import { paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { nearest } from "../../functions/lib/nearest.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { ending, readSome } from "../aws/read.ts";
import { readConfig } from "../config.ts";
import { EXIT, finding, usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { placeOf } from "./destination.ts";
import { readMappings } from "./read-mappings.ts";

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
  if (options.new || options.dryRun) return;
  const absence = await absenceOf(known, connection, io);
  if (absence !== undefined) throw usage(`${absence} To write to a new cluster, use --new.`);
}

/** Throws for a cluster without parameters: its empty output would look like that of a cluster without mappings. */
export async function requireParameters(known: Known, connection: Connection, io: IOStreams): Promise<void> {
  const absence = await absenceOf(known, connection, io);
  if (absence !== undefined) throw finding(absence);
}

/** Sentences about a cluster without parameters; `undefined` for any other, and without permission to read it. */
async function absenceOf(known: Known, connection: Connection, io: IOStreams): Promise<string | undefined> {
  if (known.size > 0) return undefined;
  const { context, settings } = connection;
  const { clusterId } = settings;
  try {
    if (await hasParameters(connection, io)) return undefined;
  } catch (error) {
    // After any other error, such as no response, a write could create the cluster of a typo.
    if (!(error instanceof Error && /^AccessDenied/.test(error.name))) throw error;
    io.log(`Cannot check whether the cluster ${clusterId} exists: no permission for ssm:GetParametersByPath.\n`);
    return undefined;
  }
  const clusters = await clustersBeside(connection, io);
  const contexts = [...((await readConfig(io.environment))?.contexts.keys() ?? [])];
  const similar = nearest(
    clusterId,
    [...contexts, ...clusters].filter((name) => name !== clusterId),
  );
  return [
    `The cluster ${clusterId} has no parameter below ${context.prefix} in ${await placeOf(connection, undefined, io)}.`,
    similar !== undefined && `Did you mean ${similar}?`,
    clusters.length > 0 && `Clusters there: ${clusters.join(", ")}.`,
    "Check --cluster, --region and --profile.",
  ]
    .filter((sentence) => sentence !== false)
    .join(" ");
}

/** With --account, reads only what a team with permissions for its account may read. */
async function hasParameters(connection: Connection, io: IOStreams): Promise<boolean> {
  const { account, context, ssm } = connection;
  if (account === undefined) return (await namesBelow(context.prefix, 1, 1, connection, io)).length > 0;
  if ((await readMappings(connection, io)).size > 0) return true;
  const ofAny = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  return (await readSome(ssm, ofAny, io.interrupted)).size > 0;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;
/** Enough to list the clusters of most accounts in a message. */
const MAX_PAGES = 20;

/** For a suggestion only: empty if they cannot be read. */
async function clustersBeside(connection: Connection, io: IOStreams): Promise<string[]> {
  const { prefix } = connection.context;
  const parent = prefix.slice(0, prefix.lastIndexOf("/"));
  if (parent === "") return [];
  try {
    const names = await namesBelow(parent, MAX_PAGES, PAGE, connection, io);
    return [...new Set(names.map((name) => name.slice(parent.length + 1).split("/")[0] ?? ""))].sort();
  } catch (error) {
    // Any fault of AWS.
    if (toFailure(error)?.exitCode !== EXIT.fault) throw error;
    return [];
  }
}

async function namesBelow(
  path: string,
  pages: number,
  pageSize: number,
  { ssm: client }: Connection,
  { interrupted: abortSignal }: IOStreams,
): Promise<string[]> {
  const names: string[] = [];
  const found = paginateGetParametersByPath({ client, pageSize }, { Path: path, Recursive: true }, { abortSignal });
  let left = pages;
  for await (const { Parameters = [] } of ending(found)) {
    names.push(...Parameters.map(({ Name = "" }) => Name));
    left -= 1;
    // A page may be empty and still have a successor.
    if (left <= 0 && names.length > 0) break;
  }
  return names;
}
